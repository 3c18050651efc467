package commands

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"bavard/config"
	"bavard/state"
	"bavard/wire"
)

// Conn is a connection, as far as this package uses it. transport.Conn implements it.
type Conn interface {
	// Send queues b, which must never be changed afterwards. It never blocks. If dirty, the caller must call Flush soon.
	Send(b []byte) (dirty bool)
	// SendPair is Send for a line in two parts, the second of which several connections share.
	SendPair(head, tail []byte) (dirty bool)
	// Await waits until at most mostBytes are queued. It returns false if the connection closes or the timeout passes
	// first.
	Await(mostBytes int, timeout time.Duration) bool
	// SetSendQueue changes how many bytes may be queued.
	SetSendQueue(mostBytes int)
	// GiveWay lets other sessions run before a flush, so that one write carries all their output.
	GiveWay()
	// WillWait announces that the handler is about to wait, on the connection's own goroutine, so that nobody else waits
	// with it.
	WillWait()
	// Flush writes what is queued, without blocking.
	Flush()
	// Close closes the connection with the next Flush, after everything that is queued and final.
	Close(final []byte, reason error)
	RemoteAddr() netip.AddrPort
	// SetRemoteAddr changes the address that limits count. It checks the limits for the new address; an error changes
	// nothing.
	SetRemoteAddr(netip.AddrPort) error
	// LocalAddr is the local address. It is not valid when the peer is not the client itself.
	LocalAddr() netip.AddrPort
	// TickSoon has Client.Tick called soon. It may be called from any goroutine, and never blocks.
	TickSoon()
	Listener() string
	TLS() *tls.ConnectionState
	// Secure reports whether the client uses TLS, to this server or to its proxy.
	Secure() bool
	CertificateFingerprint() string
	LastRead() time.Time
}

// History keeps messages and other events. It may be called by several goroutines at once. Append, Drop, Redact and
// short pages are called under the lock and must not block.
type History interface {
	// Append adds a line to these buffers. It keeps what the line points to, but not the list of buffers. Lines are added
	// in the order of their positions, except those of one operation.
	Append(l *state.Line, to ...state.Buffer)
	// Page returns lines of a buffer in ascending order. They must not be changed.
	Page(of state.Buffer, q state.Page) []state.Line
	// Find returns the line at this place of a buffer. Redact deletes the message there, and reports whether there was one
	// that had not been deleted before. The place follows from the message's id.
	Find(in state.Buffer, at state.Position) (state.Line, bool)
	Redact(in state.Buffer, at state.Position, by state.Redaction) bool
	// LastTime returns when the latest message of a buffer was sent, by the state's clock; 0 when there is none.
	LastTime(of state.Buffer) int64
	// Conversations returns those of a party whose latest message is between the two places (zero: no bound), in the order
	// of these messages. If there are more than most, newest keeps the newest ones, otherwise the oldest are kept.
	Conversations(of state.Party, after, before state.Position, most int, newest bool) []state.Conversation
	// Rename records the current nick of a party, if it has conversations.
	Rename(who state.Party, nick string)
	// Drop deletes a buffer.
	Drop(b state.Buffer)
	// DropConversations deletes all private conversations.
	DropConversations()
	// SetLimits changes how many messages and other events a buffer keeps, and how many bytes all buffers keep.
	SetLimits(mostMessages, mostEvents, mostBytes int)
}

// Options configure a Server and give it its collaborators.
type Options struct {
	Config *config.Config
	Log    *slog.Logger
	// Now returns the time of day; nil means time.Now.
	Now func() time.Time
	// Elapsed returns the time since New, by a clock that is never set; nil means the monotonic reading in the result
	// of Now.
	Elapsed func() time.Duration
	History History
	// VerifyPassword reports whether password has this hash. It may be slow, and is never called under the lock.
	VerifyPassword func(hash, password string) bool
	// Rehash reloads the configuration. It is called on the goroutine of the operator's connection.
	Rehash func() (needRestart []string, err error)
	// Terminate stops or restarts the daemon, and shows clients the reason. It returns at once, with an error if nothing
	// will happen.
	Terminate func(restart bool, reason string) error
	// FlushAll flushes many connections.
	FlushAll func([]Conn)
	// Reason returns the QUIT reason for an error that ended a connection; "" leaves it to this package.
	Reason func(error) string
	// Accounts authenticates clients; nil: nobody can log in, and sasl is not offered.
	Accounts Accounts
	// Resolver looks up host names, and Ident user names; nil: they are not looked up.
	Resolver Resolver
	Ident    Ident
	// Version is the program's name and version.
	Version string
	// Recorded, if set, is called with every operation and its stamp, under the lock, before it is applied.
	Recorded func(state.Stamp, state.Op)
	// Held, if set, is called at the end of each hold of the lock for a client's line, with the work that was done, in units
	// of state.State.Work.
	Held func(work int)
}

// node is the number of this machine. In a cluster, each machine will have its own.
const node state.NodeID = 1

// Server is the state with its lock, and the sessions of this machine.
type Server struct {
	options Options
	started time.Time
	clock   clock

	// mu guards the following fields up to uses, and the fields of every Client that say so. The goroutines of all
	// sessions and that of Run meet here.
	mu          sync.Mutex
	state       *state.State
	config      *config.Config
	clients     map[state.SessionID]*Client
	registered  int
	mostLocal   int
	lastSession state.SessionID
	order       uint64
	number      uint64
	incarnation uint64
	isupport    []string   // tokens
	scratch     []byte     // for a line that is being encoded
	tags        []wire.Tag // for its tags
	monitors    monitors   // the clients that watch nicks
	gathering   gathering
	pool        linePool
	buffers     []state.Buffer // for the buffers that keep an event
	walk        uint64         // the number of the last walk of eachPeer
	stopping    bool
	places      map[place]int // the number of connections in each class, and from each address in it

	// uses counts how often each command has run, by its index.
	uses []atomic.Uint64
	// view is the part of the configuration that handlers read without the lock.
	view atomic.Pointer[view]
	// settings are the limits of each class, made from settingsFrom.
	settings     map[*config.Class]*settings
	settingsFrom *config.Config
	// settingsMu guards settings: the goroutines of connections that look up their limits after a reload meet here.
	settingsMu sync.Mutex
	// filters are the compiled filters of the state; nil when there are none.
	filters atomic.Pointer[[]compiledFilter]
	// due wakes Run when something is due earlier than before.
	due chan struct{}
	// turn belongs to one client at a time whose lines cause much work, see takeTurn.
	turn *turn
	// shared collects the output of these clients.
	shared sharedFlush
	// turns bounds the questions about new connections.
	turns *turns
	// hosts caches host names.
	hosts answerCache[netip.Addr, knownHost]
	// blocks caches the answers of blocklists.
	blocks answerCache[blockKey, []byte]
}

// view is an immutable part of the configuration.
type view struct {
	config *config.Config
	name   string
	motd   []string
	tokens []string // those of ISUPPORT
	policy state.Policy
	// mechanisms are the SASL mechanisms.
	mechanisms []string
	// The parts of the welcome that are the same for all clients.
	greeting, isupport, motdLines []fixed
	// rules and operMotd are what RULES and OPERMOTD show.
	rules, operMotd []string
}

// New returns a server without connections.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	now := o.Now()
	s := &Server{
		options: o, started: now, state: state.New(), config: o.Config,
		clients: map[state.SessionID]*Client{}, places: map[place]int{}, monitors: monitors{}, uses: make([]atomic.Uint64, len(verbs)), due: make(chan struct{}, 1), turn: newTurn(), turns: newTurns(),
	}
	// Each incarnation is greater than the previous one, even if the clock was set back in between.
	s.incarnation = max(uint64(now.UnixNano()), s.state.Incarnation(node)+1)
	s.order = s.state.Order()
	s.startClock(now)
	s.install(o.Config)
	var out outbox
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apply(&out, nil, 0, &state.NodeUp{})
	s.apply(&out, nil, 0, &state.Configure{Policy: policyOf(o.Config)})
	s.compileFilters()
	return s
}

// Open creates the client of a new connection, and returns when its first Tick is due.
func (s *Server) Open(conn Conn) (*Client, time.Duration) {
	c := &Client{server: s, Peer: Peer{conn: conn}, registration: &registration{}, opened: s.steady(), quick: quickAtFirst()}
	c.listener = listenerOf(s.view.Load().config, conn.Listener())
	s.enter(c)
	c.log().Debug("client connected", "listener", conn.Listener(), "address", c.address())
	if !c.closing {
		c.inquire()
	}
	next, _ := c.goOn(c.opened)
	return c, next
}

// enter adds a client to the server.
func (s *Server) enter(c *Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastSession++
	c.id = state.SessionID(node)<<48 | s.lastSession
	s.clients[c.id] = c
	if s.stopping {
		c.closing = true
		c.out.close(c, c.errorLine("Server is shutting down"), nil)
	}
}

// apply stamps an operation, applies it and renders what happened. s.mu is held. by is the client that acts, if one
// does.
func (s *Server) apply(out *outbox, by *Client, session state.SessionID, op state.Op) *state.Refusal {
	s.order++
	s.number++
	wall, elapsed := s.stampTimes()
	stamp := state.Stamp{
		Time: wall, Elapsed: elapsed, Order: s.order, Session: session,
		Origin: state.Origin{Node: node, Incarnation: s.incarnation, Number: s.number},
	}
	if s.options.Recorded != nil {
		s.options.Recorded(stamp, op)
	}
	before := s.state.NextDue()
	events, refusal := s.state.Apply(stamp, op)
	if refusal != nil {
		return refusal
	}
	s.pool.used = 0
	r := renderer{server: s, out: out, by: by, stamp: stamp, lines: &s.pool}
	for _, e := range events {
		r.guarded(e)
	}
	if after := s.state.NextDue(); after != 0 && (before == 0 || after < before) {
		select {
		case s.due <- struct{}{}:
		default: // Run has been woken already
		}
	}
	return nil
}

// guarded renders one event. A panic loses only that event, not the others of the operation, because the state has
// changed and clients must be told the rest. A panic in Apply itself is different: it ends the session that caused it,
// and leaves a state that cannot be repaired here.
func (r *renderer) guarded(e state.Event) {
	defer func() {
		if problem := recover(); problem != nil {
			r.log().Error("panic in a renderer", "type", fmt.Sprintf("%T", e), "panic", fmt.Sprint(problem), "stack", string(debug.Stack()))
		}
	}()
	r.render(e)
}

// Run applies Expire operations when they are due. It returns when ctx ends.
func (s *Server) Run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(s.expire())
		select {
		case <-ctx.Done():
			return
		case <-s.due:
		case <-timer.C:
		}
	}
}

// expire applies an Expire if it is due, and returns how long until the next one.
func (s *Server) expire() time.Duration {
	const idle = time.Hour
	var out outbox
	defer s.flush(&out)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.elapsed()
	if due := s.state.NextDue(); due != 0 && due <= now {
		s.apply(&out, nil, 0, &state.Expire{})
	}
	if due := s.state.NextDue(); due != 0 {
		return min(max(time.Duration(due-now), time.Millisecond), idle)
	}
	return idle
}

// Beat locks and unlocks. A watchdog calls it to see that nothing hangs.
func (s *Server) Beat() {
	s.mu.Lock()
	defer s.mu.Unlock()
}

// Stop tells all clients that the server stops, and closes every connection. It returns at once.
func (s *Server) Stop(reason string) {
	var out outbox
	defer s.flush(&out)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
	for _, c := range s.clients {
		out.close(c, c.errorLine(reason), errors.New(reason))
	}
}

// outbox collects the connections whose queues a goroutine has filled and must flush.
type outbox struct {
	conns     []Conn
	gathering *gathering // only under the lock, otherwise nil
	said      int        // bytes queued for the client that the outbox belongs to, see Client.payBill
	told      int        // lines queued for other clients because of the line that is being handled
}

// count records that bytes were queued for a client: as a part of the answer if the outbox is the client's own, and
// otherwise as a line for a different client.
func (o *outbox) count(c *Client, bytes int) {
	if o == &c.out {
		o.said += bytes
	} else {
		o.told++
	}
}

// send queues lines for a client.
func (o *outbox) send(c *Client, lines []byte) { o.sendAt(c, lines, lineAlone) }

// sendAt is send for a line that may be part of a batch.
func (o *outbox) sendAt(c *Client, line []byte, at standing) {
	o.count(c, len(line))
	if r := c.response.Load(); r != nil {
		if o == &c.out {
			r.add(o, line, at)
			return
		}
		r.interrupt(o)
	}
	if g := o.gathering; g != nil && g.client == c {
		g.lines = append(g.lines, line...)
		return
	}
	o.put(&c.Peer, line)
}

// sendBatch queues a whole batch, from its first line to its last.
func (o *outbox) sendBatch(c *Client, lines []byte) {
	o.count(c, len(lines))
	if r := c.response.Load(); r != nil {
		if o == &c.out {
			r.addBatch(o, lines)
			return
		}
		r.interrupt(o)
	}
	o.put(&c.Peer, lines)
}

// sendAside queues a line that is not part of the response, although the client's own command caused it.
func (o *outbox) sendAside(c *Client, lines []byte) {
	o.count(c, len(lines))
	if r := c.response.Load(); r != nil {
		r.interrupt(o)
	}
	o.put(&c.Peer, lines)
}

// sendPair queues a line whose tail is shared.
func (o *outbox) sendPair(c *Client, head, tail []byte) {
	if c.response.Load() != nil {
		o.send(c, slices.Concat(head, tail))
		return
	}
	o.count(c, len(head)+len(tail))
	if c.conn.SendPair(head, tail) {
		o.conns = append(o.conns, c.conn)
	}
}

// put queues lines unchanged.
func (o *outbox) put(p *Peer, lines []byte) {
	if p.conn.Send(lines) {
		o.conns = append(o.conns, p.conn)
	}
}

// close closes a connection, after the ends of its batches. If the client's own command did that, the ERROR is part of
// its response.
func (o *outbox) close(c *Client, final []byte, reason error) {
	c.open.mu.Lock()
	defer c.open.mu.Unlock()
	c.open.endAll(o)
	if r := c.response.Load(); r != nil {
		if o == &c.out {
			r.add(o, final, lineAlone)
			final = nil
		}
		r.finish(o)
	}
	c.conn.Close(final, reason)
	o.conns = append(o.conns, c.conn)
}

// keepOutbox bounds what an outbox keeps between flushes, so that an idle connection does not keep the memory of one
// large message.
const keepOutbox = 16

// flush flushes the queues that have been filled. The lock is not held.
func (s *Server) flush(o *outbox) {
	switch len(o.conns) {
	case 0:
		return
	case 1:
		o.conns[0].Flush()
	default:
		s.options.FlushAll(o.conns)
	}
	if cap(o.conns) > keepOutbox {
		o.conns = nil
		return
	}
	clear(o.conns)
	o.conns = o.conns[:0]
}

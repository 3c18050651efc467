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

// Conn is a connection as this package sees it. transport's fits.
type Conn interface {
	// Send queues b, which is never changed afterwards. It never blocks. true: the caller must call Flush soon.
	Send(b []byte) (dirty bool)
	// SendPair is Send for a line in two parts, of which more connections share the second.
	SendPair(head, tail []byte) (dirty bool)
	// Await waits until at most mostBytes are queued; false: the connection closes, or timeout has passed.
	Await(mostBytes int, timeout time.Duration) bool
	// SetSendQueue changes how many bytes may be queued.
	SetSendQueue(mostBytes int)
	// GiveWay lets others speak before a flush, so that one write carries all.
	GiveWay()
	// WillWait tells that the handler, on the connection's own goroutine, is about to wait: nobody else waits with it.
	WillWait()
	// Flush writes what is queued, without blocking.
	Flush()
	// Close ends the connection after final and all that is queued before it, with the next Flush.
	Close(final []byte, reason error)
	RemoteAddr() netip.AddrPort
	// SetRemoteAddr makes another address count; the limits for it are judged, and an error leaves all as it was.
	SetRemoteAddr(netip.AddrPort) error
	// LocalAddr is this machine's end, and not valid when the peer is not the client itself.
	LocalAddr() netip.AddrPort
	// TickSoon makes Client.Tick be called soon. It may be called from any goroutine, and never blocks.
	TickSoon()
	Listener() string
	TLS() *tls.ConnectionState
	// Secure tells whether the client came by TLS, to us or to the proxy that speaks for it.
	Secure() bool
	CertificateFingerprint() string
	LastRead() time.Time
}

// History keeps what was said, and what happened. It may be called by several goroutines at once. Append, Drop, Redact and
// short pages are called under the lock: these must not block.
type History interface {
	// Append adds a line to these buffers, and keeps what it points to, but not the list of buffers. Lines come in the order of
	// their positions, but for those of one operation.
	Append(l *state.Line, to ...state.Buffer)
	// Page are lines of a buffer, in ascending order. They are not to be changed.
	Page(of state.Buffer, q state.Page) []state.Line
	// Find is the line at this place of a buffer, and Redact takes a message there back: it tells whether there is one that had
	// not been yet. The place follows from the message's id.
	Find(in state.Buffer, at state.Position) (state.Line, bool)
	Redact(in state.Buffer, at state.Position, by state.Redaction) bool
	// LastTime is when the latest message of a buffer was sent, in nanoseconds; 0 when there is none.
	LastTime(of state.Buffer) int64
	// Conversations are those of a party whose latest message stands between the two places (zero: no bound), in the order of
	// these messages. When there are more than most, the oldest ones are left out if newest is set, else the newest.
	Conversations(of state.Party, after, before state.Position, most int, newest bool) []state.Conversation
	// Rename tells what a party is called now, if it has conversations.
	Rename(who state.Party, nick string)
	// Drop forgets a buffer.
	Drop(b state.Buffer)
	// DropConversations forgets what was said in private.
	DropConversations()
	// SetLimits changes how many messages and other events a buffer keeps, and how many bytes there are in all.
	SetLimits(mostMessages, mostEvents, mostBytes int)
}

// Options are what a Server is made of.
type Options struct {
	Config  *config.Config
	Log     *slog.Logger
	Now     func() time.Time // nil: time.Now
	History History
	// VerifyPassword tells whether password has this hash. It may be slow; it is never called under the lock.
	VerifyPassword func(hash, password string) bool
	// Rehash reads the configuration again. It is called on the goroutine of the oper who asked.
	Rehash func() (needRestart []string, err error)
	// Terminate ends the daemon, or starts it anew; clients read the reason. It returns at once, with an error when
	// nothing will happen.
	Terminate func(restart bool, reason string) error
	// FlushAll flushes many connections.
	FlushAll func([]Conn)
	// Reason is what others read when a connection has ended with this error; "" leaves the words to this package.
	Reason func(error) string
	// Accounts lets clients log in; nil: nobody can, and sasl is not offered.
	Accounts Accounts
	// Resolver looks host names up, and Ident user names; nil: nobody does.
	Resolver Resolver
	Ident    Ident
	// Version is the program's name and version.
	Version string
	// Recorded, when set, sees every operation with its stamp, under the lock, before it is applied.
	Recorded func(state.Stamp, state.Op)
}

// node is the number of this machine; a cluster will give each its own.
const node state.NodeID = 1

// Server is the daemon's heart: the state, its lock, and the sessions that this machine holds.
type Server struct {
	options Options
	started time.Time

	// mu guards what follows, down to view, and every Client's fields that say so. Every session's goroutine meets here, and Run's.
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
	scratch     []byte     // a line being encoded
	tags        []wire.Tag // and its tags
	monitors    monitors   // who watches which nicks
	gathering   gathering
	pool        linePool
	buffers     []state.Buffer // where an event is remembered
	walk        uint64         // numbers the walks of toPeers
	stopping    bool
	places      map[place]int // how many connections there are of each class, and of each address in it

	// uses counts how often each row of verbs has run.
	uses []atomic.Uint64
	// view is what handlers need of the configuration without the lock.
	view atomic.Pointer[view]
	// settings are the limits of each class, made of settingsFrom.
	settings     map[*config.Class]*settings
	settingsFrom *config.Config
	// settingsMu is where the goroutines of connections meet that ask for their limits after a reload.
	settingsMu sync.Mutex
	// filters are those of the state, compiled; nil when there is none.
	filters atomic.Pointer[[]compiledFilter]
	// due wakes Run when something ends earlier than it thought.
	due chan struct{}
	// turn is that of a client whose lines make the server do much.
	turn turn
	// turns bounds the questions about new connections.
	turns *turns
	// hosts are the names that were looked up.
	hosts answerCache[netip.Addr, knownHost]
	// blocks is what lists of addresses have said.
	blocks answerCache[blockKey, []byte]
}

// view is a frozen part of the configuration.
type view struct {
	config *config.Config
	name   string
	motd   []string
	tokens []string // of ISUPPORT
	policy state.Policy
	// mechanisms are those of SASL.
	mechanisms []string
	// What of the greeting is the same for all.
	greeting, isupport, motdLines []fixed
	// rules and operMotd are what RULES and OPERMOTD show.
	rules, operMotd []string
}

// New makes a server with no connections.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	now := o.Now()
	s := &Server{
		options: o, started: now, state: state.New(), config: o.Config,
		clients: map[state.SessionID]*Client{}, places: map[place]int{}, monitors: monitors{}, uses: make([]atomic.Uint64, len(verbs)), due: make(chan struct{}, 1), turn: newTurn(), turns: newTurns(),
	}
	// Each life is later than the one before it, even when the clock was set back in between.
	s.incarnation = max(uint64(now.UnixNano()), s.state.Incarnation(node)+1)
	s.order = s.state.Order()
	s.install(o.Config)
	var out outbox
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apply(&out, nil, 0, &state.NodeUp{})
	s.apply(&out, nil, 0, &state.Configure{Policy: policyOf(o.Config)})
	s.compileFilters()
	return s
}

// Open makes the session of a new connection and tells when its first Tick is due.
func (s *Server) Open(conn Conn) (*Client, time.Duration) {
	c := &Client{server: s, Peer: Peer{conn: conn}, registration: &registration{}, opened: s.options.Now()}
	c.listener = listenerOf(s.view.Load().config, conn.Listener())
	s.enter(c)
	c.log().Debug("client connected", "listener", conn.Listener(), "address", c.address())
	if !c.closing {
		c.inquire()
	}
	next, _ := c.goOn(c.opened)
	return c, next
}

// enter makes a client known.
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
	stamp := state.Stamp{
		Time: s.options.Now().UnixNano(), Order: s.order, Session: session,
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
		default: // Run has been told already
		}
	}
	return nil
}

// guarded renders one event. A mistake of ours in it costs that event, not the others of the operation: the state has
// changed, and those who are told of the rest must be. A panic of Apply itself is another matter: it ends the session
// that caused it, and leaves a state that nothing here can mend.
func (r *renderer) guarded(e state.Event) {
	defer func() {
		if problem := recover(); problem != nil {
			r.log().Error("panic in a renderer", "type", fmt.Sprintf("%T", e), "panic", fmt.Sprint(problem), "stack", string(debug.Stack()))
		}
	}()
	r.render(e)
}

// Run offers the operations that are due. It returns when ctx ends.
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

// expire offers an Expire if it is due and tells how long until the next one.
func (s *Server) expire() time.Duration {
	const idle = time.Hour
	var out outbox
	defer s.flush(&out)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.options.Now().UnixNano()
	if due := s.state.NextDue(); due != 0 && due <= now {
		s.apply(&out, nil, 0, &state.Expire{})
	}
	if due := s.state.NextDue(); due != 0 {
		return min(max(time.Duration(due-now), time.Millisecond), idle)
	}
	return idle
}

// Beat returns when it has had the lock: it is how a watchdog sees that nothing hangs.
func (s *Server) Beat() {
	s.mu.Lock()
	defer s.mu.Unlock()
}

// Stop tells everybody that the server stops and closes every connection. It returns at once.
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

// outbox are the connections that a goroutine has filled and must flush.
type outbox struct {
	conns     []Conn
	gathering *gathering // under the lock; else nil
	said      int        // bytes queued for the client that the outbox belongs to, see Client.payBill
}

// count notes that bytes were queued for a client: they are an answer if the outbox is its own.
func (o *outbox) count(c *Client, bytes int) {
	if o == &c.out {
		o.said += bytes
	}
}

// send queues lines for a client.
func (o *outbox) send(c *Client, lines []byte) { o.sendAt(c, lines, lineAlone) }

// sendAt is send for a line that has its place in a batch.
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

// sendAside queues a line that is no response, though the client's own command made it.
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

// put queues lines as they are.
func (o *outbox) put(p *Peer, lines []byte) {
	if p.conn.Send(lines) {
		o.conns = append(o.conns, p.conn)
	}
}

// close ends a connection; the ERROR is the response to a command that ends its own.
func (o *outbox) close(c *Client, final []byte, reason error) {
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

// keepOutbox bounds what an outbox keeps between flushes, so that one large fan-out does not cost an idle connection
// its memory for ever.
const keepOutbox = 16

// flush writes out what was filled. The lock is not held.
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

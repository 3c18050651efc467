package commands

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"bavard/config"
	"bavard/order"
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

// History keeps messages and other events. It may be called by several goroutines at once, and may be slow: it is never
// called under the lock.
type History interface {
	// Keep takes what is remembered of the operations up to upTo that it has not been given yet, in their order, and
	// keeps what the records point to. It ignores operations up to UpTo. It is called by one goroutine at a time, and
	// waits while too much waits for the disk.
	Keep(records []state.Record, upTo uint64)
	// UpTo returns the order up to which everything that is remembered will be there after the end of the process.
	UpTo() uint64
	// Page returns lines of a buffer in ascending order. They must not be changed.
	Page(of state.Buffer, q state.Page) ([]state.Line, error)
	// Find returns the line at this place of a buffer. The place follows from the message's id.
	Find(in state.Buffer, at state.Position) (l state.Line, found bool, err error)
	// LastTime returns when the latest message of a buffer was sent, by the state's clock; 0 when there is none.
	LastTime(of state.Buffer) (int64, error)
	// Conversations returns those of a party whose latest message is between the two places (zero: no bound), in the order
	// of these messages. If there are more than most, newest keeps the newest ones, otherwise the oldest are kept.
	Conversations(of state.Party, after, before state.Position, most int, newest bool) ([]state.Conversation, error)
	// SetLimits changes how many messages and other events a buffer keeps, and how many bytes all buffers keep.
	SetLimits(mostMessages, mostEvents, mostBytes int)
	// Expire deletes what was said before a moment of the state's clock.
	Expire(before int64)
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
	// HistoryTrouble returns why the history cannot be kept at present, or nil; it may be nil.
	HistoryTrouble func() error
	// VerifyPassword reports whether password has this hash. It may be slow, and is never called under the lock.
	VerifyPassword func(hash, password string) bool
	// Rehash reloads the configuration. It is called on the goroutine of the operator's connection.
	Rehash func() (needRestart []string, err error)
	// Terminate stops or restarts the daemon, and shows clients the reason. It returns at once, with an error if nothing
	// will happen.
	Terminate func(restart bool, reason string) error
	// Backup makes a backup, and says from time to time how far it is. It is called on the goroutine of the operator's
	// connection, and can take minutes. It returns the name of the file, and its size for people.
	Backup func(say func(text string)) (file, size string, err error)
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
	// Held, if set, is called at the end of each hold of the lock for a client's line, with the work that was done, in
	// units of state.State.Work.
	Held func(work int)
	// Journal keeps the operations; nil: nothing outlives the process. SnapshotBytes, SnapshotAge and Aside are as in
	// order.Options.
	Journal       order.Journal
	SnapshotBytes int64
	SnapshotAge   time.Duration
	Aside         func(name string, content []byte) error
	// Broken is called, once, when the state cannot be trusted any more: the process must end.
	Broken func(error)
}

// Server is the state with its lock, and the sessions of this machine.
type Server struct {
	options Options
	// order applies operations. Its lock guards the following fields up to uses, and the fields of every Client that say
	// so.
	order       *order.Queue
	state       *state.State // that of order
	config      *config.Config
	clients     map[state.SessionID]*Client
	registered  int
	mostLocal   int
	lastSession state.SessionID
	isupport    []string   // tokens
	scratch     []byte     // for a line that is being encoded
	tags        []wire.Tag // for its tags
	monitors    monitors   // the clients that watch nicks
	gathering   gathering
	records     records
	pool        linePool
	walk        uint64 // the number of the last walk of eachPeer
	stopping    bool
	places      map[place]int // the number of connections in each class, and from each address in it
	serverAsk   ask           // for an operation of the server itself

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

// New returns a server without connections, and what it has loaded from the journal.
func New(o Options) (*Server, order.Loaded, error) {
	s := &Server{
		options: o, config: o.Config, clients: map[state.SessionID]*Client{}, places: map[place]int{}, monitors: monitors{},
		uses: make([]atomic.Uint64, len(verbs)), turn: newTurn(), turns: newTurns(),
	}
	s.order = order.New(order.Options{
		Log: o.Log, Now: o.Now, Elapsed: o.Elapsed, Teller: s, Journal: o.Journal, Stored: o.History.UpTo,
		SnapshotBytes: o.SnapshotBytes, SnapshotAge: o.SnapshotAge, Aside: o.Aside, Recorded: o.Recorded, Broken: o.Broken,
	})
	s.state = s.order.State()
	s.install(o.Config)
	loaded, err := s.order.Start()
	if err != nil {
		return nil, loaded, err
	}
	var out outbox
	s.order.Lock()
	defer s.order.Unlock()
	// Like all ids, those of sessions go on where the order is: no earlier life had so many.
	s.lastSession = state.SessionID(s.state.Order())
	s.do(&out, nil, &state.Configure{Policy: policyOf(o.Config)})
	s.compileFilters()
	return s, loaded, nil
}

// Open creates the client of a new connection, and returns when its first Tick is due.
func (s *Server) Open(conn Conn) (*Client, time.Duration) {
	c := &Client{server: s, Peer: Peer{conn: conn}, registration: &registration{}, opened: s.order.Steady(), quick: quickAtFirst()}
	c.out.owner = c
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
	s.order.Lock()
	defer s.order.Unlock()
	s.lastSession++
	c.id = state.SessionID(order.Node)<<48 | s.lastSession
	s.clients[c.id] = c
	if s.stopping {
		c.closing = true
		c.out.close(c, c.errorLine("Server is shutting down"), nil)
	}
}

// Run applies Expire operations when they are due, and writes snapshots. It returns when ctx ends.
func (s *Server) Run(ctx context.Context) {
	var others sync.WaitGroup
	others.Go(func() { s.order.RunSnapshots(ctx) }) // ends when ctx ends
	others.Go(func() { s.runHistory(ctx) })         // ends when ctx ends
	s.order.Run(ctx, s.expire)
	others.Wait()
}

// expire applies an Expire if it is due, and returns how long until the next one.
func (s *Server) expire() time.Duration {
	var out outbox
	defer s.flush(&out)
	s.order.Lock()
	defer s.order.Unlock()
	s.serverAsk = ask{out: &out}
	return s.order.Expire(&s.serverAsk)
}

// Save writes a last snapshot, and closes the journal. No connection may be left.
func (s *Server) Save() error { return s.order.Stop() }

// idle returns the time that has passed since a user's last activity, which was at a reading of the state's clock.
func (s *Server) idle(since int64) int64 { return max(s.order.Elapsed()-since, 0) }

// Beat locks and unlocks. A watchdog calls it to see that nothing hangs.
func (s *Server) Beat() {
	s.order.Lock()
	defer s.order.Unlock()
}

// Stop tells all clients that the server stops, and closes every connection. It returns at once.
func (s *Server) Stop(reason string) {
	var out outbox
	defer s.flush(&out)
	s.order.Lock()
	defer s.order.Unlock()
	s.stopping = true
	for _, c := range s.clients {
		out.close(c, c.errorLine(reason), errors.New(reason))
	}
}

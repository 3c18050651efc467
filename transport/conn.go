package transport

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The reasons that Session.Closed may be given by this package itself.
var (
	// ErrSendQueue tells that more waited to be written than Options.SendQueueBytes.
	ErrSendQueue = errors.New("transport: the send queue is full")
	// ErrReceiveQueue tells that more waited to be handled than Options.ReceiveQueueBytes.
	ErrReceiveQueue = errors.New("transport: the receive queue is full")
	// ErrPanic tells that a method of the session panicked; the panic's value follows it.
	ErrPanic = errors.New("transport: the session panicked")
)

// Session is the owner of a connection. All methods are called on the connection's own goroutine, one at a time; the event loop's counts
// as the own one of each connection that it serves.
type Session interface {
	// Line handles one line without its ending (LF or CRLF; any other CR is left in it). It is never empty and may hold
	// any byte but LF. The slice is valid until Line returns. Line may block: only this connection waits.
	// The result is how long to wait before this connection's next line is handled (flood control); 0 is none.
	Line(line []byte) (wait time.Duration)
	// Overlong tells, when its end has been read, that a line longer than Options.LineBytes was dropped. Once for each.
	Overlong() (wait time.Duration)
	// Batch is called when all complete lines of what was read have been handled, before each wait, and after Open and
	// Tick: the moment to flush.
	Batch()
	// Tick is called when the duration that Open or the last Tick returned has passed, or after Conn.TickSoon, and returns the
	// next one. 0 or less: never again.
	Tick() (next time.Duration)
	// Closed is called exactly once, last. The reason is io.EOF, a network error, ErrSendQueue, ErrReceiveQueue,
	// ErrPanic, or what Close was given.
	Closed(reason error)
}

// Open makes the Session of a new connection and the duration until its first Tick. It is called on the connection's
// goroutine, after the TLS handshake. A nil Session closes the connection.
type Open func(c *Conn) (Session, time.Duration)

// Options are a listener's. A connection keeps those that were valid when it was accepted.
type Options struct {
	// LineBytes is the longest line accepted, tags included, ending excluded. Default 8703 (8191 of tags, 512).
	LineBytes int
	// SendQueueBytes bounds what waits to be written to one connection. Default 1 MiB.
	SendQueueBytes int
	// ReceiveQueueBytes bounds what waits to be handled while a flood wait lasts. Default 32 KiB.
	ReceiveQueueBytes int
	// CloseBound is how long a closing connection may take to write what is queued. Default 5 s.
	CloseBound time.Duration
	// HandshakeTimeout is how long a handshake may take: that of TLS, that of WebSocket, a proxy's header. Default 10 s.
	HandshakeTimeout time.Duration
	// Proxy makes it a listener for proxies only: each connection starts with a header of the PROXY protocol, version 1 or
	// 2, within HandshakeTimeout, and the address in it is the client's. Only who is in ProxyFrom may connect, and
	// whoever may use a Unix socket.
	// https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
	Proxy     bool
	ProxyFrom []netip.Prefix
	// WebSocket makes it a listener whose clients speak IRC over WebSocket. Nil for others.
	WebSocket *WebSocket
	// Anonymous keeps no address of its connections, and does not count them for one.
	Anonymous bool
	// Connections bounds how many may be open at this listener; 0 is no limit. Burst and Every are as those of Limits,
	// for the whole listener.
	Connections, Burst int
	Every              time.Duration
	// Reject makes the line that a refused connection is sent before it is closed; the reason is one of ErrServerFull,
	// ErrAddressFull, ErrTooFast, ErrListenerFull, ErrListenerTooFast, ErrNotProxy, ErrShutdown. It runs on the accepting goroutine and may not block. May be nil or
	// return nil. A TLS connection is refused without a line: the handshake has not begun.
	Reject func(reason error) []byte
	// Farewell makes the last line of a connection that ends without Close: the reason is ErrReceiveQueue, ErrPanic, io.EOF
	// or any error of the network. It runs on the connection's goroutine and may not block. May be nil or return nil.
	Farewell func(reason error) []byte

	restAfter    time.Duration // see inbound.rest
	ownGoroutine bool          // it is not served by the loop
}

func (o Options) withDefaults() *Options {
	setDefault(&o.LineBytes, 8191+512)
	setDefault(&o.SendQueueBytes, 1<<20)
	setDefault(&o.ReceiveQueueBytes, 32<<10)
	setDefault(&o.CloseBound, 5*time.Second)
	setDefault(&o.HandshakeTimeout, 10*time.Second)
	setDefault(&o.restAfter, 5*time.Second)
	if o.WebSocket != nil {
		ws := *o.WebSocket
		setDefault(&ws.RequestBytes, 16<<10)
		o.WebSocket = &ws
	}
	return &o
}

// setDefault replaces what is not positive, so that no bound can be switched off by mistake.
func setDefault[T int | time.Duration](v *T, to T) {
	if *v <= 0 {
		*v = to
	}
}

// Conn is one connection. Its methods may be called from any goroutine.
type Conn struct {
	socket   net.Conn        // nil when the loop serves it
	raw      syscall.RawConn // likewise
	looped   *looped         // nil when it has a goroutine of its own
	listener *Listener
	options  *Options
	tls      *layer   // nil when plain
	ws       *framing // nil when lines come and go as they are; set before other goroutines know the connection
	slot     *slot    // the place that admission gave it; nil when its address is not counted
	own      *slot    // the place at its listener

	lastRead atomic.Int64 // a moment
	stop     atomic.Bool  // closing, readable without the lock
	tickSoon atomic.Bool  // TickSoon was called, and Tick has not been since

	in  inbound  // the connection's goroutine only
	out sequence // whoever has set flushing only

	// mu is where senders (under the state's lock), flushers, the writing goroutine and the connection's own meet.
	// It is held for a few instructions, never over a syscall.
	mu      sync.Mutex
	waiting batch // queued, not yet taken by a flusher
	queued  int   // bytes in waiting and out
	// mostQueued bounds queued.
	mostQueued int
	waiter     *waiter
	reason     error  // why it closes
	closeBy    moment // when a closing connection gives up writing
	remote     netip.AddrPort
	relayed    bool // remote is not the peer's
	// Set before other goroutines know the connection: a web proxy speaks for the client, and has told that it came by TLS.
	forwarded, forwardedTLS bool
	state
}

// state is what mu guards besides the queue.
type state struct {
	dirty    bool // somebody is responsible for a flush: a caller that was told so, or a flusher
	flushing bool // somebody is writing, or waits to
	open     bool // the handshake is over: bytes may be queued
	closing  bool // nothing more is queued
	said     bool // Close has given the reason
	roused   bool // the connection's goroutine has been told that it closes
	notified bool // TLS: the close notification has been made
	finished bool // closing, and all has been written
	aborted  bool // nothing more is written
}

// A moment is a reading of the monotonic clock, from when the program started. 0 is never.
type moment int64

var epoch = time.Now()

func now() moment { return moment(time.Since(epoch)) }

func (m moment) time() time.Time { return epoch.Add(time.Duration(m)) }

// past is a deadline that has always passed: it wakes who waits for the socket.
var past = time.Unix(1, 0)

// RemoteAddr is the client's address and port, an IPv4 address as such: the peer's, or what a trusted proxy or
// SetRemoteAddr told instead. The zero value for a Unix socket, and where Options.Anonymous is set.
func (c *Conn) RemoteAddr() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remote
}

// SetRemoteAddr makes another address count as the connection's: for gateways that tell whom they speak for. The limits
// for each address judge it anew; their error (ErrAddressFull, ErrTooFast) leaves all as it was. It is called by the
// session's methods only.
func (c *Conn) SetRemoteAddr(remote netip.AddrPort) error {
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	slot, err := c.listener.server.admission.move(c.slot, remote.Addr().WithZone(""), now())
	if err != nil {
		return err
	}
	c.slot = slot
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remote, c.relayed = remote, true
	return nil
}

// SetSendQueue replaces Options.SendQueueBytes for this connection. What is queued already stays.
func (c *Conn) SetSendQueue(mostBytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mostQueued = mostBytes
}

// LocalAddr is this machine's address and port of the connection. The zero value when there is none, and when the peer
// stands for somebody else.
func (c *Conn) LocalAddr() netip.AddrPort {
	c.mu.Lock()
	relayed := c.relayed || !c.remote.IsValid()
	c.mu.Unlock()
	if relayed {
		return netip.AddrPort{}
	}
	if c.looped != nil {
		return c.looped.local
	}
	if a, ok := c.socket.LocalAddr().(*net.TCPAddr); ok {
		return netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	}
	return netip.AddrPort{}
}

// Listener is the name of the listener that accepted the connection.
func (c *Conn) Listener() string { return c.listener.name }

// TLS is the state of the TLS connection, made anew by each call; nil when the connection is plain.
func (c *Conn) TLS() *tls.ConnectionState {
	if c.tls == nil {
		return nil
	}
	s := c.tls.conn.ConnectionState()
	return &s
}

// Secure tells whether the client's connection is encrypted: by TLS, or, when a trusted web proxy speaks for the client, by what that one says.
func (c *Conn) Secure() bool {
	if c.forwarded {
		return c.forwardedTLS
	}
	return c.tls != nil
}

// CertificateFingerprint is the SHA-256 of the client's certificate (DER) in lower-case hex, or "" when it sent none. A web proxy's own is not
// its client's.
func (c *Conn) CertificateFingerprint() string {
	s := c.TLS()
	if c.forwarded || s == nil || len(s.PeerCertificates) == 0 {
		return ""
	}
	sum := sha256.Sum256(s.PeerCertificates[0].Raw)
	return hex.EncodeToString(sum[:])
}

// TickSoon makes the session's Tick be called soon, on the connection's goroutine: for who has found out something that the
// session waits for. It never blocks. Calls that come together are one Tick; after the end there is none.
func (c *Conn) TickSoon() {
	c.tickSoon.Store(true)
	c.nudge()
}

// nudge has the connection's goroutine look what is to be done.
func (c *Conn) nudge() {
	if c.looped != nil {
		c.nudgeLoop()
		return
	}
	_ = c.socket.SetReadDeadline(past) // fails only when closed
}

// GiveWay lets those go first who have something to say at the same moment. Where the loop serves the connection they have already: what a round's lines
// caused is flushed at its end.
func (c *Conn) GiveWay() {
	if c.looped == nil {
		runtime.Gosched()
	}
}

// WillWait is what a session calls, on the connection's own goroutine, before it waits for something that is not quick: so
// that nobody waits with it. Without it the others wait for some milliseconds.
func (c *Conn) WillWait() { c.leave() }

// LastRead is when bytes were last received, or when the connection was accepted. Over WebSocket only messages count: a browser answers pings
// though its page may hang.
func (c *Conn) LastRead() time.Time { return moment(c.lastRead.Load()).time() }

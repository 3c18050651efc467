package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// roundEvents is the maximum number of ready sockets in one round of the loop. The loop flushes at the end of each
// round, so that one write sends everything that the round's lines caused.
const roundEvents = 128

// A session with many waiting lines gets a share of each round, so that a round takes about roundTime however much
// clients send. The rest of its lines wait for the next round. A single line can take longer than the share, which is
// at least leastShare.
const (
	roundTime  = moment(10 * time.Millisecond)
	leastShare = moment(100 * time.Microsecond)
)

// yieldEvery is how often the driving goroutine yields its processor to other goroutines.
const yieldEvery = moment(5 * time.Millisecond)

// stallBound is how long a session can block the loop before a different goroutine takes it over. In practice it takes
// between once and twice as long. A session that knows it will wait calls Conn.WillWait instead. Tests shorten the
// bound.
var stallBound = 20 * time.Millisecond

// loop is the event loop that serves the plain connections of a server: one goroutine waits for all their sockets, and
// also runs their sessions. Compared with one goroutine per connection, this saves a scheduler wake-up for each line
// that arrives, and a stack for each idle connection.
//
// At any time, one goroutine drives the loop. If a session waits for something slow, such as a password hash or its own
// queue, a different goroutine takes the loop over. The goroutine that waited finishes what it read from its
// connection, returns the connection to the loop, and ends.
type loop struct {
	// The descriptors of an epoll for reading, an epoll for full sockets, and an eventfd that interrupts the wait.
	epoll, drains, bell int

	// drive only grows. It is odd while the driving goroutine runs a session. The goroutine that then changes it to the
	// next even value drives the loop from there on: either the same one, or one that takes the loop over.
	drive atomic.Uint64

	// Only the driving goroutine uses the following fields.
	conns     []*Conn // by descriptor
	timers    timers
	buf       *[readBytes]byte
	share     moment // how long a session may handle lines in this round
	hands     int    // how many times a session was run in this round
	current   *Conn  // the connection whose session runs
	events    [roundEvents]unix.EpollEvent
	ready     int     // the number of events
	nextEvent int     // the first event that has not been handled
	posts     []*Conn // taken from the inbox
	nextPost  int
	batches   []*Conn // the connections whose sessions need a call of Batch
	nextBatch int
	ending    bool // quit was set

	// taking is held while the loop is taken over. The goroutine that lost the loop waits for it before it continues.
	taking sync.Mutex

	// mu protects the following fields between goroutines that post connections and the driving goroutine.
	mu    sync.Mutex
	inbox []*Conn
	rung  bool // the bell was rung after the inbox was last emptied
	quit  bool
	ended bool // the descriptors are closed

	watch    *time.Timer // runs look
	watching atomic.Bool // watch is set
	seen     uint64      // the value of drive when look last ran; only for look
}

// looped is the state of a connection that the loop serves. Unless a field says otherwise, only its owner uses it: the
// driving goroutine, or the one that lost the loop while it ran the connection's session.
type looped struct {
	*loop
	fd      int
	local   netip.AddrPort
	refs    atomic.Int32 // users of fd: the loop, running flushes, and a flush that waits for room; the last one closes fd
	posted  atomic.Bool  // the connection is in the inbox
	away    atomic.Bool  // a goroutine that lost the loop serves the connection
	parked  bool         // a flush waits for room in the socket; protected by Conn.mu
	drive   uint64       // the value of loop.drive while the session runs
	leaveBy moment       // when the session has had its share of the round

	known     bool // the connection is in the loop's table
	watched   bool // epoll watches the socket
	batch     bool // lines were handled in this round
	lingering bool // the session has ended
	gone      bool // the connection only needs to be forgotten
	forgotten bool
	until     moment // when to check again while lingering
	due       moment // when the timer is due; 0 for never
	place     int    // the index in timers
}

// newLoop starts a loop. The caller must stop it.
func newLoop() (*loop, error) {
	l := &loop{epoll: -1, drains: -1, bell: -1, buf: new([readBytes]byte)}
	var errs [3]error
	l.epoll, errs[0] = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	l.drains, errs[1] = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	l.bell, errs[2] = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	err := errors.Join(errs[:]...)
	for _, fd := range []int{l.drains, l.bell} {
		if err == nil {
			err = control(l.epoll, unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN)
		}
	}
	if err != nil {
		l.close()
		return nil, fmt.Errorf("transport: cannot make an event loop: %w", err)
	}
	l.watch = time.AfterFunc(time.Hour, l.look)
	l.watch.Stop()
	// It ends with the loop, or when another goroutine has taken the loop over.
	go l.run()
	return l, nil
}

func control(epoll, operation, fd int, events uint32) error {
	return unix.EpollCtl(epoll, operation, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

func (l *loop) close() {
	for _, fd := range []int{l.epoll, l.drains, l.bell} {
		if fd >= 0 {
			_ = unix.Close(fd) // an error no longer matters
		}
	}
}

// stop ends the loop, which must not have connections any more.
func (l *loop) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quit = true
	l.ring()
}

// ring interrupts the driving goroutine's wait. Called with mu held.
func (l *loop) ring() {
	if !l.ended {
		one := [8]byte{1}
		_, _ = unix.Write(l.bell, one[:]) // fails only if the counter overflows
	}
}

// post asks the loop to check a connection: because it is new, closes, wants a Tick or returns to the loop.
func (l *loop) post(c *Conn) {
	if c.looped.posted.Swap(true) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inbox = append(l.inbox, c)
	if !l.rung {
		l.rung = true
		l.ring()
	}
}

// answer empties the inbox.
func (l *loop) answer() {
	var count [8]byte
	_, _ = unix.Read(l.bell, count[:]) // cannot fail, because the bell was rung
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rung = false
	l.posts = append(l.posts, l.inbox...)
	clear(l.inbox)
	l.inbox = l.inbox[:0]
	l.ending = l.quit
}

// over reports whether the loop has been stopped and has nothing left to do. If so, it closes the loop.
func (l *loop) over() bool {
	if !l.ending {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.inbox) == 0 {
		l.ended = true
		l.close()
	}
	return l.ended
}

// run drives the loop.
func (l *loop) run() {
	var last moment
	for l.round() {
		// Without this, the runtime's monitor takes the goroutine's processor away every 10 ms, and wakes up often to
		// do so. Yielding each time would wake other threads too often.
		if n := now(); n-last > yieldEvery {
			last = n
			runtime.Gosched()
		}
	}
}

// round waits for events and handles them. It returns false if this goroutine must not continue. After the loop was
// taken over, it continues in the middle of the round.
func (l *loop) round() bool {
	if l.nextEvent == l.ready && l.nextPost == len(l.posts) && l.nextBatch == len(l.batches) {
		if l.over() {
			return false
		}
		l.wait()
	}
	for l.nextEvent < l.ready {
		fd := int(l.events[l.nextEvent].Fd)
		l.nextEvent++
		switch {
		case fd == l.drains:
			l.drain()
		case fd == l.bell:
			l.answer()
		default:
			if c := l.conn(fd); c != nil && !l.hand(c, c.readable) {
				return false
			}
		}
	}
	for l.nextPost < len(l.posts) {
		c := l.posts[l.nextPost]
		l.posts[l.nextPost] = nil
		l.nextPost++
		c.looped.posted.Store(false) // from now on, a post is checked again
		if !l.hand(c, c.attend) {
			return false
		}
	}
	for n := now(); len(l.timers) > 0 && l.timers[0].looped.due <= n; {
		c := l.timers[0]
		if !l.hand(c, c.attend) {
			return false
		}
	}
	for l.nextBatch < len(l.batches) {
		c := l.batches[l.nextBatch]
		l.batches[l.nextBatch] = nil
		l.nextBatch++
		// A goroutine that is away with a connection ends the connection's batch itself.
		if x := c.looped; !x.away.Load() && x.batch && !l.hand(c, c.endBatch) {
			return false
		}
	}
	return true
}

// wait waits for events, but at most until the first timer is due.
func (l *loop) wait() {
	l.posts, l.batches = l.posts[:0], l.batches[:0]
	l.nextPost, l.nextBatch, l.nextEvent = 0, 0, 0
	timeout := -1
	if len(l.timers) > 0 {
		left := max(time.Duration(l.timers[0].looped.due-now()), 0)
		timeout = int(min((left+time.Millisecond-1)/time.Millisecond, time.Hour/time.Millisecond))
	}
	n, err := unix.EpollWait(l.epoll, l.events[:], timeout)
	l.ready = max(n, 0)
	l.share = max(roundTime/moment(max(l.ready, l.hands, 1)), leastShare)
	l.hands = 0
	if err != nil { // interrupted
		l.ready = 0
	}
	if !l.watching.Swap(true) {
		l.watch.Reset(stallBound)
	}
}

// hand runs a connection's session. It returns false if a different goroutine took the loop over meanwhile.
func (l *loop) hand(c *Conn, do func(buf []byte)) bool {
	x := c.looped
	if x.away.Load() || x.forgotten {
		return true
	}
	l.know(c)
	l.current = c
	buf := l.buf // a goroutine that takes the loop over leaves this buffer
	l.hands++
	x.leaveBy = now() + l.share
	x.drive = l.drive.Load() + 1
	l.drive.Store(x.drive)
	do(buf[:])
	if l.drive.CompareAndSwap(x.drive, x.drive+1) {
		l.current = nil
		l.settle(c)
		return true
	}
	l.handedOver()
	if x.batch {
		c.endBatch(nil)
	}
	x.away.Store(false)
	l.post(c)
	return false
}

// handedOver waits until the loop has been taken over completely.
func (l *loop) handedOver() {
	l.taking.Lock()
	defer l.taking.Unlock()
}

// take takes the loop over from a goroutine that runs a session. It does nothing if the session has finished, or if a
// different goroutine was faster.
func (l *loop) take(drive uint64) {
	l.taking.Lock()
	defer l.taking.Unlock()
	if !l.drive.CompareAndSwap(drive, drive+1) {
		return
	}
	c := l.current
	l.current, l.buf = nil, new([readBytes]byte) // the session may still be reading from the old one
	c.looped.away.Store(true)
	l.deafen(c)
	l.schedule(c, 0)
	// It ends with the loop, or when another goroutine has taken the loop over.
	go l.run()
}

// look runs from a timer while the loop is active. It takes the loop over if a session has blocked it for too long.
func (l *loop) look() {
	drive := l.drive.Load()
	if drive != l.seen {
		l.seen = drive
		l.watch.Reset(stallBound)
		return
	}
	if drive&1 == 1 {
		l.take(drive)
		l.watch.Reset(stallBound)
		return
	}
	l.watching.Store(false)
	// A session that started after drive was read did not set the timer.
	if l.drive.Load() != drive && !l.watching.Swap(true) {
		l.watch.Reset(stallBound)
	}
}

// know adds a connection to the loop's table.
func (l *loop) know(c *Conn) {
	x := c.looped
	if x.known {
		return
	}
	x.known = true
	for len(l.conns) <= x.fd {
		l.conns = append(l.conns, nil)
	}
	l.conns[x.fd] = c
}

func (l *loop) conn(fd int) *Conn {
	if fd < len(l.conns) {
		return l.conns[fd]
	}
	return nil
}

// settle updates the events and the timer that the loop waits for on behalf of a connection, after its session ran.
func (l *loop) settle(c *Conn) {
	x := c.looped
	if x.gone {
		l.forget(c)
		return
	}
	if x.batch {
		l.batches = append(l.batches, c)
	}
	switch {
	case c.in.eof:
		l.deafen(c)
	case !x.watched:
		if err := control(l.epoll, unix.EPOLL_CTL_ADD, x.fd, unix.EPOLLIN); err != nil {
			c.mu.Lock()
			c.abort(os.NewSyscallError("epoll_ctl", err))
			c.mu.Unlock()
			l.post(c)
			return
		}
		x.watched = true
	}
	next := c.in.tick
	for _, m := range [...]moment{c.in.hold, c.in.ping, x.until} {
		if m != 0 && (next == 0 || m < next) {
			next = m
		}
	}
	l.schedule(c, next)
}

// deafen stops watching a connection's socket for input.
func (l *loop) deafen(c *Conn) {
	if c.looped.watched {
		c.looped.watched = false
		_ = control(l.epoll, unix.EPOLL_CTL_DEL, c.looped.fd, 0) // cannot fail for a watched socket
	}
}

// forget closes a connection and removes it from the loop.
func (l *loop) forget(c *Conn) {
	x := c.looped
	x.forgotten = true
	l.deafen(c)
	l.schedule(c, 0)
	l.conns[x.fd] = nil
	c.mu.Lock()
	reset := c.open && !c.finished
	c.abort(net.ErrClosed)
	if x.parked { // nobody else will do it
		x.parked, c.flushing = false, false
		c.out.release()
		x.refs.Add(-1)
	}
	c.mu.Unlock()
	if reset {
		// A reset frees the kernel's buffer for a peer that does not read.
		_ = unix.SetsockoptLinger(x.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	c.letGo()
	c.listener.server.remove(c)
}

// drain continues the flushes of connections whose sockets were full.
func (l *loop) drain() {
	var events [16]unix.EpollEvent
	n, err := unix.EpollWait(l.drains, events[:], 0)
	if err != nil {
		return // the event will be reported again
	}
	for _, e := range events[:n] {
		c := l.conn(int(e.Fd))
		if c == nil {
			continue
		}
		c.mu.Lock()
		parked := c.looped.parked
		c.looped.parked = false
		c.mu.Unlock()
		if parked {
			c.flushLooped()
		}
	}
}

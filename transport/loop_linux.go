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

// roundEvents is how many ready sockets one look at them gives. What a round's lines caused is flushed at its end, so one write carries it all.
const roundEvents = 128

// yieldEvery is how often the driving goroutine lets others run that wait for its processor.
const yieldEvery = moment(5 * time.Millisecond)

// stallBound is how long a session may keep a loop before another goroutine takes the loop over; between once and twice that. One that knows
// that it will wait says so (Conn.WillWait). Tests shorten it.
var stallBound = 20 * time.Millisecond

// A loop serves the plain connections of a server: it waits for their sockets and runs their sessions on the goroutine that waited. Compared with a goroutine
// for each connection, this saves the scheduler's wake-up for each line that arrives, and the stack of each connection that is idle.
//
// One goroutine at a time drives a loop. When a session waits for something else (a password's hash, its own queue), another goroutine goes on with
// the loop; the one that waited serves its connection until it is done with what was read, gives it back and ends.
type loop struct {
	epoll, drains, bell int // the sockets that are read, those that are full, and an event that ends a wait

	// drive only grows. It is odd while the driving goroutine is in a session's hands: whoever changes it then to the next even value drives from
	// then on, be it that goroutine itself or another one that takes the loop over.
	drive atomic.Uint64

	// What follows belongs to the driving goroutine.
	conns     []*Conn // by descriptor
	timers    timers
	buf       *[readBytes]byte
	current   *Conn // in whose session's hands it is
	events    [roundEvents]unix.EpollEvent
	ready     int     // how many events there are
	nextEvent int     // the first that has not been looked at
	posts     []*Conn // taken from the inbox
	nextPost  int
	batches   []*Conn // whose sessions are to be told of the end of the round
	nextBatch int
	ending    bool // quit has been seen

	// taking is where who takes the loop over and the goroutine that loses it meet: this one goes on when all has been handed over.
	taking sync.Mutex

	// mu is where whoever posts and the driving goroutine meet.
	mu    sync.Mutex
	inbox []*Conn
	rung  bool // the bell has been rung since the inbox was last emptied
	quit  bool
	ended bool // the descriptors are closed

	watch    *time.Timer // runs look
	watching atomic.Bool // it is set
	seen     uint64      // drive when look last looked; look only
}

// looped is what a connection needs that is served by a loop. Only its owner, the driving goroutine or the one that lost the loop over it, touches what
// is not said to be somebody else's.
type looped struct {
	*loop
	fd     int
	local  netip.AddrPort
	refs   atomic.Int32 // who may use fd: the loop, flushers, and the wait of a full socket. The last one closes it
	posted atomic.Bool  // it is in the inbox
	away   atomic.Bool  // a goroutine that lost the loop over it has it
	parked bool         // its flusher waits for room in the socket; Conn.mu guards it
	drive  uint64       // what loop.drive is while the goroutine is in its session's hands

	known     bool // it has been started
	watched   bool // epoll watches it
	batch     bool // lines of it were handled in this round
	lingering bool // the session is over
	gone      bool // nothing is left to be done but to forget it
	forgotten bool
	until     moment // how long it lingers
	due       moment // its place in timers; 0: none
	place     int
}

// newLoop starts a loop. It ends after stop.
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
			_ = unix.Close(fd) // nothing depends on it any more
		}
	}
}

// stop ends the loop. It has no more connections.
func (l *loop) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quit = true
	l.ring()
}

// ring ends a wait. Called with mu held.
func (l *loop) ring() {
	if !l.ended {
		one := [8]byte{1}
		_, _ = unix.Write(l.bell, one[:]) // it fails only when it has been rung very often
	}
}

// post has the loop look after a connection: it is new, it closes, its Tick is wanted, or it comes back.
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
	_, _ = unix.Read(l.bell, count[:]) // it has been rung, so this does not fail
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rung = false
	l.posts = append(l.posts, l.inbox...)
	clear(l.inbox)
	l.inbox = l.inbox[:0]
	l.ending = l.quit
}

// over tells whether the loop has been stopped and nothing is left to be looked at, and closes it then.
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
		// It shows the runtime's monitor that this goroutine moves on, which otherwise takes its processor away every 10 ms and wakes up often
		// to do so. Not each time: it wakes another thread.
		if n := now(); n-last > yieldEvery {
			last = n
			runtime.Gosched()
		}
	}
}

// round waits and serves who is ready. False: this goroutine is not needed any more. It goes on in the middle when the loop has been taken over.
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
		c.looped.posted.Store(false) // what is posted from now on is looked at again
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
		// Who is away ends his batch himself.
		if x := c.looped; !x.away.Load() && x.batch && !l.hand(c, c.endBatch) {
			return false
		}
	}
	return true
}

// wait waits for events, at most until the first timer.
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
	if err != nil { // interrupted
		l.ready = 0
	}
	if !l.watching.Swap(true) {
		l.watch.Reset(stallBound)
	}
}

// hand gives the goroutine into the hands of a connection's session. False: meanwhile another one has taken the loop over.
func (l *loop) hand(c *Conn, do func(buf []byte)) bool {
	x := c.looped
	if x.away.Load() || x.forgotten {
		return true
	}
	l.know(c)
	l.current = c
	buf := l.buf // who takes the loop over leaves it to this goroutine
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

// handedOver waits until who takes the loop over has all.
func (l *loop) handedOver() {
	l.taking.Lock()
	defer l.taking.Unlock()
}

// take takes the loop over from a goroutine that is in a session's hands. It does nothing when that is over, or when somebody was faster.
func (l *loop) take(drive uint64) {
	l.taking.Lock()
	defer l.taking.Unlock()
	if !l.drive.CompareAndSwap(drive, drive+1) {
		return
	}
	c := l.current
	l.current, l.buf = nil, new([readBytes]byte) // the session may still read in the old one
	c.looped.away.Store(true)
	l.deafen(c)
	l.schedule(c, 0)
	// It ends with the loop, or when another goroutine has taken the loop over.
	go l.run()
}

// look is run by a timer as long as the loop has something to do. It takes the loop over when a session has kept it for too long.
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
	// Who began after drive was read did not set the timer.
	if l.drive.Load() != drive && !l.watching.Swap(true) {
		l.watch.Reset(stallBound)
	}
}

// know gives a connection its place.
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

// settle brings what the loop does for a connection in line with what has become of it.
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

// deafen has a connection's socket not watched any more.
func (l *loop) deafen(c *Conn) {
	if c.looped.watched {
		c.looped.watched = false
		_ = control(l.epoll, unix.EPOLL_CTL_DEL, c.looped.fd, 0) // it was watched, so this does not fail
	}
}

// forget closes a connection.
func (l *loop) forget(c *Conn) {
	x := c.looped
	x.forgotten = true
	l.deafen(c)
	l.schedule(c, 0)
	l.conns[x.fd] = nil
	c.mu.Lock()
	reset := c.open && !c.finished
	c.abort(net.ErrClosed)
	if x.parked { // nobody else will
		x.parked, c.flushing = false, false
		c.out.release()
		x.refs.Add(-1)
	}
	c.mu.Unlock()
	if reset {
		// A reset frees what the kernel still holds for a peer that does not read.
		_ = unix.SetsockoptLinger(x.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	c.letGo()
	c.listener.server.remove(c)
}

// drain goes on with the queues of those whose sockets were full.
func (l *loop) drain() {
	var events [16]unix.EpollEvent
	n, err := unix.EpollWait(l.drains, events[:], 0)
	if err != nil {
		return // it is looked at again
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

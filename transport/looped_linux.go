package transport

import (
	"container/heap"
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// adopt moves a plain connection to the server's loop. It returns false if that is not possible. Only the loop has the
// socket's descriptor, so that the runtime's poller does not wake up for it.
func (c *Conn) adopt() bool {
	l := c.listener.server.loop
	if l == nil || c.tls != nil || c.options.ownGoroutine {
		return false
	}
	fd := -1
	err := c.raw.Control(func(original uintptr) { fd, _ = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0) })
	if err != nil || fd < 0 {
		return false
	}
	x := &looped{loop: l, fd: fd, local: c.LocalAddr()}
	x.refs.Store(1)
	c.mu.Lock()
	if c.closing { // Close has woken the goroutine that reads from the socket
		c.mu.Unlock()
		_ = unix.Close(fd) // nobody used it
		return false
	}
	socket := c.socket
	c.socket, c.raw, c.looped = nil, nil, x
	c.mu.Unlock()
	_ = socket.Close() // the duplicate stays open
	l.post(c)
	return true
}

// nudgeLoop asks the loop to check the connection.
func (c *Conn) nudgeLoop() { c.looped.post(c) }

// hold keeps the descriptor open until letGo is called. Called with mu held, before the connection is aborted.
func (c *Conn) hold() { c.looped.refs.Add(1) }

// overstays reports whether the session has used up its share of the loop's round. A session with a goroutine of its
// own delays no other session.
func (c *Conn) overstays() bool {
	return c.looped != nil && now() > c.looped.leaveBy && !c.looped.away.Load()
}

// leave must be called on the connection's goroutine before its session waits. If the loop serves the connection, a
// different goroutine serves the others from then on.
func (c *Conn) leave() {
	if c.looped != nil {
		c.looped.take(c.looped.drive)
	}
}

// readable reads once. If data is left, the socket stays readable, and the loop reads again after other connections
// have had their turn.
func (c *Conn) readable(buf []byte) {
	if c.in.shared { // what was read before comes first
		c.attend(buf)
		return
	}
	n, err := readSocket(c.looped.fd, buf)
	if err == syscall.EAGAIN {
		return
	}
	if c.looped.lingering {
		c.in.eof = n == 0
		c.looped.gone = err != nil
		c.linger1()
		return
	}
	c.guard(func() error {
		switch {
		case err != nil:
			return os.NewSyscallError("read", err)
		case n == 0:
			return c.end()
		}
		c.heard()
		return c.feed(buf[:n])
	})
}

// attend does what is due for a connection other than reading.
func (c *Conn) attend([]byte) {
	if c.looped.lingering {
		c.linger1()
		return
	}
	c.guard(func() error {
		if c.in.session == nil {
			return c.start()
		}
		if c.stop.Load() {
			return nil
		}
		return c.due()
	})
}

// endBatch calls the session's Batch at the end of a round in which lines were handled.
func (c *Conn) endBatch([]byte) {
	c.looped.batch = false
	if c.in.session == nil {
		return
	}
	c.guard(func() error {
		c.in.session.Batch()
		return nil
	})
}

// guard runs a function of the session. It ends the session after an error or a panic, or if the connection was closed.
func (c *Conn) guard(do func() error) {
	err := c.try(do)
	if err == nil && !c.stop.Load() {
		return
	}
	if c.looped.batch {
		c.looped.batch = false
		if failed := c.try(func() error { c.in.session.Batch(); return nil }); err == nil {
			err = failed
		}
	}
	c.conclude(err)
	c.looped.lingering = true
	c.linger1()
}

func (c *Conn) try(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = c.panicked(p, c.in.session)
		}
	}()
	return do()
}

// linger1 performs one step of lingering: it sets how long to wait, or that the connection is done.
func (c *Conn) linger1() {
	x, f := c.looped, c.parting()
	again, over := c.lingerStep(f, x.fd)
	x.until = again
	x.gone = x.gone || over || f.written && c.in.eof
}

// flushLooped writes the queue. The caller must have set the flag flushing and called hold. If the socket is full, the
// loop writes the rest later.
func (c *Conn) flushLooped() {
	s := scratches.Get().(*scratch)
	full := c.pump(c.looped.fd, s.buf[:], flushRounds)
	scratches.Put(s)
	if full {
		c.park()
	}
	c.letGo()
}

// park leaves the flag flushing to the loop, which continues when the socket has room.
func (c *Conn) park() {
	x := c.looped
	x.refs.Add(1)
	c.mu.Lock()
	x.parked = true
	c.mu.Unlock()
	const events = unix.EPOLLOUT | unix.EPOLLONESHOT
	err := control(x.drains, unix.EPOLL_CTL_MOD, x.fd, events)
	if errors.Is(err, unix.ENOENT) {
		err = control(x.drains, unix.EPOLL_CTL_ADD, x.fd, events)
	}
	if err == nil {
		return
	}
	c.mu.Lock()
	parked := x.parked
	x.parked = false
	c.mu.Unlock()
	if parked {
		c.fail(os.NewSyscallError("epoll_ctl", err))
		c.letGo()
	}
}

// letGo undoes hold. The last call closes the descriptor.
func (c *Conn) letGo() {
	if c.looped.refs.Add(-1) == 0 {
		_ = unix.Close(c.looped.fd) // an error does not matter
	}
}

// timers is a heap of connections, ordered by when something is due for them.
type timers []*Conn

func (t timers) Len() int           { return len(t) }
func (t timers) Less(i, j int) bool { return t[i].looped.due < t[j].looped.due }
func (t timers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].looped.place, t[j].looped.place = i, j
}

// Push implements heap.Interface.
func (t *timers) Push(c any) {
	c.(*Conn).looped.place = len(*t)
	*t = append(*t, c.(*Conn))
}

// Pop implements heap.Interface.
func (t *timers) Pop() any {
	last := len(*t) - 1
	c := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	return c
}

// schedule sets when the loop must attend to a connection; 0 means never.
func (l *loop) schedule(c *Conn, due moment) {
	x := c.looped
	before := x.due
	x.due = due
	switch {
	case before == due:
	case due == 0:
		x.due = before // the heap still needs the old value
		heap.Remove(&l.timers, x.place)
		x.due = 0
	case before == 0:
		heap.Push(&l.timers, c)
	default:
		heap.Fix(&l.timers, x.place)
	}
}

package transport

import (
	"container/heap"
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// adopt has a plain connection served by the server's loop; false: it is not. The socket's descriptor is the loop's alone, so that the runtime's poller does not
// wake up for it.
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
	if c.closing { // whoever closed it has roused who reads the socket
		c.mu.Unlock()
		_ = unix.Close(fd) // nobody has used it
		return false
	}
	socket := c.socket
	c.socket, c.raw, c.looped = nil, nil, x
	c.mu.Unlock()
	_ = socket.Close() // its duplicate goes on
	l.post(c)
	return true
}

// nudgeLoop has the loop look after the connection.
func (c *Conn) nudgeLoop() { c.looped.post(c) }

// hold keeps the descriptor open until letGo. Called with mu held, before the connection is aborted.
func (c *Conn) hold() { c.looped.refs.Add(1) }

// leave tells that the session, on whose connection's goroutine it is called, will wait: the others are served by another one from now on.
func (c *Conn) leave() {
	if c.looped != nil {
		c.looped.take(c.looped.drive)
	}
}

// readable reads once: what is left makes the socket readable again, after the others have had their turn.
func (c *Conn) readable(buf []byte) {
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

// attend looks what is to be done for a connection besides reading.
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

// endBatch is the end of a round in which lines were handled.
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

// guard has the session do something, and ends it with an error, a panic, or when somebody has closed the connection.
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
			err = c.panicked(p)
		}
	}()
	return do()
}

// linger1 is linger, one step of it: it tells how long to wait, or that there is nothing more to wait for.
func (c *Conn) linger1() {
	x := c.looped
	until, finished, ok := c.lingerUntil()
	if finished {
		until = min(until, now()+moment(lingerBound))
		if x.until != 0 {
			until = min(until, x.until)
		}
	}
	x.until = until
	x.gone = x.gone || !ok || finished && c.in.eof || now() >= until
}

// flushLooped writes what is queued, with the flag flushing set and a hold on the descriptor. What the socket does not take waits for the loop.
func (c *Conn) flushLooped() {
	s := scratches.Get().(*scratch)
	full := c.pump(c.looped.fd, s.buf[:], flushRounds)
	scratches.Put(s)
	if full {
		c.park()
	}
	c.letGo()
}

// park leaves the flag flushing to the loop, which goes on when the socket has room.
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

// letGo gives up a hold on the descriptor. The last one closes it.
func (c *Conn) letGo() {
	if c.looped.refs.Add(-1) == 0 {
		_ = unix.Close(c.looped.fd) // nobody is left to tell
	}
}

// timers is a heap of the connections for which something is due.
type timers []*Conn

func (t timers) Len() int           { return len(t) }
func (t timers) Less(i, j int) bool { return t[i].looped.due < t[j].looped.due }
func (t timers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].looped.place, t[j].looped.place = i, j
}

// Push is for container/heap.
func (t *timers) Push(c any) {
	c.(*Conn).looped.place = len(*t)
	*t = append(*t, c.(*Conn))
}

// Pop is for container/heap.
func (t *timers) Pop() any {
	last := len(*t) - 1
	c := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	return c
}

// schedule has a connection attended to at a moment; 0: never.
func (l *loop) schedule(c *Conn, due moment) {
	x := c.looped
	before := x.due
	x.due = due
	switch {
	case before == due:
	case due == 0:
		x.due = before // the heap is put in order with the value that it has
		heap.Remove(&l.timers, x.place)
		x.due = 0
	case before == 0:
		heap.Push(&l.timers, c)
	default:
		heap.Fix(&l.timers, x.place)
	}
}

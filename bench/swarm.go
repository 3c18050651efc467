package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const (
	readBytes    = 256 << 10              // how much one read takes at most
	eventsAtOnce = 512                    // how many ready sockets one look at them gives
	pollBound    = 100 * time.Millisecond // how long one look waits: how late an interrupt or a deadline is noticed
	timerEvent   = -1                     // the event that is no client's
)

// swarm is the clients of one server. One goroutine at a time does all its work: on few cores, every thread of the loader would take its time
// from the server that is measured.
type swarm struct {
	server  *server
	secure  bool // over TLS
	tags    bool // negotiated
	clients []client
	groups  []group
	closed  int // connections that the server has ended
	// receivedBytes is what all have read, before decryption.
	receivedBytes int64
	// patience is how long the end of a slice waits for the next line before it calls the rest lost.
	patience time.Duration

	epoll  int
	buffer []byte
	events []unix.EpollEvent
	line   []byte // a message in the making
}

// client is one connection.
type client struct {
	fd      int // -1: closed
	nick    string
	group   int32
	ear     bool   // the stamps of what it receives are read
	tail    []byte // what it has read of a line; kept while setting up, and by ears
	pending []byte // what its socket did not take
	layer   *layer // over TLS; nil when plain
}

// group is clients who talk to one another: in a channel, or as a pair without one.
type group struct {
	channel  string // "" for a pair, who send private messages
	members  []int32
	speaker  int   // the member who sends next
	sent     int64 // lines
	received int64 // lines, all members together
}

// recipients is how many others a line of this group goes to.
func (g *group) recipients() int64 { return int64(len(g.members) - 1) }

// outstanding is how many deliveries are still to come.
func (g *group) outstanding() int64 { return g.sent*g.recipients() - g.received }

func newSwarm(s *server) (*swarm, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot make an epoll instance: %w", err)
	}
	return &swarm{server: s, patience: drainBound, epoll: epoll, buffer: make([]byte, readBytes), events: make([]unix.EpollEvent, eventsAtOnce)}, nil
}

// close ends all connections.
func (s *swarm) close() {
	for i := range s.clients {
		s.drop(i)
	}
	_ = unix.Close(s.epoll) // nothing depends on it any more
}

func (s *swarm) drop(i int) {
	if c := &s.clients[i]; c.fd >= 0 {
		_ = unix.Close(c.fd) // it leaves the epoll instance with this
		c.fd = -1
	}
}

// connect opens the connection of client i and has it watched.
func (s *swarm) connect(i int) error {
	address := s.server.plain
	if s.secure {
		address = s.server.secure
	}
	fd, err := dial(address, sourceOf(i))
	if err != nil {
		return err
	}
	s.clients[i].fd = fd
	if s.secure {
		if s.clients[i].layer, err = shakeHands(fd); err != nil {
			return err
		}
	}
	return s.watch(fd, int32(i))
}

func (s *swarm) watch(fd int, id int32) error {
	if err := unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: id}); err != nil {
		return fmt.Errorf("cannot watch a socket: %w", err)
	}
	return nil
}

// wait waits for ready sockets, at most pollBound, and gives what each has to read to receive. The data is valid until receive returns. It says
// whether the timer, when there is one, has fired.
func (s *swarm) wait(receive func(i int, data []byte)) (timer bool, err error) {
	n, err := unix.EpollWait(s.epoll, s.events, int(pollBound.Milliseconds()))
	if errors.Is(err, unix.EINTR) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot wait for the sockets: %w", err)
	}
	for _, event := range s.events[:n] {
		if event.Fd == timerEvent {
			timer = true
			continue
		}
		i := int(event.Fd)
		// One read is enough: what it leaves is reported again.
		n, closed, err := readSocket(s.clients[i].fd, s.buffer)
		if err != nil {
			return timer, err
		}
		if closed {
			s.closed++
			s.drop(i)
			continue
		}
		s.receivedBytes += int64(n)
		if l := s.clients[i].layer; l != nil {
			if err := l.decrypt(s.buffer[:n], func(data []byte) { receive(i, data) }); err != nil {
				return timer, err
			}
			continue
		}
		receive(i, s.buffer[:n])
	}
	return timer, nil
}

// send writes b for client i, after what its socket did not take before.
func (s *swarm) send(i int, b []byte) error {
	c := &s.clients[i]
	if c.fd < 0 {
		return nil // counted in closed
	}
	if c.layer != nil {
		var err error
		if b, err = c.layer.encrypt(b); err != nil {
			return err
		}
	}
	if len(c.pending) > 0 {
		c.pending = append(c.pending, b...)
		return s.resume(i)
	}
	n, err := writeSocket(c.fd, b)
	if err != nil {
		return s.broken(i, err)
	}
	c.pending = append(c.pending, b[n:]...)
	return nil
}

// resume writes what a socket did not take.
func (s *swarm) resume(i int) error {
	c := &s.clients[i]
	if len(c.pending) == 0 || c.fd < 0 {
		return nil
	}
	n, err := writeSocket(c.fd, c.pending)
	if err != nil {
		return s.broken(i, err)
	}
	c.pending = c.pending[:copy(c.pending, c.pending[n:])]
	return nil
}

// broken takes note of a connection that the server has ended; any other error ends the run.
func (s *swarm) broken(i int, err error) error {
	if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		s.closed++
		s.drop(i)
		return nil
	}
	return err
}

// sound is an error when the run must not go on.
func (s *swarm) sound(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.server.alive()
}

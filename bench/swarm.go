package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const (
	readBytes    = 256 << 10              // the size of a read
	eventsAtOnce = 512                    // the maximum number of ready sockets per poll
	pollBound    = 100 * time.Millisecond // how long a poll waits, and so how late an interrupt or a deadline is noticed
	timerEvent   = -1                     // the event that does not belong to a client
)

// swarm holds the clients of one server. One goroutine at a time does all its work: on few cores, each thread of the
// loader would take CPU time from the server that is measured.
type swarm struct {
	server  *server
	secure  bool // over TLS
	tags    bool // negotiated
	clients []client
	groups  []group
	closed  int // connections that the server ended
	// receivedBytes is how much all clients have read, before decryption.
	receivedBytes int64
	// patience is how long the end of a slice waits for the next line before it counts the rest as lost.
	patience time.Duration

	epoll  int
	buffer []byte
	events []unix.EpollEvent
	line   []byte // a buffer for messages
}

// client is one connection.
type client struct {
	fd      int // -1 if closed
	nick    string
	group   int32
	ear     bool   // its received time stamps are evaluated
	tail    []byte // the start of a line; used while setting up, and for ears
	pending []byte // bytes that its socket has not accepted yet
	layer   *layer // nil without TLS
}

// group is a set of clients that talk to each other, in a channel or as a pair without one.
type group struct {
	channel  string // "" for a pair, which sends private messages
	members  []int32
	speaker  int   // the member who sends next
	sent     int64 // lines
	received int64 // lines, for all members together
}

// recipients returns how many other members get each line.
func (g *group) recipients() int64 { return int64(len(g.members) - 1) }

// outstanding returns how many deliveries are still to come.
func (g *group) outstanding() int64 { return g.sent*g.recipients() - g.received }

func newSwarm(s *server) (*swarm, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot create an epoll instance: %w", err)
	}
	return &swarm{server: s, patience: drainBound, epoll: epoll, buffer: make([]byte, readBytes), events: make([]unix.EpollEvent, eventsAtOnce)}, nil
}

// close ends all connections.
func (s *swarm) close() {
	for i := range s.clients {
		s.drop(i)
	}
	_ = unix.Close(s.epoll) // an error no longer matters
}

func (s *swarm) drop(i int) {
	if c := &s.clients[i]; c.fd >= 0 {
		_ = unix.Close(c.fd) // this also removes it from the epoll instance
		c.fd = -1
	}
}

// connect opens the connection of client i, and watches it.
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

// wait waits for ready sockets, but at most for pollBound, and passes what it reads from each to receive. The data is
// valid until receive returns. The result says whether the timer, if there is one, has fired.
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
		// One read is enough: if data is left, the socket is reported again.
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

// send writes b for client i, after the bytes that its socket has not accepted yet.
func (s *swarm) send(i int, b []byte) error {
	c := &s.clients[i]
	if c.fd < 0 {
		return nil // already counted in closed
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

// resume writes bytes that a socket did not accept before.
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

// broken records that the server ended a connection. Any other error ends the run.
func (s *swarm) broken(i int, err error) error {
	if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		s.closed++
		s.drop(i)
		return nil
	}
	return err
}

// sound returns an error if the run must not continue.
func (s *swarm) sound(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.server.alive()
}

package transport

import (
	"log/slog"
	"sync"
	"time"
)

// Server holds what its listeners share: the admission, and the connections that are open.
type Server struct {
	open      Open
	log       *slog.Logger
	admission admission
	loop      *loop // nil: each connection has a goroutine of its own

	// mu is where accepting goroutines, ending connections and whoever shuts down meet.
	mu        sync.Mutex
	conns     map[*Conn]struct{}
	listeners map[*Listener]struct{}
	closed    bool
	empty     chan struct{} // made by Wait, closed when the last connection is gone
}

// NewServer makes a server without listeners. open makes the session of each connection; log gets what nobody else can be
// told (accept errors, panics); nil is slog.Default.
func NewServer(open Open, limits Limits, log *slog.Logger) *Server {
	if log == nil {
		log = slog.Default()
	}
	s := &Server{open: open, log: log, conns: make(map[*Conn]struct{}), listeners: make(map[*Listener]struct{})}
	s.admission.set(limits)
	var err error
	if s.loop, err = newLoop(); err != nil {
		log.Warn("connections get a goroutine each", "error", err)
	}
	return s
}

// SetLimits replaces the limits. Nobody is dropped by it.
func (s *Server) SetLimits(limits Limits) { s.admission.set(limits) }

// Connections is how many connections are open, those in a handshake or closing included.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Close closes the listeners, and every connection with final and reason as Conn.Close does. Connections that already
// close keep their own last words. It returns at once; Wait waits.
func (s *Server) Close(final []byte, reason error) {
	s.mu.Lock()
	s.closed = true
	listeners := make([]*Listener, 0, len(s.listeners))
	for l := range s.listeners {
		listeners = append(listeners, l)
	}
	s.endLoop()
	conns := make([]*Conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, l := range listeners {
		_ = l.Close() // an error here means that it is closed
	}
	for _, c := range conns {
		c.Close(final, reason)
	}
	FlushAll(conns)
}

// Wait waits until no connection is open, at most timeout, and returns how many still are.
func (s *Server) Wait(timeout time.Duration) (open int) {
	s.mu.Lock()
	if len(s.conns) == 0 {
		s.mu.Unlock()
		return 0
	}
	if s.empty == nil {
		s.empty = make(chan struct{})
	}
	empty := s.empty
	s.mu.Unlock()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-empty:
	case <-timer.C:
	}
	return s.Connections()
}

// endLoop ends the loop when there will be nothing more for it. Called with mu held.
func (s *Server) endLoop() {
	if s.loop != nil && s.closed && len(s.conns) == 0 {
		s.loop.stop()
	}
}

// add takes a connection in, unless the server is closing.
func (s *Server) add(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

// remove forgets a connection and gives its place back.
func (s *Server) remove(c *Conn) {
	s.admission.release(c.slot)
	c.listener.own.release(c.own)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if len(s.conns) > 0 {
		return
	}
	if s.empty != nil {
		close(s.empty)
		s.empty = nil
	}
	s.endLoop()
}

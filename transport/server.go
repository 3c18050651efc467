package transport

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Server holds what its listeners share: the limits on connections, and the open connections.
type Server struct {
	open      Open
	log       *slog.Logger
	admission admission
	loop      *loop       // nil if each connection has a goroutine of its own
	leaving   atomic.Bool // Close was called

	// mu protects the fields below between accepting goroutines, connections that end, and Close and Wait.
	mu        sync.Mutex
	conns     map[*Conn]struct{}
	listeners map[*Listener]struct{}
	closed    bool
	empty     chan struct{} // created by Wait, closed when the last connection ends
}

// NewServer returns a server without listeners. It calls open to create the session of each connection. It logs what it
// cannot report otherwise, such as panics and errors in accepting; a nil log is slog.Default.
func NewServer(open Open, limits Limits, log *slog.Logger) *Server {
	if log == nil {
		log = slog.Default()
	}
	s := &Server{open: open, log: log, conns: make(map[*Conn]struct{}), listeners: make(map[*Listener]struct{})}
	s.admission.set(limits)
	var err error
	if s.loop, err = newLoop(); err != nil {
		log.Warn("cannot create the event loop", "error", err)
	}
	return s
}

// SetLimits replaces the limits. Open connections stay open.
func (s *Server) SetLimits(limits Limits) { s.admission.set(limits) }

// Connections returns the number of open connections, including those in a handshake and those that are closing.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Close closes the listeners, and closes every connection with final and reason, as Conn.Close does. Connections that
// are already closing keep their own last line. Close returns at once; call Wait to wait for the connections to end.
// They end when their peers have received everything that is queued; the peers do not need to close.
func (s *Server) Close(final []byte, reason error) {
	s.mu.Lock()
	s.closed = true
	s.leaving.Store(true)
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
		_ = l.Close() // an error means that it is already closed
	}
	for _, c := range conns {
		c.Close(final, reason)
	}
	FlushAll(conns)
	for _, c := range conns {
		c.rouse() // it may wait for its peer to close
	}
}

// Wait waits until no connection is open, but at most for timeout. It returns how many are still open.
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

// endLoop stops the loop once no connection can need it any more. Called with mu held.
func (s *Server) endLoop() {
	if s.loop != nil && s.closed && len(s.conns) == 0 {
		s.loop.stop()
	}
}

// add registers a connection, unless the server is closing.
func (s *Server) add(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

// remove unregisters a connection and releases its place in the limits.
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

package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Spec says where and how to listen.
type Spec struct {
	// Name is the name that Conn.Listener returns.
	Name string
	// Network is "tcp", "tcp4", "tcp6" or "unix".
	Network string
	// Address is host:port, or the path of a Unix socket.
	Address string
	// Socket, if set, is an open listening socket to use instead of Network and Address. The listener duplicates its
	// descriptor and does not close it.
	Socket *os.File
	// Mode is the permissions of a Unix socket; 0 means 0660.
	Mode fs.FileMode
	// TLS is set for a TLS listener. Its GetCertificate can return new certificates at any time. The minimum version is
	// at least TLS 1.2.
	TLS *tls.Config
	// Options are the initial options; SetOptions replaces them.
	Options Options
}

// keepAlive detects peers that disappear without closing. It can be slow, because sessions send PING themselves.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 2 * time.Minute, Interval: 30 * time.Second, Count: 4}

const (
	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
)

// Listener accepts connections until it is closed.
type Listener struct {
	name    string
	server  *Server
	log     *slog.Logger
	socket  net.Listener
	tls     *tls.Config
	options atomic.Pointer[Options]
	own     admission // counts the connections of this listener as if they came from one address
	once    sync.Once
	closed  chan struct{} // Close has been called
	done    chan struct{} // the accepting goroutine has ended
}

func (l *Listener) isUnix() bool { return l.socket.Addr().Network() == "unix" }

// Listen opens a listener and starts to accept connections. The context limits only the lookup of a host name.
func (s *Server) Listen(ctx context.Context, spec Spec) (*Listener, error) {
	l := &Listener{name: spec.Name, server: s, log: s.log, closed: make(chan struct{}), done: make(chan struct{})}
	l.SetOptions(spec.Options)
	if spec.TLS != nil {
		l.tls = spec.TLS.Clone()
		l.tls.MinVersion = max(l.tls.MinVersion, tls.VersionTLS12)
	}
	var err error
	switch {
	case spec.Socket != nil:
		l.socket, err = net.FileListener(spec.Socket)
	case spec.Network == "unix":
		l.socket, err = listenUnix(ctx, spec.Address, spec.Mode)
	case spec.Network == "tcp", spec.Network == "tcp4", spec.Network == "tcp6":
		config := net.ListenConfig{KeepAliveConfig: keepAlive}
		l.socket, err = config.Listen(ctx, spec.Network, spec.Address)
	default:
		err = net.UnknownNetworkError(spec.Network)
	}
	if err != nil {
		return nil, fmt.Errorf("listener %q: %w", spec.Name, err)
	}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.listeners[l] = struct{}{}
	}
	s.mu.Unlock()
	if closed {
		_ = l.socket.Close()
		return nil, fmt.Errorf("listener %q: %w", spec.Name, ErrShutdown)
	}
	// It ends when the listener is closed.
	go l.accept()
	return l, nil
}

// Name returns the listener's name.
func (l *Listener) Name() string { return l.name }

// Addr returns the address that the listener is open on. If the port was 0, it contains the port that the system chose.
func (l *Listener) Addr() net.Addr { return l.socket.Addr() }

// SetOptions replaces the options for new connections.
func (l *Listener) SetOptions(o Options) {
	l.own.set(Limits{PerAddress: o.Connections, Burst: o.Burst, Every: o.Every})
	l.options.Store(o.withDefaults())
}

// Close stops listening. When it returns, no more connections are accepted. Existing connections stay open.
func (l *Listener) Close() error {
	err := net.ErrClosed
	l.once.Do(func() {
		close(l.closed)
		err = l.socket.Close()
		<-l.done
		l.server.mu.Lock()
		delete(l.server.listeners, l)
		l.server.mu.Unlock()
	})
	return err
}

// accept is the accepting goroutine.
func (l *Listener) accept() {
	defer close(l.done)
	var pause time.Duration
	for {
		socket, err := l.socket.Accept()
		switch {
		case err == nil:
			if pause > 0 {
				pause = 0
				l.log.Info("accepting connections again", "listener", l.name)
			}
			l.take(socket)
			continue
		case errors.Is(err, net.ErrClosed):
			return
		case pause == 0: // log it only once, however long it lasts
			l.log.Error("cannot accept connections", "listener", l.name, "error", err)
		}
		pause = min(max(pause*2, acceptPauseMin), acceptPauseMax)
		select {
		case <-time.After(pause):
		case <-l.closed:
			return
		}
	}
}

// take accepts or refuses one connection. It does not block.
func (l *Listener) take(socket net.Conn) {
	raw, err := socket.(interface {
		SyscallConn() (syscall.RawConn, error)
	}).SyscallConn()
	if err != nil { // the connection was closed meanwhile
		_ = socket.Close()
		return
	}
	c := &Conn{socket: socket, raw: raw, listener: l, options: l.options.Load()}
	c.mostQueued = c.options.SendQueueBytes
	c.lastRead.Store(int64(now()))
	if err := l.admit(c); err != nil {
		l.refuse(c, err)
		return
	}
	if l.tls != nil {
		c.tls = newLayer(socket, l.tls)
	}
	if !l.server.add(c) {
		l.server.admission.release(c.slot)
		l.own.release(c.own)
		l.refuse(c, ErrShutdown)
		return
	}
	if c.options.Proxy {
		// It ends within Options.HandshakeTimeout.
		go c.introduce()
		return
	}
	c.begun()
}

// begun starts the goroutine of a connection, once the client's address is known.
func (c *Conn) begun() {
	switch {
	case c.tls != nil:
		// It ends within Options.HandshakeTimeout.
		go c.handshake()
		return
	case c.options.WebSocket != nil:
		// It ends within Options.HandshakeTimeout.
		go c.upgradePlain()
		return
	}
	c.serveOrAdopt()
}

// serveOrAdopt starts to serve a plain connection.
func (c *Conn) serveOrAdopt() {
	if c.adopt() {
		return
	}
	// It ends when the connection is closed.
	go c.serve()
}

// admit counts a connection for its listener and its address, or returns the reason for refusing it. The address of a
// proxy does not count, because the client's address will.
func (l *Listener) admit(c *Conn) (err error) {
	var peer netip.Addr
	if a, ok := c.socket.RemoteAddr().(*net.TCPAddr); ok && !c.options.Anonymous {
		ap := a.AddrPort()
		c.remote = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
		peer = c.remote.Addr().WithZone("")
	}
	if c.options.Proxy {
		if !c.options.trusts(c.socket.RemoteAddr()) {
			return ErrNotProxy
		}
		peer = netip.Addr{}
	}
	if ws := c.options.WebSocket; ws != nil && ws.trusts(peer) {
		peer = netip.Addr{}
	}
	if c.own, err = l.own.admit(netip.IPv4Unspecified(), now()); err != nil {
		if err == ErrTooFast {
			return ErrListenerTooFast
		}
		return ErrListenerFull
	}
	if c.slot, err = l.server.admission.admit(peer, now()); err != nil {
		l.own.release(c.own)
	}
	return err
}

// refuse sends the reason for refusing a connection, and closes it.
func (l *Listener) refuse(c *Conn, reason error) {
	l.reject(c, reason)
	_ = c.socket.Close()
}

// reject logs and sends the reason for refusing a connection. It does not wait if the socket is full.
func (l *Listener) reject(c *Conn, reason error) {
	l.log.Debug("connection refused", "listener", l.name, "remote", c.RemoteAddr(), "reason", reason)
	if reject := c.options.Reject; reject != nil && l.tls == nil {
		if line := reject(reason); len(line) > 0 {
			if c.options.WebSocket != nil {
				line = (&refusal{status: statusOf(reason), text: string(line)}).answer(false)
			}
			_ = c.raw.Write(func(fd uintptr) bool {
				_, _ = writeSocket(int(fd), line) // an error does not matter, since the connection is closed anyway
				return true
			})
		}
	}
}

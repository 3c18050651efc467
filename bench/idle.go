package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// tlsWorkers is how many TLS clients connect at once; see dialAhead.
	tlsWorkers = 500
	// greetBound is how long one client may take from connecting to the end of its greeting.
	greetBound = 30 * time.Second
)

// rest is what idle connections cost a server.
type rest struct {
	name        string
	connections int
	before      footprint // of the server alone
	atOnce      footprint // when the last connection had been greeted
	after       footprint // when they had been idle for a while
	connecting  int64     // CPU time for connecting and registering them all, in nanoseconds
	resting     float64   // CPU time in each second of the wait, in nanoseconds
}

// each divides what was used by the connections.
func (r rest) each(before, after int64) float64 {
	return float64(after-before) / float64(r.connections)
}

// compareIdle starts one server after the other, connects and registers the clients, leaves them alone for a while, and looks at the memory. It does so
// once: memory does not depend on what else the machine does.
func compareIdle(b *bench, sc scenario) error {
	if need := sc.clients + spareFiles; need > b.files {
		return fmt.Errorf("scenario %s needs %d open files, the system allows %d (ulimit -n)", sc.name, need, b.files)
	}
	var results []rest
	for _, c := range b.contestants {
		r, err := b.restOf(c, sc)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	printIdle(b.out, sc, results, b.settle)
	return nil
}

func (b *bench) restOf(c contestant, sc scenario) (r rest, err error) {
	s, err := b.start(c)
	if err != nil {
		return r, err
	}
	defer s.server.stop()
	defer s.close()
	r.name, r.connections = c.name, sc.clients
	if r.before, err = footprintOf(s.server.pid); err != nil {
		return r, err
	}
	started, err := usageOf(s.server.pid)
	if err != nil {
		return r, err
	}
	if sc.secure {
		var hold []net.Conn
		defer func() {
			for _, conn := range hold {
				_ = conn.Close() // idle: nothing is lost with it
			}
		}()
		hold, err = greetTLS(b.ctx, s.server.secure, sc.clients)
	} else {
		err = s.setUp(b.ctx, sc.clients, sc.clients, false)
	}
	if err != nil {
		return r, err
	}
	if r.atOnce, err = footprintOf(s.server.pid); err != nil {
		return r, err
	}
	connected, err := usageOf(s.server.pid)
	if err != nil {
		return r, err
	}
	fmt.Fprintf(b.progress, "%s %s: %d connections, waiting %s\n", sc.name, c.name, sc.clients, b.settle)
	if err := s.leaveAlone(b.ctx, b.settle); err != nil {
		return r, err
	}
	rested, err := usageOf(s.server.pid)
	if err != nil {
		return r, err
	}
	r.connecting = connected.minus(started).nanoseconds
	r.resting = float64(rested.minus(connected).nanoseconds) / b.settle.Seconds()
	r.after, err = footprintOf(s.server.pid)
	return r, err
}

// leaveAlone waits. That the server drops anybody is an error.
func (s *swarm) leaveAlone(ctx context.Context, wait time.Duration) error {
	for end := time.Now().Add(wait); time.Now().Before(end); {
		// A swarm without clients waits here too.
		if _, err := s.wait(func(int, []byte) {}); err != nil {
			return err
		}
		if err := s.sound(ctx); err != nil {
			return err
		}
		if s.closed > 0 {
			return fmt.Errorf("%s has ended %d idle connections", s.server.name, s.closed)
		}
	}
	return nil
}

// greetTLS makes n connections over TLS and registers each. What the loader needs to go on with the encryption is dropped then: these connections are
// only held. On an error it returns those that are open, too.
func greetTLS(ctx context.Context, server netip.AddrPort, n int) ([]net.Conn, error) {
	conns := make([]net.Conn, n)
	errs := make([]error, tlsWorkers)
	var next atomic.Int64
	var workers sync.WaitGroup
	for w := range tlsWorkers {
		workers.Go(func() { // ends when all have been made, or with its first error
			for i := int(next.Add(1)) - 1; i < n && errs[w] == nil; i = int(next.Add(1)) - 1 {
				conns[i], errs[w] = greet(ctx, server, i)
			}
		})
	}
	workers.Wait()
	var open []net.Conn
	for _, conn := range conns {
		if conn != nil {
			open = append(open, conn)
		}
	}
	return open, errors.Join(errs...)
}

// choosePortLate is for the TLS clients what prepare does for the others.
func choosePortLate(_, _ string, socket syscall.RawConn) error {
	var failed error
	err := socket.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
	return errors.Join(err, failed)
}

// greet connects client i over TLS and registers it.
func greet(ctx context.Context, server netip.AddrPort, i int) (net.Conn, error) {
	source := sourceOf(i)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: source[:]}, Timeout: greetBound, Control: choosePortLate}
	conn, err := dialer.DialContext(ctx, "tcp", server.String())
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(greetBound)); err != nil {
		return conn, err
	}
	secure := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // the certificate was made a moment ago, by this program
	if _, err := secure.Write(registration(fmt.Sprintf("b%d", i))); err != nil {
		return conn, fmt.Errorf("client %d: %w", i, err)
	}
	lines := bufio.NewReader(secure)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return conn, fmt.Errorf("client %d was not greeted: %w", i, err)
		}
		if greeted[command(line)] {
			return conn, nil
		}
	}
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	startBound = 20 * time.Second // how long a server may take to listen
	stopBound  = 10 * time.Second // how long it may take to end before it is killed
	startPoll  = 20 * time.Millisecond
)

// server is a running contestant.
type server struct {
	contestant
	setting
	pid    int
	cmd    *exec.Cmd
	output *tail
	ended  chan struct{} // closed when the process has ended
}

// launch starts a contestant with a configuration of its own in a new folder under dir, and returns when it listens. The certificate's files are in dir.
func launch(ctx context.Context, c contestant, dir, certificate, key string) (*server, error) {
	own, err := os.MkdirTemp(dir, c.name+"-")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	s := &server{contestant: c, output: new(tail), ended: make(chan struct{})}
	s.setting = setting{plain: ports[0], secure: ports[1], certificate: certificate, key: key, dir: own}
	file := filepath.Join(own, "bench.conf")
	if err := os.WriteFile(file, []byte(c.configure(s.setting)), 0o600); err != nil {
		return nil, err
	}
	s.cmd = exec.Command(c.program, c.arguments(file)...)
	s.cmd.Dir = own
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL} // it never outlives this program
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", c.name, err)
	}
	s.pid = s.cmd.Process.Pid
	go func() { // ends when the process has ended, which stop sees to
		defer close(s.ended)
		_ = s.cmd.Wait() // how it ended is of interest only when it was not asked to, and then its output is shown
	}()
	for _, address := range ports {
		if err := s.await(ctx, address); err != nil {
			s.stop()
			return nil, err
		}
	}
	return s, nil
}

// await waits until the server accepts connections at an address.
func (s *server) await(ctx context.Context, address netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(ctx, startBound)
	defer cancel()
	poll := time.NewTicker(startPoll)
	defer poll.Stop()
	for {
		var dialer net.Dialer
		if conn, err := dialer.DialContext(ctx, "tcp", address.String()); err == nil {
			return conn.Close()
		}
		select {
		case <-poll.C:
		case <-s.ended:
			return fmt.Errorf("%s ended at once; it said:\n%s", s.name, s.output)
		case <-ctx.Done():
			return fmt.Errorf("%s does not listen on %s: %w; it said:\n%s", s.name, address, ctx.Err(), s.output)
		}
	}
}

// alive is an error when the process has ended.
func (s *server) alive() error {
	select {
	case <-s.ended:
		return fmt.Errorf("%s has ended by itself (%s); it said:\n%s", s.name, s.cmd.ProcessState, s.output)
	default:
		return nil
	}
}

// stop ends the process: it is asked to, and killed when it takes too long.
func (s *server) stop() {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = s.cmd.Process.Signal(signal) // fails when it has ended
		select {
		case <-s.ended:
			return
		case <-time.After(stopBound):
		}
	}
}

// freePorts finds TCP ports of the loopback interface that nobody uses. They are free again when it returns: somebody else might be faster, and
// then the server says so and the run ends.
func freePorts(n int) ([]netip.AddrPort, error) {
	var ports []netip.AddrPort
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("cannot find a free port: %w", err)
		}
		defer l.Close() // only now, so that all are different
		ports = append(ports, l.Addr().(*net.TCPAddr).AddrPort())
	}
	return ports, nil
}

// tailBytes is how much is kept of what a server prints.
const tailBytes = 4 << 10

// tail keeps the end of what is written to it.
type tail struct {
	// mu is where the goroutine of exec.Cmd that copies the output and whoever reports an error meet.
	mu   sync.Mutex
	kept []byte
}

// Write keeps b, and drops the oldest of what is too much. It never fails.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b...)
	if excess := len(t.kept) - tailBytes; excess > 0 {
		t.kept = append(t.kept[:0], t.kept[excess:]...)
	}
	return len(b), nil
}

// String is what was kept, without space around it.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.kept))
}

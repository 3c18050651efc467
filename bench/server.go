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
	startBound = 20 * time.Second // how long a server can take to start listening
	stopBound  = 10 * time.Second // how long it can take to end before it is killed
	startPoll  = 20 * time.Millisecond
)

// server is a running contestant.
type server struct {
	contestant
	setting
	pid    int
	cmd    *exec.Cmd
	output *tail
	ended  chan struct{} // closed when the process ends
}

// launch starts a contestant with its own configuration in a new directory below dir, and returns when the server
// listens. The certificate's files are in dir.
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
	s.setting = setting{plain: ports[0], secure: ports[1], certificate: certificate, key: key, dir: own, storage: c.storage, keepsNothing: c.keepsNothing}
	file := filepath.Join(own, "bench.conf")
	if err := os.WriteFile(file, []byte(c.configure(s.setting)), 0o600); err != nil {
		return nil, err
	}
	s.cmd = exec.Command(c.program, c.arguments(file)...)
	s.cmd.Dir = own
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL} // the server must not outlive this program
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", c.name, err)
	}
	s.pid = s.cmd.Process.Pid
	go func() { // ends when the process ends, which stop ensures
		defer close(s.ended)
		_ = s.cmd.Wait() // its output says more than its exit code
	}()
	for _, address := range ports {
		if err := s.await(ctx, address); err != nil {
			s.stop()
			return nil, err
		}
	}
	return s, nil
}

// await waits until the server accepts connections on an address.
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
			return fmt.Errorf("%s ended at once; its output:\n%s", s.name, s.output)
		case <-ctx.Done():
			return fmt.Errorf("%s does not listen on %s: %w; its output:\n%s", s.name, address, ctx.Err(), s.output)
		}
	}
}

// alive returns an error if the process has ended.
func (s *server) alive() error {
	select {
	case <-s.ended:
		return fmt.Errorf("%s ended by itself (%s); its output:\n%s", s.name, s.cmd.ProcessState, s.output)
	default:
		return nil
	}
}

// stop asks the process to end, and kills it if it takes too long.
func (s *server) stop() {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = s.cmd.Process.Signal(signal) // fails if the process has ended
		select {
		case <-s.ended:
			return
		case <-time.After(stopBound):
		}
	}
}

// freePorts returns free TCP ports of the loopback interface. A different program could take one before the server
// does. Then the server reports it, and the run ends.
func freePorts(n int) ([]netip.AddrPort, error) {
	var ports []netip.AddrPort
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("cannot find a free port: %w", err)
		}
		defer l.Close() // close them together at the end, so that they differ
		ports = append(ports, l.Addr().(*net.TCPAddr).AddrPort())
	}
	return ports, nil
}

// tailBytes is how much of a server's output is kept.
const tailBytes = 4 << 10

// tail keeps the end of what is written to it.
type tail struct {
	// mu protects text between the goroutine of exec.Cmd that copies the output and a goroutine that reports an error.
	mu   sync.Mutex
	kept []byte
}

// Write appends b, and drops the oldest text beyond the limit. It never fails.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b...)
	if excess := len(t.kept) - tailBytes; excess > 0 {
		t.kept = append(t.kept[:0], t.kept[excess:]...)
	}
	return len(b), nil
}

// String returns the text, without surrounding space.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.kept))
}

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// relay is a minimal server in the test's own process. It sends a welcome, answers JOIN and PING, and passes each line
// on to all others once. One message can be spoilt: it is passed on a different number of times.
type relay struct {
	listener net.Listener
	spoilt   int // which message, counting from 1; 0 means none
	copies   int
	events   chan func(r *relay)

	conns    map[net.Conn]bool
	messages int
}

func newRelay(t *testing.T, spoilt, copies int) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return relayAt(t, l, spoilt, copies)
}

// newSecureRelay starts a relay with TLS.
func newSecureRelay(t *testing.T) *relay {
	certificate, key, err := writeCertificate(t.TempDir())
	require.NoError(t, err)
	pair, err := tls.LoadX509KeyPair(certificate, key)
	require.NoError(t, err)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	require.NoError(t, err)
	return relayAt(t, l, 0, 0)
}

func relayAt(t *testing.T, l net.Listener, spoilt, copies int) *relay {
	r := &relay{listener: l, spoilt: spoilt, copies: copies, events: make(chan func(*relay)), conns: make(map[net.Conn]bool)}
	done := make(chan struct{})
	go func() { // the only goroutine that uses the state; ends with the test
		for {
			select {
			case e := <-r.events:
				e(r)
			case <-done:
				for conn := range r.conns {
					_ = conn.Close()
				}
				return
			}
		}
	}()
	go func() { // ends when the listener is closed
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(conn, done) // ends when the connection is closed
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		close(done)
	})
	return r
}

func (r *relay) do(done chan struct{}, e func(*relay)) {
	select {
	case r.events <- e:
	case <-done:
	}
}

func (r *relay) serve(conn net.Conn, done chan struct{}) {
	r.do(done, func(r *relay) { r.conns[conn] = true })
	var tail []byte
	buf := make([]byte, 1000)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		tail = eachLine(tail, buf[:n], func(line []byte) {
			line = bytes.Clone(line)
			r.do(done, func(r *relay) { r.handle(conn, line) })
		})
	}
}

func (r *relay) handle(from net.Conn, line []byte) {
	answer := func(text string) { _, _ = from.Write([]byte(":relay " + text + "\r\n")) }
	switch command(line) {
	case "USER":
		answer("001 x :Welcome")
		answer("422 x :No MOTD")
	case "JOIN":
		answer("366 x #bench0 :End")
	case "PING":
		answer("PONG relay :bench")
	case "PRIVMSG":
		r.messages++
		times := 1
		if r.messages == r.spoilt {
			times = r.copies
		}
		for conn := range r.conns {
			if conn != from {
				_, _ = conn.Write(bytes.Repeat(fmt.Appendf(nil, ":x!x@x %s\r\n", line), times))
			}
		}
	}
}

// swarmOf returns a swarm for a relay. The process that is measured is a separate one that sleeps.
func swarmOf(t *testing.T, r *relay, n int) *swarm {
	s := newSwarmOf(t, r)
	require.NoError(t, s.setUp(t.Context(), n, n, true))
	s.listen()
	return s
}

func newSwarmOf(t *testing.T, r *relay) *swarm {
	cmd := exec.Command("sleep", "60")
	require.NoError(t, cmd.Start())
	server := &server{contestant: contestant{name: "relay"}, cmd: cmd, pid: cmd.Process.Pid, output: new(tail), ended: make(chan struct{})}
	go func() { // ends with the process
		defer close(server.ended)
		_ = cmd.Wait()
	}()
	server.plain = r.listener.Addr().(*net.TCPAddr).AddrPort()
	server.secure = server.plain
	s, err := newSwarm(server)
	require.NoError(t, err)
	t.Cleanup(func() {
		s.close()
		server.stop()
	})
	return s
}

func TestTalkOverTLS(t *testing.T) {
	s := newSwarmOf(t, newSecureRelay(t))
	s.secure = true
	require.NoError(t, s.setUp(t.Context(), 3, 3, true))
	s.listen()
	got, err := s.talk(t.Context(), load{window: 5}, 50*time.Millisecond)
	require.NoError(t, err)
	require.Positive(t, got.sent)
	require.Equal(t, got.sent*2, got.delivered)
	require.Zero(t, got.lost)
	require.Equal(t, got.delivered, got.latency.total)
	require.Greater(t, s.receivedBytes, got.delivered*textBytes)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	fd, err := dial(l.Addr().(*net.TCPAddr).AddrPort(), sourceOf(0))
	require.NoError(t, err)
	defer unix.Close(fd)
	conn, err := l.Accept()
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte(":relay NOTICE * :this is not TLS\r\n"))
	require.NoError(t, err)
	_, err = shakeHands(fd)
	require.ErrorContains(t, err, "TLS handshake")
}

func TestTalkIsCounted(t *testing.T) {
	for name, l := range map[string]load{
		"paced":              {rate: 500},
		"saturated":          {window: 3},
		"saturated speakers": {window: 20, speakers: 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := swarmOf(t, newRelay(t, 0, 0), 5)
			for range 2 { // the second slice starts where the first one ended
				got, err := s.talk(t.Context(), l, 50*time.Millisecond)
				require.NoError(t, err)
				require.Positive(t, got.sent)
				require.Equal(t, got.sent*4, got.delivered)
				require.Zero(t, got.lost)
				require.Zero(t, got.closed)
				require.Equal(t, got.delivered, got.latency.total, "five clients are all ears")
				require.Positive(t, got.latency.quantile(0.5))
				require.Positive(t, got.elapsed)
				require.Positive(t, got.loader)
				if l.rate > 0 {
					require.LessOrEqual(t, got.sent, int64(l.rate)*int64(got.elapsed+pollBound)/int64(time.Second)+1)
				}
			}
		})
	}
}

func TestLostAndUnaskedLinesAreTold(t *testing.T) {
	for name, row := range map[string]struct {
		copies int
		lost   int64
	}{"lost": {0, 3}, "unasked": {2, -3}} {
		t.Run(name, func(t *testing.T) {
			s := swarmOf(t, newRelay(t, 3, row.copies), 4)
			s.patience = 200 * time.Millisecond
			got, err := s.talk(t.Context(), load{rate: 200}, 100*time.Millisecond)
			require.NoError(t, err)
			require.Greater(t, got.sent, int64(3))
			require.Equal(t, row.lost, got.lost)
			require.Equal(t, got.sent*3-row.lost, got.delivered)
			require.Equal(t, "3 "+name, lostOf([]*slice{got}))
		})
	}
}

func TestEndedConnectionsAreTold(t *testing.T) {
	r := newRelay(t, 0, 0)
	s := swarmOf(t, r, 3)
	s.patience = 200 * time.Millisecond
	closed := make(chan error)
	r.events <- func(r *relay) {
		for conn := range r.conns {
			closed <- conn.Close()
			return
		}
	}
	require.NoError(t, <-closed)
	got, err := s.talk(t.Context(), load{rate: 100}, 50*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, 1, got.closed)
	require.Contains(t, lostOf([]*slice{got}), "1 closed")
}

func TestInterruptEndsALoad(t *testing.T) {
	s := swarmOf(t, newRelay(t, 0, 0), 2)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.talk(ctx, load{rate: 1}, time.Hour)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.talk(ctx, load{window: 1}, time.Hour)
	require.ErrorIs(t, err, context.Canceled)
}

func TestPairsWriteToEachOther(t *testing.T) {
	s := &swarm{clients: []client{{fd: -1, nick: "b0"}, {fd: -1, nick: "b1"}}, groups: []group{{members: []int32{0, 1}}}}
	tk := &talker{swarm: s, start: time.Now()}
	for _, target := range []string{"b1", "b0", "b1"} {
		require.NoError(t, tk.speak(&s.groups[0], 1))
		require.Contains(t, string(tk.line), "PRIVMSG "+target+" ")
	}
	require.EqualValues(t, 3, s.groups[0].outstanding())
}

func TestWhatASocketDoesNotTakeIsSentLater(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	defer unix.Close(pair[1])
	s := &swarm{clients: []client{{fd: pair[0]}}}
	defer s.drop(0)
	var want, got []byte
	for i := 0; len(s.clients[0].pending) < 100; i++ {
		line := fmt.Appendf(nil, "line %d %s\n", i, filler)
		want = append(want, line...)
		require.NoError(t, s.send(0, line))
	}
	buf := make([]byte, 8<<10)
	for len(got) < len(want) {
		n, closed, err := readSocket(pair[1], buf)
		require.NoError(t, err)
		require.False(t, closed)
		got = append(got, buf[:n]...)
		require.NoError(t, s.resume(0))
	}
	require.Equal(t, want, got)
	require.Empty(t, s.clients[0].pending)

	require.NoError(t, unix.Shutdown(pair[1], unix.SHUT_RD))
	require.NoError(t, s.send(0, []byte("x")))
	require.Equal(t, 1, s.closed, "a server that ended the connection does not end the run")
}

func TestSourceAddresses(t *testing.T) {
	require.Equal(t, [4]byte{127, 0, 0, 1}, sourceOf(0))
	require.Equal(t, [4]byte{127, 0, 0, 1}, sourceOf(perAddress-1))
	require.Equal(t, [4]byte{127, 0, 0, 2}, sourceOf(perAddress))

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	fd, err := dial(l.Addr().(*net.TCPAddr).AddrPort(), [4]byte{127, 0, 0, 9})
	require.NoError(t, err)
	defer unix.Close(fd)
	conn, err := l.Accept()
	require.NoError(t, err)
	defer conn.Close()
	require.Equal(t, netip.MustParseAddr("127.0.0.9"), conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr())

	_ = l.Close()
	_, err = dial(l.Addr().(*net.TCPAddr).AddrPort(), [4]byte{127, 0, 0, 9})
	require.ErrorIs(t, err, unix.ECONNREFUSED)
}

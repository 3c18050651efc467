package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestIPv6(t *testing.T) {
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skip("no IPv6 here")
	} else {
		_ = l.Close()
	}
	r := newRig(t, Limits{}, Spec{Network: "tcp6", Address: "[::1]:0"}, nil)
	_, p := r.dial(t)
	require.Equal(t, netip.IPv6Loopback(), p.conn.RemoteAddr().Addr())
}

func TestUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	spec := Spec{Name: "local", Network: "unix", Address: path, Mode: 0o600}
	r := newRig(t, Limits{PerAddress: 1}, spec, nil)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.ModeSocket|0o600, info.Mode())
	peer, p := r.dial(t)
	r.dial(t) // the limit per address does not apply to Unix sockets
	require.Zero(t, p.conn.RemoteAddr())
	write(t, peer, "hello\n")
	require.Equal(t, "line hello", p.next(t))
	p.conn.Close([]byte("bye\n"), io.EOF)
	p.conn.Flush()
	got, err := io.ReadAll(peer)
	require.NoError(t, err)
	require.Equal(t, "bye\n", string(got))

	_, err = r.Listen(context.Background(), spec)
	require.ErrorIs(t, err, syscall.EADDRINUSE, "somebody listens")
}

// TestUnixStale checks that the socket file of a dead process is replaced, and that other files are not.
func TestUnixStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
	r := newRig(t, Limits{}, Spec{Network: "unix", Address: path}, nil)
	r.dial(t)

	file := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(file, []byte("precious"), 0o600))
	_, err = r.Listen(context.Background(), Spec{Name: "bad", Network: "unix", Address: file})
	require.ErrorContains(t, err, `listener "bad"`)
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "precious", string(kept))
}

func TestListenErrors(t *testing.T) {
	r := newRig(t, Limits{}, Spec{}, nil)
	_, err := r.Listen(context.Background(), Spec{Network: "udp", Address: "127.0.0.1:0"})
	require.ErrorContains(t, err, "unknown network")
	_, err = r.Listen(context.Background(), Spec{Network: "tcp", Address: r.listener.Addr().String()})
	require.ErrorIs(t, err, syscall.EADDRINUSE)
}

// TestListenerClose checks that Close keeps connections open and frees the port.
func TestListenerClose(t *testing.T) {
	r := newRig(t, Limits{}, Spec{Name: "l"}, nil)
	require.Equal(t, "l", r.listener.Name())
	peer, p := r.dial(t)
	address := r.listener.Addr().String()
	require.NoError(t, r.listener.Close())
	require.ErrorIs(t, r.listener.Close(), net.ErrClosed)
	_, err := net.Dial("tcp", address)
	require.Error(t, err)
	write(t, peer, "still here\n")
	require.Equal(t, "line still here", p.next(t))
	again, err := r.Listen(context.Background(), Spec{Network: "tcp", Address: address})
	require.NoError(t, err)
	require.Equal(t, address, again.Addr().String())
}

// TestSetOptions checks that new connections get the new options, and that old ones keep theirs.
func TestSetOptions(t *testing.T) {
	r := newRig(t, Limits{}, Spec{}, nil)
	before, p := r.dial(t)
	r.listener.SetOptions(Options{LineBytes: 3})
	after, q := r.dial(t)
	write(t, before, "1234\n")
	write(t, after, "1234\n")
	require.Equal(t, "line 1234", p.next(t))
	require.Equal(t, "overlong", q.next(t))
}

// TestRefused checks that a refused connection gets the reason and is closed, and that a released place can be taken
// again.
func TestRefused(t *testing.T) {
	spec := Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{
		Reject: func(reason error) []byte { return []byte("ERROR :" + reason.Error() + "\r\n") },
	}}
	r := newRig(t, Limits{PerAddress: 1}, spec, nil)
	first, _ := r.dial(t)
	refused := func() string {
		peer, err := net.Dial("tcp", r.listener.Addr().String())
		require.NoError(t, err)
		defer func() { _ = peer.Close() }()
		got, err := io.ReadAll(peer)
		require.NoError(t, err)
		return string(got)
	}
	require.Equal(t, "ERROR :"+ErrAddressFull.Error()+"\r\n", refused())
	r.SetLimits(Limits{Connections: 1})
	require.Equal(t, "ERROR :"+ErrServerFull.Error()+"\r\n", refused())
	require.NoError(t, first.Close())
	until(t, "gone", func() bool { return r.Connections() == 0 })
	r.dial(t)
}

// failing is a listener that cannot accept connections for a while.
type failing struct {
	net.Listener
	failures atomic.Int32
}

func (f *failing) Accept() (net.Conn, error) {
	if f.failures.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

// TestAcceptErrors checks that errors in accepting are logged once, and that accepting continues.
func TestAcceptErrors(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	opened := make(chan *Conn, 1)
	s := NewServer(func(c *Conn) (Session, time.Duration) {
		opened <- c
		return quiet{new(atomic.Int64)}, 0
	}, Limits{}, log)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &failing{Listener: inner}
	f.failures.Store(4)
	l := &Listener{name: "f", server: s, log: log, socket: f, closed: make(chan struct{}), done: make(chan struct{})}
	l.SetOptions(Options{})
	go l.accept() // ends with l.Close
	peer, err := net.Dial("tcp", inner.Addr().String())
	require.NoError(t, err)
	<-opened
	require.NoError(t, peer.Close())
	require.NoError(t, l.Close())
	require.Equal(t, 1, strings.Count(out.String(), "cannot accept"), out.String())
	require.Equal(t, 1, strings.Count(out.String(), "accepting connections again"), out.String())
	s.Close(nil, net.ErrClosed)
	require.Zero(t, s.Wait(bound))
}

// TestServerClose checks that all clients get the final line after their queue, that no new ones are accepted, and that
// Wait returns.
func TestServerClose(t *testing.T) {
	r := newRig(t, Limits{}, Spec{}, nil)
	const n = 300
	var peers []net.Conn
	var probes []*probe
	for range n {
		peer, p := r.dial(t)
		peers, probes = append(peers, peer), append(probes, p)
		p.conn.Send([]byte("queued\n"))
	}
	require.Equal(t, n, r.Wait(time.Millisecond))
	reason := errors.New("shutdown")
	r.Close([]byte("ERROR :shutdown\n"), reason)
	for i, p := range probes {
		require.Equal(t, reason, p.reason(t))
		got, err := io.ReadAll(peers[i])
		require.NoError(t, err)
		require.Equal(t, "queued\nERROR :shutdown\n", string(got))
		require.NoError(t, peers[i].Close())
	}
	require.Zero(t, r.Wait(bound))
	_, err := r.Listen(context.Background(), Spec{Network: "tcp", Address: "127.0.0.1:0"})
	require.ErrorIs(t, err, ErrShutdown)
}

// TestServerCloseWaitsForNoPeer: a server that stops waits until its peers have received all, and not for them to
// close: not for those that keep their side open, and not for those that were closing before.
func TestServerCloseWaitsForNoPeer(t *testing.T) {
	kinds := map[string]func(t *testing.T, o Options) (r *rig, peer io.ReadCloser, p *probe){
		"plain": func(t *testing.T, o Options) (*rig, io.ReadCloser, *probe) {
			r := newRig(t, Limits{}, Spec{Options: o}, nil)
			peer, p := r.dial(t)
			return r, peer, p
		},
		"TLS": func(t *testing.T, o Options) (*rig, io.ReadCloser, *probe) {
			spec := tlsSpec(t)
			spec.Options = o
			r := newRig(t, Limits{}, spec, nil)
			peer, p := dialKind(t, r, true)
			return r, peer, p
		},
		"WebSocket": func(t *testing.T, o Options) (*rig, io.ReadCloser, *probe) {
			r := newRig(t, Limits{}, webSpec(t, false, WebSocket{}, o), nil)
			peer, p := r.upgrade(t, "", "")
			return r, peer, p
		},
		"Unix": func(t *testing.T, o Options) (*rig, io.ReadCloser, *probe) {
			r := newRig(t, Limits{}, Spec{Network: "unix", Address: filepath.Join(t.TempDir(), "s"), Options: o}, nil)
			peer, p := r.dial(t)
			return r, peer, p
		},
	}
	for name, dial := range kinds {
		options := Options{SendQueueBytes: 64 << 20, lingerBound: time.Hour, CloseBound: time.Hour}
		t.Run(name+" keeps its side open", func(t *testing.T) {
			r, peer, _ := dial(t, options)
			r.Close([]byte("ERROR :shutdown\n"), net.ErrClosed)
			require.Zero(t, r.Wait(bound))
			got, err := io.ReadAll(peer)
			require.NoError(t, err)
			require.Contains(t, string(got), "ERROR :shutdown")
		})
		t.Run(name+" reads slowly", func(t *testing.T) {
			r, peer, p := dial(t, options)
			stall(t, p.conn, []byte(strings.Repeat("x", 999)+"\n"))
			r.Close([]byte("ERROR :shutdown\n"), net.ErrClosed)
			require.Equal(t, 1, r.Wait(time.Millisecond), "not all is written")
			got, err := io.ReadAll(peer)
			require.NoError(t, err)
			require.Contains(t, string(got[len(got)-100:]), "ERROR :shutdown")
			require.Zero(t, r.Wait(bound))
		})
		t.Run(name+" was closing before", func(t *testing.T) {
			r, peer, p := dial(t, options)
			p.conn.Close([]byte("ERROR :bye\n"), io.EOF)
			p.conn.Flush()
			p.reason(t)
			_, err := io.ReadAll(peer)
			require.NoError(t, err)
			r.Close(nil, net.ErrClosed)
			require.Zero(t, r.Wait(bound))
		})
	}
}

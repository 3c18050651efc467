package transport

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestChaos runs senders, closers, overflows, panics and all kinds of misbehaving peers at the same time. Whatever
// happens, each session's Closed is called exactly once, all limits are released, and no goroutine is left.
func TestChaos(t *testing.T) {
	for kind := range 4 {
		secure, web := kind&1 == 1, kind&2 == 2
		t.Run(fmt.Sprintf("tls=%t websocket=%t", secure, web), func(t *testing.T) {
			base := runtime.NumGoroutine()
			spec := Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{
				LineBytes: 64, SendQueueBytes: 512 << 10, ReceiveQueueBytes: 256, CloseBound: 100 * time.Millisecond, restAfter: time.Millisecond,
			}}
			if secure {
				spec.TLS = serverConfig(t)
			}
			if web {
				spec.Options.WebSocket = &WebSocket{PingInterval: time.Millisecond}
			}
			r := newRig(t, Limits{PerAddress: 1000}, spec, chaotic)
			var peers, senders sync.WaitGroup
			var probes []*probe
			var conns []*Conn
			for i := range 60 {
				if web {
					peer, p := r.upgrade(t, "", "")
					probes, conns = append(probes, p), append(conns, p.conn)
					peers.Go(func() { misbehave(&chaoticWeb{peer.Conn}, i) }) // ends when its connection does
					continue
				}
				peer, p := dialKind(t, r, secure)
				probes, conns = append(probes, p), append(conns, p.conn)
				peers.Go(func() { misbehave(peer, i) }) // ends when its connection does
			}
			for i := range 4 {
				senders.Go(func() { sendAll(conns, uint64(i)) }) // ends after its lines
			}
			senders.Wait()
			r.Close([]byte("ERROR :end\r\n"), io.EOF)
			require.Zero(t, r.Wait(bound))
			for _, p := range probes {
				require.Error(t, p.reason(t))
				require.EqualValues(t, 1, p.ends.Load())
				require.False(t, p.conn.Send([]byte("late")))
				p.conn.Flush()
			}
			peers.Wait()
			r.admission.mu.Lock()
			require.Zero(t, r.admission.total)
			require.Zero(t, r.admission.busy)
			require.Empty(t, r.admission.slots)
			r.admission.mu.Unlock()
			until(t, "no goroutine left", func() bool { return runtime.NumGoroutine() <= base })
		})
	}
}

// chaotic sets up a session that waits, ticks, panics and quits at random.
func chaotic(p *probe) time.Duration {
	random := rand.New(rand.NewPCG(1, rand.Uint64()))
	p.line = func(p *probe, line string) time.Duration {
		switch n := random.IntN(400); {
		case n == 0:
			panic("chaos")
		case n == 1:
			p.conn.Close([]byte("bye\n"), io.ErrClosedPipe)
		case n < 50:
			return time.Millisecond
		}
		return 0
	}
	p.tick = func() time.Duration {
		if p.conn.Send([]byte("PING\n")) {
			p.conn.Flush()
		}
		return time.Duration(1 + random.IntN(int(2*time.Millisecond)))
	}
	return time.Millisecond
}

// chaoticWeb turns written bytes into frames, most of them valid.
type chaoticWeb struct{ net.Conn }

func (c *chaoticWeb) Write(p []byte) (int, error) {
	var frames string
	switch n := rand.IntN(300); {
	case n == 0:
		frames = string(p) // which is not a frame
	case n == 1:
		frames = frame(0x88, "\x03\xE8bye")
	case n == 2:
		_, _ = io.WriteString(c.Conn, "\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFmask") // the header of the longest possible message, which never follows
		return 0, io.ErrShortWrite
	case n < 50:
		frames = frame(0x89, "are you there?")
	case n < 100:
		frames = frame(0x02, string(p[:len(p)/2])) + frame(0x8A, "") + frame(0x80, string(p[len(p)/2:]))
	case n < 110: // too long if the line is long
		frames = frame(0x82, string(p))
	default:
		frames = frame(0x82, string(p[:min(len(p), 50)]))
	}
	_, err := io.WriteString(c.Conn, frames)
	return len(p), err
}

// misbehave runs a peer of the i-th kind.
func misbehave(peer net.Conn, i int) {
	defer func() { _ = peer.Close() }()
	switch i % 6 {
	case 0: // reads everything
		_, _ = io.Copy(io.Discard, peer)
	case 1: // does not read for a long time, but writes
		for range 200 {
			if _, err := io.WriteString(peer, "a line\r\n"); err != nil {
				return
			}
		}
	case 2: // resets
		_, _ = io.CopyN(io.Discard, peer, 10_000)
		if t, ok := peer.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
	case 3: // sends junk while it reads
		go func() { // ends when the connection does
			for {
				if _, err := io.WriteString(peer, "\x00junk\n\n"+strings.Repeat("x", 100)+"\nmore"); err != nil {
					return
				}
			}
		}()
		_, _ = io.Copy(io.Discard, peer)
	case 4: // closes its half, and keeps reading
		_, _ = io.WriteString(peer, "one\ntwo\nthree\n")
		if half, ok := peer.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
		_, _ = io.Copy(io.Discard, peer)
	case 5: // reads slowly
		for buf := make([]byte, 700); ; {
			if _, err := peer.Read(buf); err != nil {
				return
			}
			runtime.Gosched()
		}
	}
}

// sendAll sends lines to all connections, closes some, and flushes those that it must flush.
func sendAll(conns []*Conn, seed uint64) {
	random := rand.New(rand.NewPCG(2, seed))
	line := []byte(strings.Repeat("y", 1500) + "\n")
	dirty := make([]*Conn, 0, len(conns))
	for range 1000 {
		dirty = dirty[:0]
		for _, c := range conns {
			if c.Send(line) {
				dirty = append(dirty, c)
			}
		}
		if c := conns[random.IntN(len(conns))]; random.IntN(100) == 0 {
			c.Close([]byte("killed\n"), io.ErrNoProgress)
			dirty = append(dirty, c)
		}
		FlushAll(dirty)
	}
}

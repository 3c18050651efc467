package transport

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// quiet is a session that only counts lines.
type quiet struct{ lines *atomic.Int64 }

func (q quiet) Line([]byte) time.Duration { q.lines.Add(1); return 0 }
func (quiet) Overlong() time.Duration     { return 0 }
func (quiet) Batch()                      {}
func (quiet) Tick() time.Duration         { return 90 * time.Second }
func (quiet) Closed(error)                {}

// deep is a quiet session whose lines use as much stack as those of a real session.
type deep struct{ quiet }

func (d deep) Line(line []byte) time.Duration {
	dig(12)
	return d.quiet.Line(line)
}

//go:noinline
func dig(kib int) byte {
	var frame [1024]byte
	frame[kib] = 1
	if kib == 0 {
		return frame[0]
	}
	return frame[kib] + dig(kib-1)
}

// quietServer starts a server of quiet sessions, with n connections to it.
func quietServer(t testing.TB, n int, config *tls.Config) (conns []*Conn, peers []net.Conn, lines *atomic.Int64) {
	t.Helper()
	lines = new(atomic.Int64)
	opened := make(chan *Conn, n)
	s := NewServer(func(c *Conn) (Session, time.Duration) {
		opened <- c
		return quiet{lines}, 90 * time.Second
	}, Limits{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	l, err := s.Listen(t.Context(), Spec{Network: "tcp", Address: "127.0.0.1:0", TLS: config})
	require.NoError(t, err)
	for range n {
		peer, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		if config != nil {
			peer = tls.Client(peer, &tls.Config{InsecureSkipVerify: true})
			require.NoError(t, peer.(*tls.Conn).Handshake())
		}
		peers = append(peers, peer)
		conns = append(conns, <-opened)
	}
	t.Cleanup(func() {
		for _, p := range peers {
			_ = p.Close()
		}
		s.Close(nil, net.ErrClosed)
		require.Zero(t, s.Wait(bound))
	})
	return conns, peers, lines
}

func drainPeers(peers []net.Conn, received *atomic.Int64) {
	for _, p := range peers {
		go func() { // ends when the connection is closed
			buf := make([]byte, 16<<10)
			for {
				n, err := p.Read(buf)
				received.Add(int64(n))
				if err != nil {
					return
				}
			}
		}()
	}
}

var benchLine = []byte(":alice!alice@host.example PRIVMSG #channel :" + strings.Repeat("x", 60) + "\r\n")

// BenchmarkSendFlush sends each line to one recipient. An operation is a delivered line.
func BenchmarkSendFlush(b *testing.B) {
	for _, kind := range []string{"plain", "tls"} {
		b.Run(kind, func(b *testing.B) {
			var config *tls.Config
			if kind == "tls" {
				config = serverConfig(b)
			}
			conns, peers, _ := quietServer(b, 1, config)
			var received atomic.Int64
			drainPeers(peers, &received)
			b.ReportAllocs()
			for b.Loop() {
				for conns[0].stalled() {
					runtime.Gosched()
				}
				conns[0].Send(benchLine)
				conns[0].Flush()
			}
		})
	}
}

// BenchmarkSend measures the part of sending that happens while the state's lock is held.
func BenchmarkSend(b *testing.B) {
	conns, _, _ := quietServer(b, 1, nil)
	c := conns[0]
	b.ReportAllocs()
	for b.Loop() {
		c.Send(benchLine)
		c.mu.Lock() // as if a flush had taken it
		c.waiting.release()
		c.queued, c.dirty = 0, false
		c.mu.Unlock()
	}
}

// BenchmarkFanOut sends each line to a thousand recipients. The metrics are per delivered line.
func BenchmarkFanOut(b *testing.B) {
	const n = 1000
	for _, burst := range []int{1, 8} {
		b.Run(fmt.Sprintf("lines=%d", burst), func(b *testing.B) {
			conns, peers, _ := quietServer(b, n, nil)
			var received atomic.Int64
			drainPeers(peers, &received)
			dirty := make([]*Conn, 0, n)
			var sent int64
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				dirty = dirty[:0]
				for range burst {
					for _, c := range conns {
						if c.Send(benchLine) {
							dirty = append(dirty, c)
						}
					}
				}
				FlushAll(dirty)
				sent += int64(n * burst * len(benchLine))
				for received.Load() < sent {
					runtime.Gosched()
				}
			}
			runtime.ReadMemStats(&after)
			delivered := float64(b.N) * n * float64(burst)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/delivered, "ns/line")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/delivered, "allocs/line")
		})
	}
}

// BenchmarkLines measures reading. An operation is a line that arrives.
func BenchmarkLines(b *testing.B) {
	conns, peers, lines := quietServer(b, 1, nil)
	require.Len(b, conns, 1)
	block := bytes.Repeat([]byte("PRIVMSG #channel :hello to all of you there\r\n"), 64)
	b.SetBytes(int64(len(block) / 64))
	b.ReportAllocs()
	var sent int64
	for b.Loop() {
		if sent%64 == 0 {
			_, err := peers[0].Write(block)
			require.NoError(b, err)
		}
		sent++
	}
	for lines.Load() < sent {
		runtime.Gosched()
	}
}

// BenchmarkIdleMemory reports the process's memory per idle connection, after each has sent a line. The peers are a
// different process, this test binary again, so that their memory does not count.
func BenchmarkIdleMemory(b *testing.B) {
	for _, kind := range []string{"plain", "tls"} {
		b.Run(kind, func(b *testing.B) {
			const n = 4000
			for b.Loop() {
				before, after, goroutines := idleMemory(b, n, kind == "tls")
				b.ReportMetric(float64(after.rss-before.rss)/n, "RSS-B/conn")
				b.ReportMetric(float64(after.heap-before.heap)/n, "heap-B/conn")
				b.ReportMetric(float64(after.stack-before.stack)/n, "stack-B/conn")
				b.ReportMetric(float64(goroutines)/n, "goroutines/conn")
			}
		})
	}
}

type memory struct{ rss, heap, stack int64 }

func measure(t testing.TB) memory {
	t.Helper()
	for range 4 { // each collection halves the stacks
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc here")
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	require.NoError(t, err)
	return memory{rss: pages * int64(os.Getpagesize()), heap: int64(m.HeapInuse), stack: int64(m.StackInuse)}
}

func idleMemory(b *testing.B, n int, secure bool) (before, after memory, goroutines int) {
	var base int
	elsewhere(b, n, secure, func() {
		before, base = measure(b), runtime.NumGoroutine()
	}, func([]*Conn) {
		for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); {
			after, goroutines = measure(b), runtime.NumGoroutine()-base
			if after.stack-before.stack < int64(n)*2500 { // all connections have a new stack
				break
			}
		}
	})
	return before, after, goroutines
}

// elsewhere runs a server whose n peers are in a different process, this test binary again. Once all are connected, it
// calls with.
func elsewhere(b *testing.B, n int, secure bool, before func(), with func(conns []*Conn)) {
	b.Helper()
	opened := make(chan *Conn, n)
	lines := new(atomic.Int64)
	s := NewServer(func(c *Conn) (Session, time.Duration) {
		opened <- c
		return deep{quiet{lines}}, 90 * time.Second
	}, Limits{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	spec := Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{restAfter: 50 * time.Millisecond}}
	if secure {
		spec.TLS = serverConfig(b)
	}
	l, err := s.Listen(b.Context(), spec)
	require.NoError(b, err)
	before()
	r, w, err := os.Pipe()
	require.NoError(b, err)
	self, err := os.Executable()
	require.NoError(b, err)
	peer, err := os.StartProcess(self, []string{self}, &os.ProcAttr{
		Env:   append(os.Environ(), fmt.Sprintf("%s=%d %s %t", peersVariable, n, l.Addr(), secure)),
		Files: []*os.File{r, nil, os.Stderr},
	})
	require.NoError(b, err)
	conns := make([]*Conn, n)
	for i := range conns {
		conns[i] = <-opened
	}
	for lines.Load() < int64(n) {
		runtime.Gosched()
	}
	with(conns)
	_ = w.Close() // this tells the peers to end
	_, err = peer.Wait()
	require.NoError(b, err)
	s.Close(nil, net.ErrClosed)
	require.Zero(b, s.Wait(bound))
}

// BenchmarkFanOutCPU sends lines to a thousand peers in a different process, at 30 lines per second and as fast as
// possible. It reports this process's own CPU time per delivered line, including the kernel's.
func BenchmarkFanOutCPU(b *testing.B) {
	const n = 1000
	for _, kind := range []string{"paced", "saturated", "tls-paced"} {
		b.Run(kind, func(b *testing.B) {
			elsewhere(b, n, kind == "tls-paced", func() {}, func(conns []*Conn) {
				pace := time.NewTicker(time.Second / 30)
				defer pace.Stop()
				dirty := make([]*Conn, 0, n)
				user, system := cpu(b)
				for b.Loop() {
					if kind == "saturated" {
						for _, c := range conns {
							for c.waits() > 64<<10 {
								runtime.Gosched()
							}
						}
					} else {
						<-pace.C
					}
					dirty = dirty[:0]
					for _, c := range conns {
						if c.Send(benchLine) {
							dirty = append(dirty, c)
						}
					}
					FlushAll(dirty)
				}
				u, s := cpu(b)
				lines := float64(b.N) * n
				b.ReportMetric(float64(u-user)/lines, "user-ns/line")
				b.ReportMetric(float64(s-system)/lines, "system-ns/line")
				b.ReportMetric(lines/b.Elapsed().Seconds(), "lines/s")
			})
		})
	}
}

func (c *Conn) waits() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queued
}

// cpu returns the CPU time that this process has used so far, in nanoseconds.
func cpu(t testing.TB) (user, system int64) {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return u.Utime.Nano(), u.Stime.Nano()
}

// peersVariable makes this binary run as the other process of some benchmarks instead of running tests; see elsewhere.
const peersVariable = "TRANSPORT_PEERS"

// peers is that process. It opens the connections that it is asked for, sends a line on each, and reads until its input
// ends.
func peers(asked string) error {
	var n int
	var address string
	var secure bool
	if _, err := fmt.Sscan(asked, &n, &address, &secure); err != nil {
		return err
	}
	if err := raise(); err != nil {
		return err
	}
	var conns []net.Conn
	for range n {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if secure {
			conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
		}
		if _, err := io.WriteString(conn, "NICK somebody\r\n"); err != nil {
			return err
		}
		conns = append(conns, conn)
	}
	drainPeers(conns, new(atomic.Int64))
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// raise raises the limit on open files as far as the system allows.
func raise() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}

package transport

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// TestSendTellsWhoFlushes checks that only the first sender is told to flush, and that one flush writes everything.
func TestSendTellsWhoFlushes(t *testing.T) {
	r := newRig(t, Limits{}, Spec{}, nil)
	peer, p := r.dial(t)
	require.False(t, p.conn.Send(nil))
	require.True(t, p.conn.Send([]byte("one\r\n")))
	require.False(t, p.conn.Send([]byte("two\r\n")))
	p.conn.Flush()
	p.conn.Flush()
	require.True(t, p.conn.Send([]byte("three\r\n")))
	p.conn.Flush()
	in := bufio.NewReader(peer)
	for _, want := range []string{"one\r\n", "two\r\n", "three\r\n"} {
		require.Equal(t, want, readLine(t, in))
	}
}

// TestBarrier checks that nothing is written before the barrier has returned, and that the barrier comes after the
// bytes were taken from the queue: bytes that are queued during it wait for another one.
func TestBarrier(t *testing.T) {
	for _, kind := range []string{"plain", "tls"} {
		t.Run(kind, func(t *testing.T) {
			entered, leave := make(chan struct{}), make(chan struct{})
			var over atomic.Bool
			spec := Spec{Options: Options{Barrier: func() {
				if !over.Load() {
					entered <- struct{}{}
					<-leave
				}
			}}}
			if kind == "tls" {
				spec.Network, spec.Address, spec.TLS = "tcp", "127.0.0.1:0", serverConfig(t)
			}
			r := newRig(t, Limits{}, spec, nil)
			peer, p := dialKind(t, r, kind == "tls")
			in := bufio.NewReader(peer)
			p.conn.Send([]byte("one\r\n"))
			flushed := make(chan struct{})
			go func() { // ends with the flush
				defer close(flushed)
				p.conn.Flush()
			}()
			<-entered
			p.conn.Send([]byte("two\r\n"))
			require.NoError(t, peer.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
			_, err := in.Peek(1)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded, "something was written before the barrier")
			require.NoError(t, peer.SetReadDeadline(time.Time{}))
			leave <- struct{}{}
			require.Equal(t, "one\r\n", readLine(t, in))
			<-entered // for the second line, which was queued later
			over.Store(true)
			leave <- struct{}{}
			require.Equal(t, "two\r\n", readLine(t, in))
			<-flushed
		})
	}
}

// TestStream has many senders fill many connections at once. Each sender flushes only what it was told to flush. A lost
// wake-up leaves a reader waiting; a lost, repeated or misplaced byte breaks a line or the order of a sender's lines.
func TestStream(t *testing.T) {
	for _, kind := range []string{
		"plain", "tls", "websocket", "tls websocket", "plain, small buffers", "tls, small buffers", "websocket, small buffers", "tls websocket, small buffers",
	} {
		t.Run(kind, func(t *testing.T) {
			var spec Spec
			if strings.HasPrefix(kind, "tls") {
				spec = Spec{Network: "tcp", Address: "127.0.0.1:0", TLS: serverConfig(t)}
			}
			spec.Options.SendQueueBytes = 64 << 20
			web := strings.Contains(kind, "websocket")
			if web {
				spec.Options.WebSocket = &WebSocket{}
			}
			r := newRig(t, Limits{}, spec, nil)
			const peers, senders, lines = 6, 8, 400
			var conns []*Conn
			var readers sync.WaitGroup
			for range peers {
				var peer io.Reader
				var p *probe
				if web {
					socket, session := r.dialWeb(t)
					peer, p = &messages{conn: socket, ctx: deadline(t)}, session
				} else {
					peer, p = dialKind(t, r, spec.TLS != nil)
				}
				if strings.HasSuffix(kind, "small buffers") {
					shrink(t, p.conn)
				}
				conns = append(conns, p.conn)
				readers.Go(func() { checkStream(t, peer, senders, lines) }) // ends with the last line
			}
			var writers sync.WaitGroup
			for s := range senders {
				writers.Go(func() { // ends with the last line
					for i := range lines {
						line := fmt.Appendf(nil, "%d %d %s\n", s, i, strings.Repeat(string(rune('a'+s)), (i*37)%700))
						var dirty []*Conn
						for _, c := range conns {
							if c.Send(line) {
								dirty = append(dirty, c)
							}
						}
						FlushAll(dirty)
					}
				})
			}
			writers.Wait()
			readers.Wait()
			for _, c := range conns {
				until(t, "queue settled", func() bool {
					c.mu.Lock()
					defer c.mu.Unlock()
					return c.queued == 0 && !c.dirty && !c.flushing && c.out.empty() && c.waiting.empty()
				})
			}
		})
	}
}

// messages reads WebSocket messages as lines.
type messages struct {
	conn *websocket.Conn
	ctx  context.Context
	rest []byte
}

func (m *messages) Read(p []byte) (int, error) {
	if len(m.rest) == 0 {
		_, message, err := m.conn.Read(m.ctx)
		if err != nil {
			return 0, err
		}
		m.rest = append(message, '\n')
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

func dialKind(t *testing.T, r *rig, secure bool) (net.Conn, *probe) {
	t.Helper()
	if !secure {
		return r.dial(t)
	}
	raw, err := net.Dial("tcp", r.listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = raw.Close() })
	require.NoError(t, raw.SetDeadline(time.Now().Add(bound)))
	peer := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, peer.Handshake())
	return peer, r.session(t)
}

// shrink makes the socket's buffer small, so that writes are incomplete.
func shrink(t *testing.T, c *Conn) {
	t.Helper()
	if c.looped != nil {
		require.NoError(t, syscall.SetsockoptInt(c.looped.fd, syscall.SOL_SOCKET, syscall.SO_SNDBUF, 4096))
		return
	}
	require.NoError(t, c.socket.(*net.TCPConn).SetWriteBuffer(4096))
}

func checkStream(t *testing.T, peer io.Reader, senders, lines int) {
	in := bufio.NewReader(peer)
	next := make([]int, senders)
	for range senders * lines {
		text, err := in.ReadString('\n')
		if err != nil {
			t.Errorf("reading: %v, have %v", err, next)
			return
		}
		var s, i int
		var pad string
		_, _ = fmt.Sscanf(text, "%d %d %s", &s, &i, &pad)
		if i != next[s] || pad != strings.Repeat(string(rune('a'+s)), (i*37)%700) {
			t.Errorf("sender %d, want line %d, got %q", s, next[s], text)
			return
		}
		next[s]++
	}
}

// TestSlowReader checks that the rest of the queue is written when the peer reads again, although nobody calls Flush.
func TestSlowReader(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%t", secure), func(t *testing.T) {
			spec := Spec{Network: "tcp", Address: "127.0.0.1:0"}
			if secure {
				spec.TLS = serverConfig(t)
			}
			spec.Options.SendQueueBytes = 64 << 20
			r := newRig(t, Limits{}, spec, nil)
			peer, p := dialKind(t, r, secure)
			piece := bytes.Repeat([]byte("0123456789abcdef"), 5000)
			sent := stall(t, p.conn, piece)
			require.False(t, p.conn.Send(piece), "the writing goroutine is responsible")
			sent += len(piece)
			got := make([]byte, sent)
			_, err := io.ReadFull(peer, got)
			require.NoError(t, err)
			require.True(t, bytes.Equal(bytes.Repeat(piece, sent/len(piece)), got))
			until(t, "writer ends", func() bool { return !p.conn.stalled() && p.conn.waits() == 0 })
			require.True(t, p.conn.Send([]byte("!")))
			p.conn.Flush()
			_, err = io.ReadFull(peer, got[:1])
			require.NoError(t, err)
		})
	}
}

// TestOverflow checks that a full queue ends its connection and no other, whether its writer waits or nobody has
// flushed.
func TestOverflow(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%t", secure), func(t *testing.T) {
			spec := Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{SendQueueBytes: 256 << 10}}
			if secure {
				spec.TLS = serverConfig(t)
			}
			r := newRig(t, Limits{}, spec, nil)
			_, slow := dialKind(t, r, secure)
			other, p := dialKind(t, r, secure)
			stall(t, slow.conn, make([]byte, 60<<10))
			sends := 1
			for ; !slow.conn.Send(make([]byte, 60<<10)); sends++ {
				require.Less(t, sends, 10)
			}
			slow.conn.Flush()
			require.ErrorIs(t, slow.reason(t), ErrSendQueue)
			require.False(t, slow.conn.Send([]byte("x")), "dropped")
			slow.conn.Flush()
			until(t, "gone", func() bool { return r.Connections() == 1 })
			require.EqualValues(t, 1, slow.ends.Load())

			require.True(t, p.conn.Send([]byte("hello\n")))
			p.conn.Flush()
			require.Equal(t, "hello\n", readLine(t, bufio.NewReader(other)))
		})
	}
}

func TestOverflowBeforeFlush(t *testing.T) {
	r := newRig(t, Limits{}, Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{SendQueueBytes: 10}}, nil)
	_, p := r.dial(t)
	require.True(t, p.conn.Send([]byte("12345")))
	require.False(t, p.conn.Send([]byte("67890")), "exactly full")
	require.True(t, p.conn.Send([]byte("1")))
	p.conn.Flush()
	require.ErrorIs(t, p.reason(t), ErrSendQueue)
}

// TestSetSendQueue checks that a connection can have a different limit than its listener.
func TestSetSendQueue(t *testing.T) {
	r := newRig(t, Limits{}, Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{SendQueueBytes: 10}}, nil)
	peer, p := r.dial(t)
	p.conn.SetSendQueue(20)
	require.True(t, p.conn.Send([]byte("12345678901234\n")))
	p.conn.SetSendQueue(4)
	p.conn.Flush()
	require.Equal(t, "12345678901234\n", readLine(t, bufio.NewReader(peer)), "what was queued stays")
	p.conn.Send([]byte("12345"))
	p.conn.Flush()
	require.ErrorIs(t, p.reason(t), ErrSendQueue)
}

// TestCloseDeliversAll checks that the queue and the final line arrive, even if the peer keeps sending and reads late.
func TestCloseDeliversAll(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%t", secure), func(t *testing.T) {
			spec := Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{SendQueueBytes: 64 << 20}}
			if secure {
				spec.TLS = serverConfig(t)
			}
			r := newRig(t, Limits{}, spec, nil)
			peer, p := dialKind(t, r, secure)
			piece := make([]byte, 100_000)
			sent := stall(t, p.conn, piece)
			write(t, peer, "a line that nobody handles\r\n")
			require.Equal(t, "line a line that nobody handles", p.next(t))
			reason := errors.New("enough")
			p.conn.Close([]byte("ERROR :bye\r\n"), reason)
			p.conn.Close([]byte("ERROR :other\r\n"), io.ErrClosedPipe)
			require.False(t, p.conn.Send([]byte("late")))
			p.conn.Flush()
			require.Equal(t, reason, p.reason(t), "told at once")
			write(t, peer, "more\r\n")
			got, err := io.ReadAll(peer)
			require.NoError(t, err)
			require.Len(t, got, sent+len("ERROR :bye\r\n"))
			require.Equal(t, "ERROR :bye\r\n", string(got[sent:]))
			require.NoError(t, peer.Close())
			until(t, "gone", func() bool { return r.Connections() == 0 })
			require.EqualValues(t, 1, p.ends.Load())
			for len(p.events) > 0 {
				require.Equal(t, "batch", <-p.events, "no line is handled after Close")
			}
		})
	}
}

// TestCloseBound checks that a peer that does not read cannot keep a closing connection open.
func TestCloseBound(t *testing.T) {
	spec := Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{SendQueueBytes: 64 << 20, CloseBound: 50 * time.Millisecond}}
	r := newRig(t, Limits{}, spec, nil)
	_, p := r.dial(t)
	stall(t, p.conn, make([]byte, 100_000))
	p.conn.Close([]byte("ERROR\r\n"), io.ErrClosedPipe)
	p.conn.Flush()
	require.ErrorIs(t, p.reason(t), io.ErrClosedPipe)
	until(t, "gone", func() bool { return r.Connections() == 0 })
}

// TestCloseInLine checks that a session can close its own connection in Line, and that no more lines are handled.
func TestCloseInLine(t *testing.T) {
	r := newRig(t, Limits{}, Spec{}, func(p *probe) time.Duration {
		p.line = func(p *probe, line string) time.Duration {
			if line == "QUIT" {
				p.conn.Close([]byte("ERROR :quit\r\n"), io.EOF)
			}
			return 0
		}
		return 0
	})
	peer, p := r.dial(t)
	write(t, peer, "QUIT\r\nPRIVMSG\r\n")
	got, err := io.ReadAll(peer)
	require.NoError(t, err)
	require.Equal(t, "ERROR :quit\r\n", string(got))
	require.Equal(t, io.EOF, p.reason(t))
	require.Equal(t, "line QUIT", p.next(t))
	require.Empty(t, drop(p, "batch"))
}

// drop returns the pending events, without those of the given name.
func drop(p *probe, name string) (events []string) {
	for len(p.events) > 0 {
		if e := <-p.events; e != name {
			events = append(events, e)
		}
	}
	return events
}

// TestWriteErrorCloses checks that a reset by the peer ends the connection, even if only a write notices it.
func TestWriteErrorCloses(t *testing.T) {
	r := newRig(t, Limits{}, Spec{}, nil)
	peer, p := r.dial(t)
	require.NoError(t, peer.(*net.TCPConn).SetLinger(0))
	require.NoError(t, peer.Close())
	for p.conn.Send([]byte("x")) {
		p.conn.Flush()
	}
	// A write that fails takes the error off the socket, and a read at the same moment then sees only the end.
	if reason := p.reason(t); !errors.Is(reason, io.EOF) {
		require.ErrorAs(t, reason, new(syscall.Errno))
	}
	until(t, "gone", func() bool { return r.Connections() == 0 })
}

// TestFlushAll checks that each connection is flushed once, for few and for many.
func TestFlushAll(t *testing.T) {
	for _, n := range []int{0, 1, fanoutInline, fanoutInline + 1, 1000} {
		counts := make([]*flushCount, n)
		for i := range counts {
			counts[i] = new(flushCount)
		}
		FlushAll(counts)
		for _, c := range counts {
			require.EqualValues(t, 1, *c)
		}
	}
}

type flushCount int

func (f *flushCount) Flush() { *f++ }

package transport

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBatch checks that Batch is called once after several lines from one read.
func TestBatch(t *testing.T) {
	r := newRig(t, Limits{}, Spec{}, nil)
	peer, p := r.dial(t)
	write(t, peer, "one\r\ntwo\n\r\nthree\r\nfo")
	for _, want := range []string{"batch", "line one", "line two", "line three", "batch"} {
		require.Equal(t, want, p.event(t))
	}
	write(t, peer, "ur\r\n")
	require.Equal(t, "line four", p.event(t))
	require.Equal(t, "batch", p.event(t))
	require.NoError(t, peer.Close())
	require.Equal(t, io.EOF, p.reason(t))
}

// TestSplitAnywhere sends each byte separately.
func TestSplitAnywhere(t *testing.T) {
	r := newRig(t, Limits{}, Spec{}, nil)
	peer, p := r.dial(t)
	for _, b := range []byte("NICK a\r\n\x00\xff\r\n") {
		write(t, peer, string([]byte{b}))
	}
	require.Equal(t, "line NICK a", p.next(t))
	require.Equal(t, "line \x00\xff", p.next(t))
}

// TestOverlong checks that Overlong is called once per overlong line, and that the lines after it are handled.
func TestOverlong(t *testing.T) {
	r := newRig(t, Limits{}, Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{LineBytes: 512}}, nil)
	peer, p := r.dial(t)
	exact := strings.Repeat("e", 512)
	write(t, peer, exact+"\r\n"+exact+"x\r\n"+strings.Repeat("x", 1<<20)+"\nok\n")
	require.Equal(t, "line "+exact, p.next(t))
	require.Equal(t, "overlong", p.next(t))
	require.Equal(t, "overlong", p.next(t))
	require.Equal(t, "line ok", p.next(t))
}

// TestFloodWait checks that lines are handled one wait apart after a wait is requested, that Batch comes before each
// wait, and that the last lines are handled even after the peer has closed.
func TestFloodWait(t *testing.T) {
	const wait = 20 * time.Millisecond
	var last time.Time
	r := newRig(t, Limits{}, Spec{}, func(p *probe) time.Duration {
		p.line = func(_ *probe, line string) time.Duration {
			if !last.IsZero() && time.Since(last) < wait {
				return time.Hour // fails the test
			}
			last = time.Now()
			return wait
		}
		return 0
	})
	peer, p := r.dial(t)
	write(t, peer, "1\n2\n3\n"+strings.Repeat("x", 9000)+"\n4\nnot a line")
	require.NoError(t, peer.(*net.TCPConn).CloseWrite())
	for _, want := range []string{"batch", "line 1", "batch", "line 2", "batch", "line 3", "batch", "overlong", "line 4", "batch"} {
		require.Equal(t, want, p.event(t))
	}
	require.Equal(t, io.EOF, p.reason(t))
}

// TestFloodReset checks that a reset by the peer ends the connection although lines are waiting.
func TestFloodReset(t *testing.T) {
	r := newRig(t, Limits{}, Spec{}, func(p *probe) time.Duration {
		p.line = func(*probe, string) time.Duration { return time.Hour }
		return 0
	})
	peer, p := r.dial(t)
	write(t, peer, "1\n2\n")
	require.Equal(t, "line 1", p.next(t))
	require.NoError(t, peer.(*net.TCPConn).SetLinger(0))
	require.NoError(t, peer.Close())
	require.Error(t, p.reason(t))
	require.Empty(t, drop(p, "batch"))
}

// TestReceiveQueue checks that the waiting lines are limited, and that exceeding the limit ends the connection with the
// reason.
func TestReceiveQueue(t *testing.T) {
	r := newRig(t, Limits{}, Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{ReceiveQueueBytes: 100, Farewell: farewell}},
		func(p *probe) time.Duration {
			p.line = func(p *probe, _ string) time.Duration {
				p.conn.Send([]byte("answer\n"))
				return time.Hour
			}
			return 0
		})
	peer, p := r.dial(t)
	write(t, peer, "1\n"+strings.Repeat("123456789\n", 10))
	require.Equal(t, "line 1", p.next(t))
	require.Equal(t, "batch", p.event(t))
	write(t, peer, "\n\n\n") // empty lines use no space
	write(t, peer, "x\n")
	require.Equal(t, ErrReceiveQueue, p.reason(t))
	require.Empty(t, drop(p, "batch"))
	heard, err := io.ReadAll(peer)
	require.NoError(t, err)
	require.Equal(t, "answer\nbye: "+ErrReceiveQueue.Error()+"\n", string(heard))
}

// TestFarewell checks that a peer that closes, or whose session sends a last line itself, gets no other last line.
func TestFarewell(t *testing.T) {
	r := newRig(t, Limits{}, Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{Farewell: farewell}},
		func(p *probe) time.Duration {
			p.line = func(p *probe, line string) time.Duration {
				if line == "panic" {
					panic("as asked")
				}
				p.conn.Close([]byte("closed\n"), errors.New("done"))
				p.conn.Flush()
				return 0
			}
			return 0
		})
	for line, last := range map[string]string{"close": "closed\n", "panic": "bye: " + ErrPanic.Error() + ": as asked\n"} {
		peer, _ := r.dial(t)
		write(t, peer, line+"\n")
		heard, err := io.ReadAll(peer)
		require.NoError(t, err)
		require.Equal(t, last, string(heard))
	}
	peer, _ := r.dial(t)
	require.NoError(t, peer.(*net.TCPConn).CloseWrite())
	heard, err := io.ReadAll(peer)
	require.NoError(t, err)
	require.Empty(t, heard)
}

func farewell(reason error) []byte {
	if errors.Is(reason, ErrReceiveQueue) || errors.Is(reason, ErrPanic) {
		return []byte("bye: " + reason.Error() + "\n")
	}
	return nil
}

// TestTick checks that ticks come when they are due, with and without lines in between, and stop on request.
func TestTick(t *testing.T) {
	const step = 20 * time.Millisecond
	var last time.Time
	intervals := make(chan time.Duration, 10)
	r := newRig(t, Limits{}, Spec{}, func(p *probe) time.Duration {
		last = time.Now()
		p.tick = func() time.Duration {
			intervals <- time.Since(last)
			last = time.Now()
			if len(intervals) == 4 {
				return 0
			}
			return step
		}
		return step
	})
	peer, p := r.dial(t)
	stop := make(chan struct{})
	go func() { // ends when stop is closed; lines must not delay ticks
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = io.WriteString(peer, "x\n")
				runtime.Gosched()
			}
		}
	}()
	for n := 0; n < 4; {
		if p.next(t) == "tick" {
			n++
		}
	}
	close(stop)
	require.NoError(t, peer.Close())
	ended := make(chan struct{})
	go func() { // ends when ended is closed; there may be more lines than the channel holds
		for {
			select {
			case <-p.events:
			case <-ended:
				return
			}
		}
	}()
	require.Equal(t, io.EOF, p.reason(t))
	close(ended)
	require.Len(t, intervals, 4)
	for range 4 {
		require.GreaterOrEqual(t, <-intervals, step)
	}
}

// TestPanic checks that a panic in any method ends only that connection, and that Closed is still called.
func TestPanic(t *testing.T) {
	r := newRig(t, Limits{}, Spec{}, func(p *probe) time.Duration {
		p.line = func(_ *probe, line string) time.Duration {
			if line == "boom" {
				panic("a bug")
			}
			return 0
		}
		return 0
	})
	peer, p := r.dial(t)
	_, other := r.dial(t)
	write(t, peer, "boom\nmore\n")
	err := p.reason(t)
	require.ErrorIs(t, err, ErrPanic)
	require.ErrorContains(t, err, "a bug")
	_, err = io.ReadAll(peer)
	require.NoError(t, err)
	require.NoError(t, peer.Close())
	until(t, "gone", func() bool { return r.Connections() == 1 })
	require.EqualValues(t, 1, p.ends.Load())
	require.Zero(t, other.ends.Load())
}

type closedPanics struct{ quiet }

func (closedPanics) Closed(error) { panic("at the very end") }

func (closedPanics) LogAttr() slog.Attr { return slog.Int("session", 7) }

// TestPanicIsLogged checks that the log entry about a panic identifies the session, even after its end.
func TestPanicIsLogged(t *testing.T) {
	var log lockedBuffer
	r := rig{log: &log}
	r.serve(t, Limits{}, Spec{Name: "irc"}, func(*Conn) (Session, time.Duration) { return closedPanics{}, 0 })
	peer, err := net.Dial("tcp", r.listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, peer.Close())
	until(t, "logged", func() bool { return log.String() != "" }) // a connection is no longer counted before it is closed
	require.Regexp(t, `^\S+ level=ERROR msg="panic on a connection" session=7 listener=irc remote=127\.0\.0\.1:\d+ panic="at the very end" stack=`, log.String())
}

// lockedBuffer is a buffer that several goroutines can use.
type lockedBuffer struct {
	mu    sync.Mutex // guards bytes: the goroutine of the test and those of connections meet here
	bytes bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.String()
}

// TestPanicAtTheEdges checks panics in Open and in Closed.
func TestPanicAtTheEdges(t *testing.T) {
	for name, open := range map[string]Open{
		"open":   func(*Conn) (Session, time.Duration) { panic("no") },
		"closed": func(*Conn) (Session, time.Duration) { return closedPanics{}, 0 },
		"nobody": func(*Conn) (Session, time.Duration) { return nil, 0 },
	} {
		t.Run(name, func(t *testing.T) {
			var r rig
			r.serve(t, Limits{}, Spec{}, open)
			peer, err := net.Dial("tcp", r.listener.Addr().String())
			require.NoError(t, err)
			require.NoError(t, peer.(*net.TCPConn).CloseWrite())
			_, err = io.ReadAll(peer)
			require.NoError(t, err)
			require.NoError(t, peer.Close())
			until(t, "gone", func() bool { return r.Connections() == 0 })
		})
	}
}

// TestRest checks that a connection continues in a new goroutine after a while, without losing anything.
func TestRest(t *testing.T) {
	var ids []string
	spec := Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{restAfter: time.Millisecond, ownGoroutine: true}}
	r := newRig(t, Limits{}, spec, func(p *probe) time.Duration {
		p.line = func(*probe, string) time.Duration { ids = append(ids, goroutine()); return 0 }
		return 0
	})
	peer, p := r.dial(t)
	for i := 0; ; i++ {
		require.Less(t, i, 100_000)
		write(t, peer, fmt.Sprintf("%d\n", i))
		require.Equal(t, fmt.Sprintf("line %d", i), p.next(t))
		require.Equal(t, "batch", p.event(t))
		if ids[len(ids)-1] != ids[0] {
			break
		}
	}
	require.NoError(t, peer.Close())
	require.Equal(t, io.EOF, p.reason(t))
}

// goroutine returns the name of the calling goroutine.
func goroutine() string {
	buf := make([]byte, 64)
	name, _, _ := bytes.Cut(buf[:runtime.Stack(buf, false)], []byte("["))
	return string(name)
}

// TestConnTells checks the methods of Conn that a session can call.
func TestConnTells(t *testing.T) {
	start := time.Now()
	r := newRig(t, Limits{}, Spec{Name: "main", Network: "tcp", Address: "127.0.0.1:0"}, nil)
	peer, p := r.dial(t)
	require.Equal(t, peer.LocalAddr().String(), p.conn.RemoteAddr().String())
	require.Equal(t, "main", p.conn.Listener())
	require.Nil(t, p.conn.TLS())
	require.Empty(t, p.conn.CertificateFingerprint())
	accepted := p.conn.LastRead()
	require.WithinRange(t, accepted, start, time.Now())
	write(t, peer, "x\n")
	require.Equal(t, "line x", p.next(t))
	require.WithinRange(t, p.conn.LastRead(), accepted, time.Now())
	require.NotEqual(t, accepted, p.conn.LastRead())
	p.conn.Send([]byte("y\n"))
	p.conn.Flush()
	require.Equal(t, "y\n", readLine(t, bufio.NewReader(peer)))
}

// TestTickSoon checks that a Tick on the connection's goroutine follows each call, that lines are handled in between,
// and that nothing follows after the end.
func TestTickSoon(t *testing.T) {
	r := newRig(t, Limits{}, Spec{}, func(*probe) time.Duration { return time.Hour })
	peer, p := r.dial(t)
	for range 200 {
		// Ends at once.
		go p.conn.TickSoon()
		write(t, peer, "x\n")
		seen := map[string]bool{}
		for !seen["tick"] || !seen["line x"] {
			seen[p.next(t)] = true
		}
	}
	require.NoError(t, peer.Close())
	require.Equal(t, io.EOF, p.reason(t))
	p.conn.TickSoon()
	require.Empty(t, drop(p, "batch"))
}

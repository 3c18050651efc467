package transport

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWaitingSession checks that a session that waits, with or without a call of WillWait, does not delay others, and
// continues where it was.
func TestWaitingSession(t *testing.T) {
	for name, says := range map[string]bool{"says so": true, "does not": false} {
		t.Run(name, func(t *testing.T) {
			gate := make(chan struct{})
			r := newRig(t, Limits{}, Spec{}, func(p *probe) time.Duration {
				p.line = func(p *probe, line string) time.Duration {
					if line == "wait" {
						if says {
							p.conn.WillWait()
							p.conn.WillWait() // once is enough
						}
						<-gate
					}
					return 0
				}
				return 0
			})
			waiting, w := r.dial(t)
			write(t, waiting, "wait\nafter\n")
			require.Equal(t, "line wait", w.next(t))
			for i := range 3 {
				peer, p := r.dial(t)
				write(t, peer, fmt.Sprintf("%d\n", i))
				require.Equal(t, fmt.Sprintf("line %d", i), p.next(t))
				require.Equal(t, "batch", p.event(t))
				p.conn.Send([]byte("hello\r\n"))
				p.conn.Flush()
				buf := make([]byte, 7)
				require.NoError(t, peer.SetDeadline(time.Now().Add(bound)))
				_, err := io.ReadFull(peer, buf)
				require.NoError(t, err)
			}
			// Events that happen meanwhile are seen afterwards.
			w.conn.TickSoon()
			write(t, waiting, "later\n")
			close(gate)
			require.Equal(t, "line after", w.next(t))
			require.Equal(t, "batch", w.event(t))
			for _, want := range []string{"line later", "tick"} {
				got := w.next(t)
				require.Contains(t, []string{"line later", "tick"}, got, want)
			}
		})
	}
}

// TestCloseWhileWaiting checks that a connection that is closed while its session waits ends when the session returns.
func TestCloseWhileWaiting(t *testing.T) {
	gate := make(chan struct{})
	r := newRig(t, Limits{}, Spec{}, func(p *probe) time.Duration {
		p.line = func(p *probe, line string) time.Duration {
			p.conn.WillWait()
			<-gate
			return 0
		}
		return 0
	})
	peer, p := r.dial(t)
	write(t, peer, "wait\nnever\n")
	require.Equal(t, "line wait", p.next(t))
	p.conn.Close([]byte("bye\r\n"), net.ErrClosed)
	p.conn.Flush()
	require.NoError(t, peer.SetDeadline(time.Now().Add(bound)))
	all, err := io.ReadAll(peer)
	require.NoError(t, err)
	require.Equal(t, "bye\r\n", string(all))
	require.Equal(t, 1, r.Connections())
	close(gate)
	require.Equal(t, net.ErrClosed, p.reason(t))
	require.EqualValues(t, 1, p.ends.Load())
	until(t, "gone", func() bool { return r.Connections() == 0 })
}

// TestLoopEnds checks that the loop of a closed server ends with its last connection, or at once without any.
func TestLoopEnds(t *testing.T) {
	for _, connections := range []int{0, 3} {
		r := newRig(t, Limits{}, Spec{}, nil)
		for range connections {
			_, p := r.dial(t)
			require.NotNil(t, p)
		}
		r.Close(nil, io.EOF)
		require.Zero(t, r.Wait(bound))
		if r.loop != nil {
			until(t, "the loop has ended", func() bool {
				r.loop.mu.Lock()
				defer r.loop.mu.Unlock()
				return r.loop.ended
			})
		}
	}
}

// TestWaitingBeforeTheEndOfTheRound checks a session whose line was handled and which waits later in the same round:
// Batch is called once, by the goroutine that has the connection.
func TestWaitingBeforeTheEndOfTheRound(t *testing.T) {
	const due = time.Millisecond
	r := newRig(t, Limits{}, Spec{}, func(p *probe) time.Duration {
		p.line = func(*probe, string) time.Duration {
			for began := time.Now(); time.Since(began) < due; { // so that the tick is due before the round ends
			}
			return 0
		}
		p.tick = func() time.Duration {
			p.conn.WillWait()
			return due
		}
		return due
	})
	peer, p := r.dial(t)
	for range 100 {
		write(t, peer, "x\n")
		for _, want := range []string{"line x", "batch"} {
			for p.event(t) != want { // ticks and batches can come first
			}
		}
	}
}

// TestShares checks that sessions with many slow lines handle them in several rounds of the loop, in order, so that
// other sessions have their turn in between.
func TestShares(t *testing.T) {
	const sessions, lines = 20, 40
	r := newRig(t, Limits{}, Spec{}, func(p *probe) time.Duration {
		p.line = func(*probe, string) time.Duration {
			for began := time.Now(); time.Since(began) < 50*time.Microsecond; { // at work
			}
			return 0
		}
		return 0
	})
	var all strings.Builder
	for i := range lines {
		fmt.Fprintln(&all, i)
	}
	var busy []net.Conn
	var probes []*probe
	for range sessions {
		conn, p := r.dial(t)
		busy, probes = append(busy, conn), append(probes, p)
	}
	for _, conn := range busy {
		write(t, conn, all.String())
	}
	rounds := 0
	for _, p := range probes {
		for i := 0; i < lines; {
			if e := p.event(t); e == "batch" {
				rounds++
			} else {
				require.Equal(t, fmt.Sprint("line ", i), e)
				i++
			}
		}
	}
	if !withoutLoop {
		require.Greater(t, rounds, sessions)
	}
}

package transport

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bound is how long a test waits for something that must happen. It is long because test machines are often busy.
const bound = 30 * time.Second

// probe is a session that reports the calls of its methods.
type probe struct {
	conn   *Conn
	events chan string // "line ...", "overlong", "batch", "tick"
	closed chan error
	ends   atomic.Int32
	line   func(p *probe, line string) time.Duration
	tick   func() time.Duration
}

func (p *probe) Line(line []byte) time.Duration {
	p.events <- "line " + string(line)
	if p.line != nil {
		return p.line(p, string(line))
	}
	return 0
}

func (p *probe) Overlong() time.Duration { p.events <- "overlong"; return 0 }
func (p *probe) Batch()                  { p.events <- "batch" }

func (p *probe) Tick() time.Duration {
	p.events <- "tick"
	if p.tick != nil {
		return p.tick()
	}
	return 0
}

func (p *probe) Closed(reason error) {
	p.ends.Add(1)
	p.closed <- reason
}

// next returns the next event that is not a batch.
func (p *probe) next(t testing.TB) string {
	t.Helper()
	for {
		if e := p.event(t); e != "batch" {
			return e
		}
	}
}

func (p *probe) event(t testing.TB) string {
	t.Helper()
	select {
	case e := <-p.events:
		return e
	case <-time.After(bound):
		require.FailNow(t, "no event")
		return ""
	}
}

func (p *probe) reason(t testing.TB) error {
	t.Helper()
	select {
	case err := <-p.closed:
		return err
	case <-time.After(bound):
		require.FailNow(t, "not closed")
		return nil
	}
}

// withoutLoop gives each connection of a rig a goroutine of its own, as on systems without the loop.
var withoutLoop bool

// TestMain runs all tests with the loop, and again without it.
func TestMain(m *testing.M) {
	if asked := os.Getenv(peersVariable); asked != "" {
		if err := peers(asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	stallBound = time.Millisecond // so that the loop is sometimes taken over
	code := m.Run()
	withoutLoop = true
	if without := m.Run(); code == 0 {
		code = without
	}
	os.Exit(code)
}

// rig is a server whose sessions are probes.
type rig struct {
	*Server
	listener *Listener
	probes   chan *probe
	make     func(p *probe) time.Duration // can set up the probe; returns the time of the first tick
	log      io.Writer                    // nil discards the log
}

func newRig(t testing.TB, limits Limits, spec Spec, setUp func(p *probe) time.Duration) *rig {
	t.Helper()
	r := &rig{probes: make(chan *probe, 4096), make: setUp}
	r.serve(t, limits, spec, r.open)
	return r
}

func (r *rig) serve(t testing.TB, limits Limits, spec Spec, open Open) {
	t.Helper()
	if r.log == nil {
		r.log = io.Discard
	}
	r.Server = NewServer(open, limits, slog.New(slog.NewTextHandler(r.log, nil)))
	if spec.Network == "" {
		spec.Network, spec.Address = "tcp", "127.0.0.1:0"
	}
	spec.Options.ownGoroutine = spec.Options.ownGoroutine || withoutLoop
	l, err := r.Listen(context.Background(), spec)
	require.NoError(t, err)
	r.listener = l
	t.Cleanup(func() {
		r.Close(nil, net.ErrClosed)
		require.Zero(t, r.Wait(bound))
	})
}

func (r *rig) open(c *Conn) (Session, time.Duration) {
	p := &probe{conn: c, events: make(chan string, 1<<16), closed: make(chan error, 2)}
	var first time.Duration
	if r.make != nil {
		first = r.make(p)
	}
	r.probes <- p
	return p, first
}

// dial connects, and returns both ends of the connection.
func (r *rig) dial(t testing.TB) (net.Conn, *probe) {
	t.Helper()
	a := r.listener.Addr()
	conn, err := net.Dial(a.Network(), a.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(bound)))
	return conn, r.session(t)
}

func (r *rig) session(t testing.TB) *probe {
	t.Helper()
	select {
	case p := <-r.probes:
		return p
	case <-time.After(bound):
		require.FailNow(t, "no session")
		return nil
	}
}

func write(t testing.TB, w io.Writer, s string) {
	t.Helper()
	_, err := io.WriteString(w, s)
	require.NoError(t, err)
}

func readLine(t testing.TB, r *bufio.Reader) string {
	t.Helper()
	s, err := r.ReadString('\n')
	require.NoError(t, err)
	return s
}

// until waits for a condition that no channel signals.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(bound); !condition(); <-look.C {
		require.True(t, time.Now().Before(deadline), what)
	}
}

func (c *Conn) stalled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flushing && c.queued > 0
}

// stall sends until the socket of the peer, which does not read, is full. It returns what was sent.
func stall(t testing.TB, c *Conn, piece []byte) (sent int) {
	t.Helper()
	for range 100_000 {
		c.Send(piece)
		c.Flush()
		sent += len(piece)
		if c.stalled() {
			return sent
		}
	}
	require.FailNow(t, "the socket never filled up")
	return 0
}

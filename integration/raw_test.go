package integration

import (
	"bufio"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// raw is a minimal client. It sends what the test tells it to, keeps what it receives, and answers PING.
type raw struct {
	t    *testing.T
	nick string
	conn net.Conn
	// arrived holds a value if something has arrived since the last check.
	arrived chan struct{}
	pings   int

	// mu protects the fields below between the goroutine that reads and the test.
	mu    sync.Mutex
	lines []string // not checked yet
	all   []string
	ended error // why the connection ended
}

// dial connects without sending anything.
func dial(t *testing.T, network, address string) *raw {
	t.Helper()
	conn, err := net.DialTimeout(network, address, patience)
	require.NoError(t, err)
	return talk(t, conn)
}

// talk returns a client for a connection.
func talk(t *testing.T, conn net.Conn) *raw {
	r := &raw{t: t, nick: "a raw client", conn: conn, arrived: make(chan struct{}, 1)}
	t.Cleanup(func() { _ = conn.Close() })
	t.Cleanup(func() {
		if t.Failed() {
			r.mu.Lock()
			defer r.mu.Unlock()
			t.Logf("what %s received (the connection's end: %v):\n%s", r.nick, r.ended, tail(strings.Join(r.all, "\n")))
		}
	})
	go r.read() // ends when the connection does
	return r
}

// join connects over plain TCP and registers.
func join(t *testing.T, s *server, nick string) *raw {
	t.Helper()
	r := dial(t, "tcp", s.plain)
	r.register(nick)
	return r
}

func (r *raw) read() {
	lines := bufio.NewReader(r.conn)
	for {
		line, err := lines.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		if token, ping := strings.CutPrefix(line, "PING "); ping {
			_, _ = fmt.Fprintf(r.conn, "PONG %s\r\n", token)
			continue
		}
		r.mu.Lock()
		if line != "" {
			r.lines = append(r.lines, line)
			r.all = append(r.all, line)
		}
		r.ended = err
		r.mu.Unlock()
		select {
		case r.arrived <- struct{}{}:
		default: // the channel already holds a value
		}
		if err != nil {
			_ = r.conn.Close() // as any client does; until then, the server waits for a moment
			return
		}
	}
}

// register registers with a nick, and waits for the end of the welcome.
func (r *raw) register(nick string) {
	r.t.Helper()
	r.nick = nick
	r.send("NICK %s", nick)
	r.send("USER %s 0 * :%s Example", nick, nick)
	r.sees(` (376|422) ` + nick + ` `)
	r.drain()
}

// send sends a line.
func (r *raw) send(format string, args ...any) {
	r.t.Helper()
	require.NoError(r.t, r.conn.SetWriteDeadline(time.Now().Add(patience)))
	_, err := fmt.Fprintf(r.conn, format+"\r\n", args...)
	require.NoError(r.t, err, "%s cannot send", r.nick)
}

// next returns the next received line.
func (r *raw) next() (string, bool) {
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		if len(r.lines) > 0 {
			line := r.lines[0]
			r.lines = r.lines[1:]
			r.mu.Unlock()
			return line, true
		}
		ended := r.ended
		r.mu.Unlock()
		if ended != nil {
			return "", false
		}
		select {
		case <-r.arrived:
		case <-deadline:
			return "", false
		}
	}
}

// receives requires that the next lines are exactly these.
func (r *raw) receives(lines ...string) {
	r.t.Helper()
	for _, want := range lines {
		got, ok := r.next()
		require.True(r.t, ok, "%s received nothing instead of %q", r.nick, want)
		require.Equal(r.t, want, got, "what %s received", r.nick)
	}
}

// sees waits for a line that matches the pattern, skips the lines before it, and returns it.
func (r *raw) sees(pattern string) string {
	r.t.Helper()
	wanted := regexp.MustCompile(pattern)
	for {
		line, ok := r.next()
		if !ok {
			r.t.Fatalf("%s never received a line like %q", r.nick, pattern)
		}
		if wanted.MatchString(line) {
			return line
		}
	}
}

// drain sends a PING and returns the lines before the PONG: everything that earlier commands caused for this client.
func (r *raw) drain() (before []string) {
	r.t.Helper()
	r.pings++
	token := fmt.Sprintf("drain-%d", r.pings)
	r.send("PING %s", token)
	for {
		line, ok := r.next()
		require.True(r.t, ok, "%s got no answer to its PING", r.nick)
		if strings.Contains(line, " PONG ") && strings.HasSuffix(line, token) {
			return before
		}
		before = append(before, line)
	}
}

// receivesNothing requires that nothing has arrived.
func (r *raw) receivesNothing() {
	r.t.Helper()
	require.Empty(r.t, r.drain(), "what %s received", r.nick)
}

// isClosed requires that the server ends the connection, and returns the lines before its end.
func (r *raw) isClosed() (before []string) {
	r.t.Helper()
	for {
		line, ok := r.next()
		if !ok {
			r.mu.Lock()
			ended := r.ended
			r.mu.Unlock()
			require.Error(r.t, ended, "the connection of %s is still open", r.nick)
			return before
		}
		before = append(before, line)
	}
}

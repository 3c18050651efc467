package commands

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
	"bavard/wire"
)

func parsed(t testing.TB, line string) *wire.Message {
	m, err := wire.Parse([]byte(line))
	require.NoError(t, err)
	return m
}

// TestAPanicEndsOneSession: the session of the handler that panics, and no other; the lock is free again.
func TestAPanicEndsOneSession(t *testing.T) {
	g := newStage(t, testConfig)
	alice, bob := g.register("alice", parseConnect(nil)), g.register("bob", parseConnect(nil))
	g.say(alice, "JOIN #c")
	g.say(bob, "JOIN #c")
	alice.take()
	bob.take()
	table["BOOM"] = &command{verb: "BOOM", run: func(c *Call) {
		c.View(func(*state.State) { panic("our mistake") })
	}}
	defer delete(table, "BOOM")
	g.say(bob, "BOOM")
	require.Equal(t, []string{"ERROR :Closing Link: 127.0.0.1 (Internal server error)", "(closed)"}, bob.take())
	require.Contains(t, g.logged.String(), "our mistake")
	require.Equal(t, []string{":bob!bob@127.0.0.1 QUIT :internal server error"}, alice.take())
	g.say(alice, "PING x")
	require.Equal(t, []string{":irc.test PONG irc.test :x"}, alice.take())
	// The ERROR answers a labelled command. https://ircv3.net/specs/extensions/labeled-response
	carol := g.register("carol", connectOptions{addr: "127.0.0.1", caps: []string{"batch", "labeled-response"}})
	g.say(carol, "@label=x BOOM")
	require.Equal(t, []string{"@label=x ERROR :Closing Link: 127.0.0.1 (Internal server error)", "(closed)"}, carol.take())
}

// TestSecretsAreNotLogged: no password reaches the log, whatever becomes of the command.
func TestSecretsAreNotLogged(t *testing.T) {
	g := newStage(t, testConfig+operConfig)
	a := g.open("alice", "127.0.0.1", false, "")
	g.say(a, "PASS hunter2pass")
	g.say(a, "NICK alice")
	g.say(a, "USER a 0 * :A")
	g.say(a, "OPER root hunter2wrong")
	g.say(a, "OPER nobody hunter2nobody")
	g.say(a, "OPER root secret")
	require.Contains(t, g.logged.String(), "IRC operator")
	require.Contains(t, g.logged.String(), "OPER failed")
	require.NotContains(t, g.logged.String(), "hunter2")
	require.NotContains(t, g.logged.String(), "secret")
}

const operConfig = `
[[opers]]
name = "root"
password = "HASH(secret)"
`

// TestEverybodyAtOnce: many clients say random things on goroutines of their own; the state stays sound, no session
// panics, and every line that anybody receives is one line within the limit.
func TestEverybodyAtOnce(t *testing.T) {
	g := newStage(t, testConfig+operConfig)
	g.history.lockIsFree, g.history.mayWait = func() {}, func() {} // others have the lock
	const clients, lines = 16, 300
	var done sync.WaitGroup
	for i := range clients {
		conn := &lockedConn{memoryConn: memoryConn{addr: addrOf("127.0.0.1"), lastRead: g.server.order.Steady()}}
		client, _ := g.server.Open(conn)
		done.Add(1)
		// Ends when it has said all its lines.
		go func() {
			defer done.Done()
			s := &scribe{r: rand.New(rand.NewPCG(uint64(i), 7)), people: clients, channels: 3}
			client.Line([]byte(fmt.Sprintf("NICK n%d", i)))
			client.Line([]byte("USER u 0 * :R"))
			if i%5 == 0 {
				client.Line([]byte("OPER root secret"))
			}
			for range lines {
				client.Line([]byte(s.line()))
				client.Batch()
			}
			client.Closed(nil)
			client.Batch()
		}()
	}
	done.Wait()
	require.NoError(t, g.server.state.Check())
	require.Empty(t, g.server.clients)
	require.Zero(t, g.server.registered)
	require.Empty(t, g.server.state.Users())
	require.NotContains(t, g.logged.String(), "panic")
}

// lockedConn is a memoryConn that many goroutines fill, and that checks what it gets.
type lockedConn struct {
	mu sync.Mutex // every session's goroutine meets here
	memoryConn
}

func (l *lockedConn) Send(b []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	requireLines(b)
	return !l.closed
}

func (l *lockedConn) Close(final []byte, reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// requireLines panics, which the session's guard turns into a log entry, when b is not whole lines within the limit.
func requireLines(b []byte) {
	for _, line := range strings.SplitAfter(string(b), "\r\n") {
		body := line
		if strings.HasPrefix(line, "@") {
			_, body, _ = strings.Cut(line, " ")
		}
		if line == "" {
			continue
		}
		if !strings.HasSuffix(line, "\r\n") || strings.Count(line, "\n") != 1 || len(body) > wire.MaxLineBytes {
			panic(fmt.Sprintf("not a line: %q", line))
		}
	}
}

// FuzzDispatch: whatever clients send, nothing panics, the state stays sound, what is sent is lines, and the
// operations give the same state again. A line of "!" and some more lets time pass.
func FuzzDispatch(f *testing.F) {
	s := &scribe{r: rand.New(rand.NewPCG(1, 1)), people: 3, channels: 2}
	for i := range verbs {
		var lines []string
		for range 8 {
			lines = append(lines, s.written(&verbs[i]), s.line())
		}
		f.Add(strings.Join(append(lines, "!5"), "\n"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		g := newStage(t, testConfig+operConfig+"[accounts]\n")
		actors := []*actor{
			g.register("n0", connectOptions{}), g.register("n1", connectOptions{caps: []string{"message-tags", "server-time"}}),
			g.register("n2", connectOptions{caps: []string{"*"}}),
		}
		for _, a := range actors {
			g.say(a, "JOIN #a0,#b1")
		}
		g.say(actors[0], "OPER root secret")
		for i, line := range strings.Split(text, "\n") {
			if i > 40 {
				break
			}
			speaker := actors[i%len(actors)]
			if minutes, wait := strings.CutPrefix(line, "!"); wait {
				g.wait(time.Duration(len(minutes)) * 5 * time.Minute)
			} else if !speaker.conn.over && len(line) <= wire.MaxInputBytes {
				g.say(speaker, line)
			}
			if speaker.conn.over { // and another comes in its place
				actors[i%len(actors)] = g.open("newcomer", "127.0.0.1", false, "")
			}
		}
		for _, a := range g.clients {
			for _, line := range a.take() {
				requireLines([]byte(line + "\r\n"))
			}
		}
		require.NotContains(t, g.logged.String(), "panic")
		g.requireReplay()
	})
}

func TestBucket(t *testing.T) {
	var b bucket
	now := time.Unix(1000, 0)
	for range 20 {
		require.Zero(t, b.take(1, now, 2, 20))
	}
	require.Equal(t, 500*time.Millisecond, b.take(1, now, 2, 20))
	require.Zero(t, b.take(1, now.Add(time.Second), 2, 20), "two units have come back")
	require.Positive(t, b.take(1, now.Add(-time.Hour), 2, 20), "a clock that runs back gives nothing")
	require.Zero(t, b.take(20, now.Add(time.Hour), 2, 20))
}

func BenchmarkPrivmsgToChannel(b *testing.B) {
	for _, members := range []int{2, 10, 1000} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			g := newStage(&testing.T{}, testConfig+"[limits]\nchannels_per_user=50\n")
			var first *Client
			for i := range members {
				conn := &nullConn{memoryConn{addr: addrOf("127.0.0.1")}}
				client, _ := g.server.Open(conn)
				client.Line([]byte(fmt.Sprintf("NICK n%d", i)))
				client.Line([]byte("USER u 0 * :R"))
				client.Line([]byte("JOIN #c"))
				if i == 0 {
					first = client
				}
			}
			line := []byte("PRIVMSG #c :hello, this is a line of ordinary length that people write")
			b.ReportAllocs()
			for b.Loop() {
				first.Line(line)
				first.Batch()
			}
		})
	}
}

// nullConn takes everything and keeps nothing.
type nullConn struct{ memoryConn }

func (*nullConn) Send([]byte) bool { return false }

// TestRealnameTakesAllWords checks the real name of a user who registers by hand, without a colon.
func TestRealnameTakesAllWords(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.open("carl", "127.0.0.1", false, "")
	g.say(a, "NICK carl")
	g.say(a, "USER carl 0 * Carl the Great")
	require.Equal(t, "Carl the Great", g.server.state.User("carl").Realname())
}

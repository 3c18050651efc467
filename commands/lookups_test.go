package commands

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// introduce sends what a client tells before the welcome.
func (g *stage) introduce(a *actor) {
	g.say(a, "NICK "+a.name)
	g.say(a, "USER "+a.name+" 0 * :x")
}

// answers is a question that is answered with a notice when gate is closed.
func answers(text string, gate <-chan struct{}) question {
	return question{ask: func(ctx context.Context) func(*Client) {
		select {
		case <-gate:
			return func(c *Client) { c.notice("*", text) }
		case <-ctx.Done():
			return nil
		}
	}}
}

// pause tells the stage that a question waits for the test.
func (g *stage) pause(n int32) { g.stuck.Add(n) }

// TestWelcomeWaitsForAnswers: in the order of the questions, and no longer than until the last of them.
func TestWelcomeWaitsForAnswers(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.open("alice", "192.0.2.1", false, "")
	first, second := make(chan struct{}), make(chan struct{})
	g.pause(2)
	a.client.lookUp(answers("first", first))
	a.client.lookUp(answers("second", second))
	g.introduce(a)
	g.say(a, "PING x")
	require.Equal(t, []string{":irc.test PONG irc.test :x"}, a.take())

	close(second)
	g.pause(-1)
	g.settle()
	require.Empty(t, a.take())
	require.NotNil(t, a.client.registration)

	close(first)
	g.pause(-1)
	g.settle()
	lines := a.take()
	require.Equal(t, []string{":irc.test NOTICE * :first", ":irc.test NOTICE * :second"}, lines[:2])
	require.Contains(t, lines[2], " 001 alice ")
	require.Nil(t, a.client.registration)
}

// TestWelcomeDoesNotWaitForEver: after lookup_timeout the answers that are there count, and late stands for the others.
func TestWelcomeDoesNotWaitForEver(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.open("alice", "192.0.2.1", false, "")
	never, now := make(chan struct{}), make(chan struct{})
	close(now)
	slow := answers("slow", never)
	slow.late = func(c *Client, begun bool) { c.notice("*", fmt.Sprint("too late, begun ", begun)) }
	ended := make(chan struct{})
	ask := slow.ask
	begun := make(chan struct{})
	slow.ask = func(ctx context.Context) func(*Client) { defer close(ended); close(begun); return ask(ctx) }
	g.pause(1)
	a.client.lookUp(slow)
	a.client.lookUp(answers("quick", now))
	g.introduce(a)
	require.Empty(t, a.take())
	<-begun
	g.stuck.Store(0)
	g.now = g.now.Add(5 * time.Second)
	a.client.Tick()
	lines := a.take()
	require.Equal(t, []string{":irc.test NOTICE * :too late, begun true", ":irc.test NOTICE * :quick"}, lines[:2])
	require.Contains(t, lines[2], " 001 alice ")
	<-ended // giving up ends the goroutine that asks
}

// TestLookupWithoutATurn: others from its network have them all; it is told as such when the time is over.
func TestLookupWithoutATurn(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.open("alice", "192.0.2.1", false, "")
	for range mostNetworkQuestions {
		end, ok := g.server.turns.take(context.Background(), netip.MustParseAddr("192.0.2.99"))
		require.True(t, ok)
		defer end()
	}
	g.pause(1)
	a.client.lookUp(question{
		ask:  func(context.Context) func(*Client) { panic("it has no turn") },
		late: func(c *Client, begun bool) { c.notice("*", fmt.Sprint("begun ", begun)) },
	})
	g.introduce(a)
	require.Empty(t, a.take())
	g.stuck.Store(0)
	g.now = g.now.Add(5 * time.Second)
	a.client.Tick()
	lines := a.take()
	require.Equal(t, ":irc.test NOTICE * :begun false", lines[0])
	require.Contains(t, lines[1], " 001 alice ")
}

// TestLookupsEndWithTheConnection: nothing is left behind, and nothing is done for it.
func TestLookupsEndWithTheConnection(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.open("alice", "192.0.2.1", false, "")
	begun, ended := make(chan struct{}), make(chan struct{})
	g.pause(1)
	a.client.lookUp(question{ask: func(ctx context.Context) func(*Client) {
		defer close(ended)
		close(begun)
		<-ctx.Done()
		return func(c *Client) { panic("the connection is over") }
	}})
	<-begun
	g.stuck.Store(0)
	a.conn.closed, a.conn.over = true, true
	a.client.Closed(nil)
	<-ended
	require.NotContains(t, g.logged.String(), "panic")
}

// TestPanicInALookup is no answer, and no more.
func TestPanicInALookup(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.open("alice", "192.0.2.1", false, "")
	a.client.lookUp(question{ask: func(context.Context) func(*Client) { panic("a mistake of ours") }})
	g.introduce(a)
	require.Nil(t, a.client.registration)
	require.Contains(t, g.logged.String(), "a mistake of ours")
}

// TestAnAnswerMayRefuse: the connection ends, and the user never was.
func TestAnAnswerMayRefuse(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.open("alice", "192.0.2.1", false, "")
	a.client.lookUp(question{ask: func(context.Context) func(*Client) {
		return func(c *Client) { c.end("You are listed", nil) }
	}})
	g.introduce(a)
	require.Equal(t, []string{"ERROR :Closing Link: 192.0.2.1 (You are listed)", "(closed)"}, a.take())
	require.Zero(t, g.server.state.Users())
}

// TestWaitingLinesAreBounded checks the limits on waiting lines, in number and in bytes. Lines beyond them are refused,
// except a NOTICE, and no waiting line is kept after the welcome.
func TestWaitingLinesAreBounded(t *testing.T) {
	for _, x := range []struct {
		line         string
		most, joined int
	}{
		{"JOIN #c%d", mostWaitingLines, mostWaitingLines},
		{"PRIVMSG nobody :%d " + strings.Repeat("x", 400), mostWaitingBytes / 419, 0},
	} {
		g := newStage(t, testConfig+"[hosts]\nlookup = true\n[limits]\nchannels_per_user = 100\n")
		a := g.open("a", neverAnswers, false, "")
		g.say(a, "NICK a")
		g.say(a, "USER a 0 * :A")
		a.take()
		for i := range x.most {
			g.say(a, fmt.Sprintf(x.line, i+10))
			require.Empty(t, a.take())
		}
		refusal := ":irc.test 451 a :You have not registered: too many commands are already waiting for registration, so this one was dropped"
		g.say(a, fmt.Sprintf(x.line, 99))
		require.Equal(t, []string{refusal}, a.take())
		g.say(a, "NOTICE nobody :"+strings.Repeat("x", 450))
		require.Empty(t, a.take())
		g.say(a, "PING still")
		require.Equal(t, []string{":irc.test PONG irc.test :still"}, a.take())
		g.wait(5 * time.Second)
		require.Contains(t, a.take()[1], " 001 ")
		require.Zero(t, a.client.heldBytes)
		require.Nil(t, a.client.held)
		require.Len(t, g.server.state.User("a").Members(), x.joined)
	}
}

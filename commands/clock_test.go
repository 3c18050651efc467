package commands

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	stampedLine = regexp.MustCompile(`^@time=([^;]+);msgid=(\S+) :alice!\S+ PRIVMSG #c :(\d+)$`)
	idleLine    = regexp.MustCompile(` 317 bob alice (\d+) \d+ `)
)

// TestClockThatJumps sets the system's clock back and forth while ten seconds pass in each round. It checks that each
// shown time is right at once, that ids keep the order of events, that everything lasts as long as it should, and that
// no client is dropped or stuck.
func TestClockThatJumps(t *testing.T) {
	const rounds, round = 300, 10 * time.Second
	g := newStage(t, mergeConfig(testConfig, "[flood]\nenabled = true\n"))
	tags := connectOptions{caps: []string{"message-tags", "server-time"}}
	alice, bob := g.register("alice", tags), g.register("bob", tags)
	g.say(alice, "JOIN #c")
	g.say(bob, "JOIN #c")
	r := rand.New(rand.NewPCG(1, 3))
	lastID, heard, set, ended := "", 0, map[string]int{}, map[string]int{}
	jumps := []time.Duration{24 * time.Hour, -24 * time.Hour, -time.Hour, time.Hour, -365 * 24 * time.Hour, 365 * 24 * time.Hour, time.Second, 30 * time.Second, -time.Minute}
	for i := range rounds {
		g.setClock(jumps[r.IntN(len(jumps))])
		g.wait(round)
		for _, a := range []*actor{alice, bob} {
			g.say(a, "PONG irc.test")
		}
		if i%10 == 0 {
			set[fmt.Sprintf("x%d", i)] = i
			g.say(alice, fmt.Sprintf("TBAN #c 2m x%d!*@*", i))
		}
		g.say(alice, fmt.Sprintf("PRIVMSG #c :%d", i))
		g.setClock(jumps[r.IntN(len(jumps))])
		shown := g.now
		g.say(bob, "WHOIS alice alice")
		for _, line := range bob.take() {
			require.NotContains(t, line, "(closed)")
			require.NotContains(t, line, "(waits ")
			if m := stampedLine.FindStringSubmatch(line); m != nil {
				require.Equal(t, fmt.Sprint(i), m[3])
				require.Greater(t, m[2], lastID)
				lastID = m[2]
				heard++
			}
			if m := idleLine.FindStringSubmatch(line); m != nil {
				require.Equal(t, "0", m[1])
			}
			if _, mask, found := strings.Cut(line, ":irc.test MODE #c -b "); found {
				ended[strings.TrimSuffix(mask, "!*@*")] = i
			}
		}
		g.say(alice, "PRIVMSG #c :now")
		require.Contains(t, strings.Join(bob.take(), "\n"), shown.UTC().Format("@time=2006-01-02T15:04:05.000Z;msgid="))
		alice.take()
	}
	require.Equal(t, rounds, heard)
	for name, at := range set {
		if at < rounds-12 {
			require.Equal(t, at+12, ended[name], "%s was set in round %d for two minutes", name, at)
		}
	}
	g.wait(time.Hour)
	require.Zero(t, g.server.state.NextDue(), "nothing is left that should have ended")
	require.NoError(t, g.server.state.Check())
	g.requireReplay()
}

// TestClockSetIsLoggedOnce checks that a step of more than a few seconds is logged once, and that a smaller one is not
// logged.
func TestClockSetIsLoggedOnce(t *testing.T) {
	g := newStage(t, testConfig)
	alice := g.register("alice", connectOptions{})
	logged := func() int { return strings.Count(g.logged.String(), `msg="clock set"`) }
	g.setClock(2 * time.Second)
	for range 3 {
		g.say(alice, "AWAY :gone")
	}
	require.Zero(t, logged())
	for i, by := range []time.Duration{-2 * time.Hour, 365 * 24 * time.Hour, -4 * time.Second} {
		g.setClock(by)
		for range 3 {
			g.say(alice, "AWAY :gone")
			g.wait(time.Minute)
		}
		require.Equal(t, i+1, logged())
		require.Contains(t, g.logged.String(), "by="+by.String())
	}
}

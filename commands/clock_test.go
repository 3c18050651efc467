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

// TestClockThatJumps: the system's clock jumps back and forth. Nobody is dropped or stuck, what is seen is in the order in which it happened, ids
// stay different, no duration is negative, and what has an end ends.
func TestClockThatJumps(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[flood]\nenabled = true\n"))
	tags := connectOptions{caps: []string{"message-tags", "server-time"}}
	alice, bob := g.register("alice", tags), g.register("bob", tags)
	g.say(alice, "JOIN #c")
	g.say(bob, "JOIN #c")
	r := rand.New(rand.NewPCG(1, 3))
	stamp := regexp.MustCompile(`^@time=([^;]+);msgid=(\S+) :alice!\S+ PRIVMSG #c :(\d+)$`)
	idle := regexp.MustCompile(` 317 bob alice (\d+) (\d+) `)
	lastTime, lastID, heard, ended := "", "", 0, 0
	jumps := []time.Duration{24 * time.Hour, -24 * time.Hour, -time.Hour, time.Hour, -365 * 24 * time.Hour, 365 * 24 * time.Hour, time.Second, 30 * time.Second, -time.Minute}
	for i := range 300 {
		g.now = g.now.Add(jumps[r.IntN(len(jumps))])
		g.server.expire()
		for _, a := range []*actor{alice, bob} {
			require.Positive(t, a.client.Tick())
			a.client.Batch()
			g.settle()
			g.say(a, "PONG irc.test")
		}
		if i%10 == 0 {
			g.say(alice, fmt.Sprintf("TBAN #c 2m x%d!*@*", i))
		}
		g.say(alice, fmt.Sprintf("PRIVMSG #c :%d", i))
		g.say(bob, "WHOIS alice alice")
		for _, line := range bob.take() {
			require.NotContains(t, line, "(closed)")
			if wait, found := strings.CutPrefix(line, "(waits "); found {
				d, err := time.ParseDuration(strings.TrimSuffix(wait, ")"))
				require.NoError(t, err)
				require.Less(t, d, 5*time.Second)
			}
			if m := stamp.FindStringSubmatch(line); m != nil {
				require.Equal(t, fmt.Sprint(i), m[3])
				require.GreaterOrEqual(t, m[1], lastTime)
				require.Greater(t, m[2], lastID)
				lastTime, lastID = m[1], m[2]
				heard++
			}
			if strings.Contains(line, " 317 ") {
				require.Regexp(t, idle, line)
			}
			if strings.Contains(line, ":irc.test MODE #c -b") {
				ended++
			}
		}
		alice.take()
	}
	require.Equal(t, 300, heard)
	g.now = g.now.Add(10 * 365 * 24 * time.Hour) // later than it ever was
	g.server.expire()
	for _, line := range bob.take() {
		if strings.Contains(line, ":irc.test MODE #c -b") {
			ended += strings.Count(line, "x")
		}
	}
	require.Zero(t, g.server.state.NextDue(), "nothing is left that should have ended")
	require.Positive(t, ended)
	require.NoError(t, g.server.state.Check())
	g.requireReplay()
}

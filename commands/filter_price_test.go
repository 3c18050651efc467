package commands

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFiltersArePaid checks that the time that content filters take is charged to the speaker, once for a line with
// several targets, but not more than the patterns can take.
func TestFiltersArePaid(t *testing.T) {
	g := newStage(t, mergeConfig(shipped, operConfig))
	root := g.register("root", connectOptions{addr: "127.0.0.1"})
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	for _, name := range []string{"bob", "carol", "dave"} {
		g.register(name, connectOptions{addr: "127.0.0.1"})
	}
	g.say(root, "OPER root secret")
	cost := func(line string) float64 {
		g.slow = 0
		g.now = g.now.Add(time.Hour)
		alice.client.flood = bucket{}
		g.slow = time.Millisecond // five units between two looks at the clock
		g.say(alice, line)
		g.slow = 0
		return float64(alice.client.work) / workPerUnit
	}
	long := "PRIVMSG bob :" + strings.Repeat("a", 400)
	require.Less(t, cost(long), 0.1, "there are no filters")
	g.say(root, "FILTER ADD block /x/ no")
	require.Less(t, cost(long), 0.2, "a cheap pattern does not become dear because the machine is busy")
	g.say(root, "FILTER ADD block /[a-z]{400}9/ no")
	require.InDelta(t, 5, cost(long), 0.1)
	require.InDelta(t, cost(long), cost("PRIVMSG bob,carol,dave :"+strings.Repeat("a", 400)), 0.1, "the same text is compared once")
	require.Less(t, cost("PRIVMSG bob :a"), 0.1)
}

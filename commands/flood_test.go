package commands

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// shipped is the configuration of the scripts with the default flood limits.
var shipped = mergeConfig(testConfig, "[flood]\nenabled = true\n")

// priceOf returns the cost of a line, in units, for a client that has been quiet before.
func (g *stage) priceOf(a *actor, line string) float64 {
	g.now = g.now.Add(time.Hour)
	g.server.expire()
	a.client.flood = bucket{}
	g.say(a, line)
	return a.client.flood.spent
}

// TestAnswersCostTheirLength checks that answers whose length only depends on a list are charged by their bytes, for
// every verb.
func TestAnswersCostTheirLength(t *testing.T) {
	g := newStage(t, shipped)
	alice := g.register("alice", connectOptions{addr: "127.0.0.1", caps: []string{"batch", "draft/chathistory", "draft/metadata-2"}})
	g.say(alice, "JOIN #l")
	long := func(i int) string { return fmt.Sprintf("%03d%s!*@*", i, strings.Repeat("x", 180)) }
	by := alice.client.id
	var out outbox
	do := func(op state.Op) {
		g.server.order.Lock()
		defer g.server.order.Unlock()
		require.Nil(t, g.server.doFor(&out, by, nil, op))
	}
	for i := range 100 {
		do(&state.SetModes{Channel: "#l", Changes: []state.ModeChange{{On: true, Letter: 'b', Param: long(i)}}})
	}
	for range 200 {
		do(&state.Message{Kind: state.Privmsg, Target: "#l", Text: strings.Repeat("y", 350)})
	}
	for i := range 20 {
		do(&state.SetMetadata{Target: "*", Key: fmt.Sprint("k", i), Value: strings.Repeat("v", 250)})
	}
	for _, line := range []string{"MODE #l b", "BAN", "CHATHISTORY LATEST #l * 100", "HISTORY #l 100", "METADATA * LIST", "HELP"} {
		alice.take()
		price := g.priceOf(alice, line)
		bytes := 0
		for _, answer := range alice.take() {
			bytes += len(answer) + len("\r\n")
		}
		require.GreaterOrEqual(t, price, float64(bytes)/bytesPerUnit, "%s: %d bytes for %v units", line, bytes, price)
		require.Greater(t, bytes, 5000, line)
	}
}

// TestShortAnswersCostTheirRow checks that the usual commands of people and programs cost what the table says, even if
// many others receive lines because of them.
func TestShortAnswersCostTheirRow(t *testing.T) {
	g := newStage(t, shipped)
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	g.say(alice, "JOIN #l")
	var out outbox
	for i := range 1000 {
		who := state.SessionID(1_000_000 + i)
		require.Nil(t, g.server.doFor(&out, who, nil, &state.Register{Nick: fmt.Sprintf("m%d", i), Username: "m", Host: "h"}))
		require.Nil(t, g.server.doFor(&out, who, nil, &state.Join{Channel: "#l"}))
	}
	for line, want := range map[string]float64{
		"PRIVMSG #l :hello": 1, "TOPIC #l :hello": 1, "MODE #l": 0.25, "MODE #l +m": 1.5, "PING x": 0.25, "NAMES #l": 1, "AWAY :x": 2, "NICK al": 2,
		"PART #l": 1, "WHOIS m1": 1,
	} {
		require.Equal(t, want, g.priceOf(alice, line), line)
		g.say(alice, "JOIN #l")
	}
	g.say(alice, "PART #l")
	require.EqualValues(t, 1, g.priceOf(alice, "JOIN #l"))
}

// TestWorkIsCharged checks that the sender of a line pays for the work that it causes in the state, even for a command
// that only asks a question.
func TestWorkIsCharged(t *testing.T) {
	g := newStage(t, shipped)
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	var out outbox
	for i := range 9000 {
		who := state.SessionID(1_000_000 + i)
		require.Nil(t, g.server.doFor(&out, who, nil, &state.Register{Nick: fmt.Sprintf("m%d", i), Username: "m", Host: "h"}))
		require.Nil(t, g.server.doFor(&out, who, nil, &state.Join{Channel: "#l"}))
	}
	g.say(alice, "JOIN #l")
	require.Greater(t, g.priceOf(alice, "PRIVMSG #l :hello"), 1.5)
	require.Greater(t, g.priceOf(alice, "WHO *nobody*"), 30.0)
}

// TestLongAnswersArePaidOnTheWay checks that a client that owes too much gets the rest of a long answer only as its
// account fills.
func TestLongAnswersArePaidOnTheWay(t *testing.T) {
	g := newStage(t, shipped)
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	slow := &pacedConn{memoryConn: alice.conn, stage: g}
	alice.client.conn = slow
	var out outbox
	for i := range 9000 {
		who := state.SessionID(1_000_000 + i)
		require.Nil(t, g.server.doFor(&out, who, nil, &state.Register{Nick: fmt.Sprintf("m%d", i), Username: "m", Host: "h"}))
	}
	began := g.now
	alice.client.flood = bucket{}
	g.say(alice, "WHO *nobody*") // 36 units
	require.Zero(t, g.now.Sub(began), "as much as this may be owed")
	alice.client.flood = bucket{spent: 100, seen: g.now}
	g.say(alice, "WHO *nobody*")
	require.InDelta(t, 36/2, g.now.Sub(began).Seconds(), 2)
}

// pacedConn is a connection for which time passes while its handler waits.
type pacedConn struct {
	*memoryConn
	stage *stage
}

func (p *pacedConn) Await(most int, d time.Duration) bool {
	if most < 0 {
		p.stage.now = p.stage.now.Add(d)
		return false
	}
	return p.memoryConn.Await(most, d)
}

// TestLongAnswersEndWithTheClient checks that a client that does not read is disconnected, and that the rest of its
// answer causes no work.
func TestLongAnswersEndWithTheClient(t *testing.T) {
	g := newStage(t, testConfig)
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	deaf := &deafConn{memoryConn: alice.conn}
	alice.client.conn = deaf
	var out outbox
	for i := range 3000 {
		who := state.SessionID(1_000_000 + i)
		require.Nil(t, g.server.doFor(&out, who, nil, &state.Register{Nick: fmt.Sprintf("m%d", i), Username: "m", Host: "h"}))
	}
	alice.client.Line([]byte("WHO *nobody*"))
	require.Equal(t, 1, deaf.asked)
	require.True(t, alice.conn.closed)
	require.EqualError(t, alice.conn.reason, "SendQ exceeded")
}

// deafConn is a connection whose client never reads.
type deafConn struct {
	*memoryConn
	asked int
}

func (d *deafConn) Await(int, time.Duration) bool {
	d.asked++
	return false
}

package commands

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// TestTurns checks that a client that causes much work waits for its turn, and that a client that causes little work
// does not.
func TestTurns(t *testing.T) {
	g := newStage(t, testConfig)
	much := g.register("much", connectOptions{addr: "127.0.0.1"})
	little := g.register("little", connectOptions{addr: "127.0.0.1"})
	much.client.work = 2 * workPerUnit
	much.client.noteToil(table["WHO"])
	require.True(t, much.client.toils(table["PING"]))
	g.server.turn.place <- struct{}{} // a different client has it
	answered := make(chan struct{})
	go func() { // ends with the line
		defer close(answered)
		much.client.Line([]byte("PING x"))
	}()
	g.say(little, "PING x")
	require.Len(t, little.take(), 1)
	select {
	case <-answered:
		require.Fail(t, "it did not wait")
	default:
	}
	<-g.server.turn.place
	<-answered
	require.False(t, much.client.hasTurn)
	require.Len(t, much.take(), 1)
	require.Empty(t, g.server.turn.place, "the turn is given back")
	g.now = g.now.Add(10 * time.Second)
	require.False(t, much.client.toils(table["PING"]), "it is forgotten")
}

// TestTurnInTheMiddle checks that a line that causes much work takes its turn for the rest of its work, and that a
// panic gives the turn back.
func TestTurnInTheMiddle(t *testing.T) {
	g := newStage(t, testConfig)
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	call := &Call{Client: alice.client, message: parsed(t, "PING x"), command: table["PING"]}
	call.beginBill()
	call.View(func(*state.State) { call.reply(rplInfo.with(strings.Repeat("x", 400))) })
	require.False(t, call.hasTurn)
	call.work = workPerUnit
	call.View(func(*state.State) {})
	require.True(t, call.hasTurn)
	row := table["PING"]
	run := row.run
	defer func() { row.run = run }()
	row.run = func(c *Call) {
		c.work = workPerUnit
		c.View(func(*state.State) {})
		panic("on purpose")
	}
	call.endTurn()
	alice.client.Line([]byte("PING x"))
	require.Contains(t, g.logged.String(), "on purpose")
	require.Empty(t, g.server.turn.place)
}

package commands

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
	"bavard/wire"
)

// readingStage returns a stage with an IRC operator root, and a client bob whose long answers have several pages:
// #crowd has many members with metadata, #a and #b have many lines, and bob has had many conversations.
func readingStage(t *testing.T) (g *stage, root, bob *actor) {
	g = newStage(t, mergeConfig(testConfig+operConfig, "[metadata]\nsync_members = 1000\n[history]\nlines_per_request = 1000"))
	root = g.register("root", connectOptions{addr: "127.0.0.1"})
	g.say(root, "OPER root secret")
	bob = g.register("bob", connectOptions{addr: "127.0.0.1", caps: []string{
		"batch", "labeled-response", "draft/chathistory", "draft/metadata-2", "draft/multiline", "znc.in/playback", "no-implicit-names",
	}})
	g.say(bob, "METADATA * SUB color")
	var out outbox
	for i := range 2 * firstItems {
		who := state.SessionID(1_000_000 + i)
		color := []state.Metadatum{{Key: "color", Value: "red"}}
		require.Nil(t, g.server.doFor(&out, who, nil, &state.Register{Nick: fmt.Sprintf("m%d", i), Username: "m", Host: "h", Metadata: color}))
		require.Nil(t, g.server.doFor(&out, who, nil, &state.Join{Channel: "#crowd"}))
	}
	own := g.server.state.PartyOf(g.server.state.User("bob"))
	for i := range 2 * pageItems {
		peer, at := state.NewParty(state.AccountID(i+1), 0), state.Position{Elapsed: int64(i+1) * int64(time.Second), Order: uint64(i + 1)}
		g.history.Append(&state.Line{Position: at, Verb: "PRIVMSG", Source: fmt.Sprintf("peer%d!u@h", i), From: peer, Target: "bob", Params: []string{"x"}},
			state.PairBuffer(own, peer))
	}
	for _, channel := range []string{"#a", "#b"} {
		g.say(root, "JOIN "+channel)
		g.say(bob, "JOIN "+channel)
		for range 2 * pageBytes / 400 {
			g.say(root, "PRIVMSG "+channel+" :"+strings.Repeat("x", 400))
		}
	}
	bob.take()
	return g, root, bob
}

// TestBatchesEndWithTheConnection checks that every batch of an answer is ended when its connection ends between two
// pages, for any reason. The judge reads the lines.
// https://ircv3.net/specs/extensions/batch#the-batch-verb
func TestBatchesEndWithTheConnection(t *testing.T) {
	for _, ask := range []string{
		"CHATHISTORY LATEST #a * 1000",
		"CHATHISTORY TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 1000",
		"PRIVMSG *playback :PLAY *",
		"METADATA #crowd SYNC",
		"JOIN #crowd",
	} {
		for _, label := range []string{"", "@label=x "} {
			for name, happen := range map[string]func(g *stage, root *actor) (reads bool){
				"is killed": func(_ *stage, root *actor) bool {
					root.client.Line([]byte("KILL bob :enough"))
					return true
				},
				"is killed after a message": func(_ *stage, root *actor) bool {
					root.client.Line([]byte("PRIVMSG bob :beware"))
					root.client.Line([]byte("KILL bob :enough"))
					return true
				},
				"does not read":   func(*stage, *actor) bool { return false },
				"meets a mistake": func(*stage, *actor) bool { panic("our mistake") },
				"is stopped":      func(g *stage, _ *actor) bool { g.server.Stop("over"); return true },
			} {
				t.Run(label+ask+" "+name, func(t *testing.T) {
					g, root, bob := readingStage(t)
					happened := false
					bob.conn.awaiting = func() bool {
						if happened || len(bob.client.open.outermost) == 0 {
							return true
						}
						happened = true
						return happen(g, root)
					}
					g.say(bob, label+ask)
					require.True(t, happened, "the answer has only one page")
					require.True(t, bob.conn.over)
					lines := strings.Join(bob.take(), "\n")
					require.Equal(t, 1, strings.Count(lines, "ERROR :"), lines)
					require.Equal(t, strings.Count(label, "label="), strings.Count(lines, "label="), lines)
				})
			}
		}
	}
}

// TestKilledBetweenPages checks the lines of such an answer: the batch within the response ends before the response,
// and both end before the ERROR.
func TestKilledBetweenPages(t *testing.T) {
	g, root, bob := readingStage(t)
	bob.conn.awaiting = func() bool {
		root.client.Line([]byte("KILL bob :enough"))
		return true
	}
	g.say(bob, "@label=x JOIN #crowd")
	const now = "time=2026-01-01T12:00:00.000Z"
	lines := bob.take()
	require.Equal(t, []string{
		"@label=x :irc.test BATCH +3 labeled-response",
		"@batch=3;" + now + " :bob!bob@127.0.0.1 JOIN #crowd",
		"@batch=3 :irc.test BATCH +2 metadata #crowd",
		"@batch=2 :irc.test METADATA m0 color * :red",
	}, lines[:4])
	require.Equal(t, []string{
		"@" + now + " :root!root@127.0.0.1 KILL bob :enough",
		"@" + now + " :bob!bob@127.0.0.1 QUIT :Killed (root (enough))",
		"@batch=3 :irc.test BATCH -2",
		":irc.test BATCH -3",
		"ERROR :Closing Link: 127.0.0.1 (Killed (root (enough)))",
		"(closed)",
	}, lines[len(lines)-6:])
}

// TestBatchesEndFromWithin checks that a batch ends after those nested in it, each once, whoever ends it.
func TestBatchesEndFromWithin(t *testing.T) {
	_, bob := answering(t)
	c := bob.client
	c.answered()
	bob.take()
	begin := func(out *outbox) (outer, inner *batch) {
		outer = c.openBatch(out, "kind")
		return outer, outer.nested(func(reference string) []byte { return wire.Append(nil, batchStart("irc.test", reference, "other")) })
	}
	outer, inner := begin(&c.out)
	outer.end()
	inner.end()
	outer.end()
	require.Equal(t, []string{
		":irc.test BATCH +1 kind", "@batch=1 :irc.test BATCH +2 other", "@batch=1 :irc.test BATCH -2", ":irc.test BATCH -1",
	}, bob.take())

	// A batch that a different goroutine sends is no part of the answer, even when the client's own command ends the
	// connection.
	var other outbox
	c.labelled("y")
	begin(&other)
	begin(&c.out)
	c.end("Over", nil)
	c.answered()
	require.Equal(t, []string{
		":irc.test BATCH +3 kind", "@batch=3 :irc.test BATCH +4 other", "@batch=3 :irc.test BATCH -4", ":irc.test BATCH -3",
		"@label=y :irc.test BATCH +7 labeled-response",
		"@batch=7 :irc.test BATCH +5 kind", "@batch=5 :irc.test BATCH +6 other", "@batch=5 :irc.test BATCH -6", "@batch=7 :irc.test BATCH -5",
		"@batch=7 ERROR :Closing Link: localhost (Over)",
		":irc.test BATCH -7",
	}, bob.take())
}

package commands

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/wire"
)

// answering is a client with a labelled command on its way.
func answering(t *testing.T) (*stage, *actor) {
	g := newStage(t, testConfig)
	a := g.register("alice", connectOptions{caps: []string{"batch", "labeled-response"}})
	a.conn.judge = nil // these lines and labels are made by hand
	a.client.labelled("x")
	return g, a
}

func spoken(text string) wire.Line {
	return wire.Line{Source: "irc.test", Command: "NOTE", Params: []string{text}}
}

func TestResponseOfOneBatch(t *testing.T) {
	_, a := answering(t)
	a.client.out.sendBatch(a.client, []byte(":s BATCH +r kind\r\n@batch=r A\r\n:s BATCH -r\r\n"))
	a.client.answered()
	require.Equal(t, []string{"@label=x :s BATCH +r kind", "@batch=r A", ":s BATCH -r"}, a.take())
}

func TestResponseOfBatchesAndLines(t *testing.T) {
	_, a := answering(t)
	c := a.client
	b := c.openBatch(&c.out, "kind", "p")
	b.say(spoken("one"))
	inner := b.nested(func(reference string) []byte { return wire.Append(nil, batchStart("irc.test", reference, "other")) })
	inner.say(spoken("two"))
	inner.end()
	b.end()
	c.say(&c.out, spoken("three"))
	c.answered()
	require.Equal(t, []string{
		"@label=x :irc.test BATCH +3 labeled-response",
		"@batch=3 :irc.test BATCH +1 kind p",
		"@batch=1 :irc.test NOTE one",
		"@batch=1 :irc.test BATCH +2 other",
		"@batch=2 :irc.test NOTE two",
		"@batch=1 :irc.test BATCH -2",
		"@batch=3 :irc.test BATCH -1",
		"@batch=3 :irc.test NOTE three",
		":irc.test BATCH -3",
	}, a.take())
}

// TestResponseLetsOthersSpeak: what somebody else says comes after what the response held back, and before the rest of
// it.
func TestResponseLetsOthersSpeak(t *testing.T) {
	g, a := answering(t)
	b := g.register("bob", connectOptions{})
	c := a.client
	c.say(&c.out, spoken("one"))
	g.say(b, "PRIVMSG alice :hello")
	c.say(&c.out, spoken("two"))
	c.answered()
	require.Equal(t, []string{
		"@label=x :irc.test BATCH +1 labeled-response",
		"@batch=1 :irc.test NOTE one",
		":bob!bob@localhost PRIVMSG alice :hello",
		"@batch=1 :irc.test NOTE two",
		":irc.test BATCH -1",
	}, a.take())
	// A batch that has begun takes the label; what comes after it is not lost.
	c.labelled("y")
	open := c.openBatch(&c.out, "kind")
	g.say(b, "PRIVMSG alice :again")
	open.end()
	c.answered()
	require.Equal(t, []string{
		"@label=y :irc.test BATCH +2 kind", ":bob!bob@localhost PRIVMSG alice :again", ":irc.test BATCH -2",
	}, a.take())
	// Nothing held back: nothing to do before others.
	c.labelled("z")
	g.say(b, "PRIVMSG alice :third")
	c.answered()
	require.Equal(t, []string{":bob!bob@localhost PRIVMSG alice :third", "@label=z :irc.test ACK"}, a.take())
}

func TestResponseHoldsLittleBack(t *testing.T) {
	_, a := answering(t)
	c := a.client
	long := spoken(strings.Repeat("x", 400))
	for range mostHeldBytes/400 + 10 {
		c.say(&c.out, long)
	}
	require.NotEmpty(t, a.conn.lines, "it has opened its batch")
	c.answered()
	lines := a.take()
	require.Equal(t, "@label=x :irc.test BATCH +1 labeled-response", lines[0])
	require.Equal(t, ":irc.test BATCH -1", lines[len(lines)-1])
}

func TestResponseThatComesLater(t *testing.T) {
	_, a := answering(t)
	label := a.client.answerLater()
	a.client.answered()
	require.Empty(t, a.take())
	require.Empty(t, a.client.answerLater(), "there is no labelled command now")
	a.client.labelled(label)
	a.client.answered()
	require.Equal(t, []string{"@label=x :irc.test ACK"}, a.take())
}

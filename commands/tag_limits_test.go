package commands

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/wire"
)

// TestTagLimits: a client sends 4,094 bytes of tags and no more, and others get them whole after those of the server,
// which they cannot push over the limit of 8,191.
// https://ircv3.net/specs/extensions/message-tags#size-limit
func TestTagLimits(t *testing.T) {
	g := newStage(t, testConfig)
	alice := g.register("alice", connectOptions{caps: []string{"message-tags", "server-time", "batch", "labeled-response", "echo-message"}})
	bob := g.register("bob", connectOptions{caps: []string{"message-tags", "server-time"}})
	tags := func(size int) string { return "+x=" + strings.Repeat("y", size-len("+x=")) }

	g.say(alice, "@"+tags(wire.MaxClientTagBytes)+" PRIVMSG bob :hi")
	got := bob.take()
	require.Len(t, got, 1)
	sent, rest, _ := strings.Cut(got[0], " ")
	require.True(t, strings.HasPrefix(sent, "@time=") && strings.HasSuffix(sent, ";"+tags(wire.MaxClientTagBytes)), sent[:80])
	require.LessOrEqual(t, len(sent)+len(" "), 8191)
	require.Equal(t, ":alice!alice@localhost PRIVMSG bob :hi", rest)
	alice.take()

	g.say(alice, "@"+tags(wire.MaxClientTagBytes+1)+" PRIVMSG bob :hi")
	require.Empty(t, bob.take())
	require.Equal(t, []string{":irc.test 417 alice :Input line was too long"}, alice.take())

	// Tags that stay here count too, and the line behind them has its own limit.
	label := "label=z;"
	g.say(alice, "@"+label+"w="+strings.Repeat("y", wire.MaxClientTagBytes-len("w=")-len(label))+" PRIVMSG bob :hi")
	require.Len(t, bob.take(), 1)
	alice.take()
	g.say(alice, "@"+label+"w="+strings.Repeat("y", wire.MaxClientTagBytes-len("w="))+" PRIVMSG bob :hi")
	require.Empty(t, bob.take())
	require.Equal(t, []string{"@label=z :irc.test 417 alice :Input line was too long"}, alice.take())
	text := strings.Repeat("y", wire.MaxLineBytes-len("PRIVMSG bob :\r\n"))
	g.say(alice, "@"+label+tags(4000)+" PRIVMSG bob :"+text)
	require.Len(t, bob.take(), 1)
	alice.take()
	g.say(alice, "@label=z;"+tags(4000)+" PRIVMSG bob :"+text+"y")
	require.Empty(t, bob.take())
	require.Equal(t, []string{"@label=z :irc.test 417 alice :Input line was too long"}, alice.take())

	// What grows when it is escaped again does not exceed its earlier length.
	g.say(alice, "@+x="+strings.Repeat(`\:`, (wire.MaxClientTagBytes-3)/2)+" TAGMSG bob")
	got = bob.take()
	require.Len(t, got, 1)
	require.Contains(t, got[0], ";+x="+strings.Repeat(`\:`, (wire.MaxClientTagBytes-3)/2)+" ")
}

package commands

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPlaybackIsBounded: in what one request costs, and in what a connection keeps.
func TestPlaybackIsBounded(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[limits]\nchannels_per_user = 400\n[history]\ntotal_size = \"64MiB\""))
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	bob := g.register("bob", connectOptions{addr: "127.0.0.1", caps: []string{"znc.in/playback", "batch"}})
	for i := range 150 {
		channel := fmt.Sprint("#", i)
		g.say(alice, "JOIN "+channel)
		g.say(bob, "JOIN "+channel)
		g.wait(time.Millisecond)
		for range 12 {
			g.say(alice, "PRIVMSG "+channel+" :"+strings.Repeat("x", 300))
		}
	}
	bob.take()
	call := &Call{Client: bob.client, message: parsed(t, "PRIVMSG *playback :PLAY *"), command: table["PRIVMSG"]}
	play := func(text string) { // as Line would
		defer call.endTurn()
		call.playback(text)
	}
	play("PLAY *")
	lines := bob.take()
	require.Len(t, lines, mostPlayed*(12+2), "of the latest buffers")
	require.Contains(t, lines[0], "#50")
	require.Contains(t, lines[len(lines)-2], " #149 :")
	require.InDelta(t, mostPlayUnits, call.extra, 0, "a client asks for everything once")

	play("CLEAR *")
	require.Len(t, bob.client.unwanted, mostPlayed)
	for i := range 150 {
		g.wait(time.Millisecond)
		g.say(alice, fmt.Sprintf("PRIVMSG #%d :more", (i+50)%150))
	}
	for range 3 {
		play("CLEAR *")
	}
	require.Len(t, bob.client.unwanted, 150)
	for i := range 150 {
		g.say(alice, fmt.Sprintf("RENAME #%d #renamed%d", i, i))
	}
	play("CLEAR #renamed1*")
	require.Len(t, bob.client.unwanted, 150, "it goes by identity, not by name")
	require.LessOrEqual(t, len(bob.client.unwanted), mostUnwanted)
}

// TestPlaybackIsOneAnswer: however long the first of its batches is, it is not the whole answer to a label.
// https://ircv3.net/specs/extensions/labeled-response#tags
func TestPlaybackIsOneAnswer(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[history]\nlines_per_request = 500\nlines_per_channel = 500"))
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	bob := g.register("bob", connectOptions{addr: "127.0.0.1", caps: []string{"znc.in/playback", "batch", "labeled-response"}})
	for _, channel := range []string{"#long", "#short"} {
		g.say(alice, "JOIN "+channel)
		g.say(bob, "JOIN "+channel)
	}
	for range mostHeldBytes / 400 {
		g.say(alice, "PRIVMSG #long :"+strings.Repeat("x", 400))
	}
	g.wait(time.Second)
	g.say(alice, "PRIVMSG #short :hello")
	bob.take()
	g.say(bob, "@label=x PRIVMSG *playback :PLAY *")
	lines := bob.take()
	require.Regexp(t, `^@label=x :irc.test BATCH \+\w+ labeled-response$`, lines[0])
	outer := strings.Fields(lines[0])[3][1:]
	open := 0
	for _, line := range lines[1 : len(lines)-1] {
		switch {
		case strings.Contains(line, " BATCH +"), strings.Contains(line, " BATCH -"):
			require.True(t, strings.HasPrefix(line, "@batch="+outer+" "), line)
			open++
		default:
			require.True(t, strings.HasPrefix(line, "@batch="), line)
		}
	}
	require.Equal(t, 4, open)
	require.Equal(t, ":irc.test BATCH -"+outer, lines[len(lines)-1])
}

func TestUnixTime(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1_000_000_000, "1767268800.123": 1_767_268_800_123_000_000, "1.": 1_000_000_000, "0.0000000019": 1,
		"9999999999": 9_223_372_035_000_000_000,
	} {
		got, ok := parseUnixTime(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", ".", ".5", "-1", "+1", "1e3", "1.2.3", "12345678901", "0x1", "1,5", "\u0661"} {
		_, ok := parseUnixTime(text)
		require.False(t, ok, text)
	}
	require.Equal(t, "1767268800.007", unixTime(1_767_268_800_007_999_999))
}

func FuzzPlayback(f *testing.F) {
	for _, seed := range []string{"PLAY * 0 1", "PLAY #c,b*", "LIST", "CLEAR *", "PLAY [ 1.5", "", "PLAY \\ 9999999999.999999999"} {
		f.Add(seed)
	}
	g := newStage(&testing.T{}, testConfig)
	bob := g.register("bob", connectOptions{addr: "127.0.0.1", caps: []string{"znc.in/playback", "batch"}})
	g.say(bob, "JOIN #c")
	g.say(bob, "PRIVMSG #c :text")
	bob.take()
	f.Fuzz(func(t *testing.T, text string) {
		(&Call{Client: bob.client, message: parsed(t, "PRIVMSG *playback :x"), command: table["PRIVMSG"]}).playback(text)
		for _, line := range bob.take() {
			ours := strings.Contains(line, " :*playback!") && strings.HasPrefix(line, "@time=") || strings.HasPrefix(line, ":irc.test BATCH ") || strings.HasSuffix(line, " PRIVMSG #c :text")
			require.True(t, ours, line)
		}
		if at, ok := parseUnixTime(text); ok {
			require.False(t, g.server.state.AfterTime(at).IsZero())
		}
	})
}

package state

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// relaying is a state where everything may be relayed and played by members, with somebody in #c.
func relaying(t *testing.T) (*State, func(Op) ([]Event, *Refusal)) {
	s := New()
	order := uint64(0)
	apply := func(op Op) ([]Event, *Refusal) {
		order++
		return s.Apply(Stamp{Time: int64(order), Order: order, Session: 7, Origin: Origin{1, 1, order}}, op)
	}
	p := DefaultPolicy()
	p.Relay = Relaying{Separators: "/", Rank: NoRank, NickBytes: 32, User: "relay", Host: "irc.example"}
	p.Roleplay = Roleplaying{Enabled: true, Suffix: true}
	for _, op := range []Op{&NodeUp{}, &Configure{p}, &Register{Nick: "bot", Username: "u", Host: "h"}, &Join{Channel: "#c"}, &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: 'E'}}}} {
		_, refusal := apply(op)
		require.Nil(t, refusal)
	}
	return s, apply
}

func TestRelayedNicks(t *testing.T) {
	_, apply := relaying(t)
	for nick, good := range map[string]bool{
		"a/b": true, "a^b": false, "жук/дискорд": true, "a/b/c": true, "a:b/c": false, "a[1]/b": true, "日本/x": true,
		"": false, "a": false, "/": false, "/b": false, "a/": false, "a//": false, "a b/c": false, "a!b/c": false, "a/b@c": false, "#a/b": false, "@a/b": false,
		"a,b/c": false, "a/b.c": false, "a*/b": false, "a?/b": false, "a'/b": false, "a\"/b": false, "$a/b": false, "%a/b": false, "+a/b": false, "&a/b": false,
		"a\x00/b": false, "a\x02/b": false, "a\u200b/b": false, "a\u00a0/b": false, "\xff/b": false, "~a/b": false, "=a/b": false,
		strings.Repeat("x", 30) + "/b": true, strings.Repeat("x", 31) + "/b": false,
	} {
		events, refusal := apply(&Relay{Channel: "#c", Nick: nick, Text: "hi"})
		require.Equal(t, good, refusal == nil, "%q: %v", nick, refusal)
		if good {
			e := events[0].(*MessageSent)
			require.Equal(t, nick+"!relay@irc.example", e.Shown)
			require.Equal(t, "bot", e.From.Nick())
			require.True(t, e.Relayed)
			require.False(t, ValidNick(nick), "nobody can be called so")
		} else {
			require.Equal(t, BadRelayNick, refusal.Code)
		}
	}
}

func TestSeparators(t *testing.T) {
	for b := range byte(255) {
		if ValidSeparator(b) {
			require.False(t, ValidNick("a"+string(rune(b))+"b"))
			require.NotContains(t, reservedInNicks, string(rune(b)))
		}
	}
	require.True(t, ValidSeparator('/'))
	require.False(t, ValidSeparator('^'))
	require.False(t, ValidSeparator('.'))
	require.False(t, ValidSeparator(' '))
}

// TestLongRoleplay: however long the text is, who said it stands behind it, and an action has its end.
func TestLongRoleplay(t *testing.T) {
	_, apply := relaying(t)
	for _, text := range []string{strings.Repeat("x", 480), strings.Repeat("é", 240), strings.Repeat("日", 160)} {
		for _, action := range []bool{false, true} {
			events, refusal := apply(&Play{Channel: "#c", Nick: "hero", Text: text, Action: action})
			require.Nil(t, refusal)
			e := events[0].(*MessageSent)
			end := " (bot)"
			if action {
				end += "\x01"
			}
			require.True(t, strings.HasSuffix(e.Text, end), e.Text)
			require.Equal(t, "*hero*!bot@npc.fakeuser.invalid", e.Shown)
			require.LessOrEqual(t, len(":"+e.Shown+" PRIVMSG #c :"+e.Text+"\r\n"), 512)
			require.Greater(t, len(":"+e.Shown+" PRIVMSG #c :"+e.Text+"\r\n"), 508)
			require.True(t, strings.ToValidUTF8(e.Text, "") == e.Text)
		}
	}
}

// TestModeOfNoRoleplay: where there is no roleplay there is no mode for it; one that was set can be unset.
func TestModeOfNoRoleplay(t *testing.T) {
	s, apply := relaying(t)
	p := *s.Policy()
	p.Roleplay.Enabled, p.Relay.Separators = false, ""
	_, refusal := apply(&Configure{p})
	require.Nil(t, refusal)
	_, refusal = apply(&Play{Channel: "#c", Nick: "hero", Text: "hi"})
	require.Equal(t, CannotPlay, refusal.Code)
	_, refusal = apply(&Relay{Channel: "#c", Nick: "a/b", Text: "hi"})
	require.Equal(t, CannotRelay, refusal.Code)
	modes := func(on bool) *Declined {
		events, refusal := apply(&SetModes{Channel: "#c", Changes: []ModeChange{{On: on, Letter: 'E'}}})
		require.Nil(t, refusal)
		declined, _ := events[0].(*Declined)
		return declined
	}
	require.Nil(t, modes(false))
	require.False(t, s.Channel("#c").HasMode('E'))
	require.Equal(t, UnknownMode, modes(true).Refusal.Code)
}

// FuzzRelayedNick: what passes can be nobody's nick, and breaks no line.
func FuzzRelayedNick(f *testing.F) {
	for _, nick := range []string{"a/b", "жук/x", "a b/c", "/", "a!b/c", "a\x00/b", "\xff/b", "a\u202e/b", "=a/b"} {
		f.Add(nick)
	}
	p := DefaultPolicy()
	p.Relay = Relaying{Separators: "/(", NickBytes: 64}
	f.Fuzz(func(t *testing.T, nick string) {
		if p.badRelayNick(nick) != "" {
			return
		}
		require.False(t, ValidNick(nick))
		require.False(t, IsChannelName(nick))
		require.LessOrEqual(t, len(nick), 64)
		require.NotContains(t, "~&@%+:", nick[:1])
		for _, r := range nick {
			require.False(t, r <= ' ' || r == 0x7f || strings.ContainsRune("!@*?,", r), "%q", nick)
		}
		require.True(t, strings.ContainsAny(nick[1:], "/("))
	})
}

package state

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFold(t *testing.T) {
	require.Equal(t, "abc[]\\~é", ASCII.Fold("ABC[]\\~é"))
	require.Equal(t, "abc{}|^é", RFC1459.Fold("aBc[]\\~é"))
}

func TestValidNick(t *testing.T) {
	for _, nick := range []string{"a", "Bob-1", "[x]", "`^_|{}\\", "z9"} {
		require.True(t, ValidNick(nick), nick)
	}
	for _, nick := range []string{"", "1a", "-a", "a b", "a!b", "a@b", "a.b", "#a", "~a", "é", "a*", "a,b", ":a", "$a", "a\x00"} {
		require.False(t, ValidNick(nick), nick)
	}
}

func TestValidChannelName(t *testing.T) {
	for _, name := range []string{"#a", "#été", "##", "#a!b@c", "#日本"} {
		require.True(t, ValidChannelName(name), name)
	}
	for _, name := range []string{"", "#", "a", "&a", "#a b", "#a,b", "#a:b", "#a\x07", "#\x02a", "#a\u200b", "#\u00a0", "#\u202ea"} {
		require.False(t, ValidChannelName(name), "%q", name)
	}
}

func TestNormalMask(t *testing.T) {
	cases := map[string]string{
		"bob": "bob!*@*", "bob!u@h": "bob!u@h", "u@h": "*!u@h", "*.example": "*!*@*.example", "10.0.0.1": "*!*@10.0.0.1",
		"a!b": "a!b@*", "!@": "*!*@*", "**": "*!*@*", "a!@h": "a!*@h", "2001:db8::1": "*!*@2001:db8::1",
		"": "", ":x": "", "a b": "", strings.Repeat("x", 300): "",
	}
	for in, want := range cases {
		require.Equal(t, want, NormalMask(in, 200), in)
	}
}

func FuzzNormalMask(f *testing.F) {
	f.Add("a!b@c")
	f.Fuzz(func(t *testing.T, mask string) {
		if whole := NormalMask(mask, 200); whole != "" {
			require.Equal(t, whole, NormalMask(whole, 200))
			require.LessOrEqual(t, len(whole), 200)
		}
	})
}

func TestMessageIDsSortLikeStamps(t *testing.T) {
	stamps := []Stamp{{Time: 1, Order: 1}, {Time: 1, Order: 2}, {Time: 2, Order: 3}, {Time: 1 << 60, Order: 1 << 40}}
	require.Less(t, stamps[0].EventID(0), stamps[0].EventID(1))
	require.Less(t, stamps[0].EventID(65535), stamps[1].EventID(0))
	for i := 1; i < len(stamps); i++ {
		require.Less(t, stamps[i-1].MessageID(), stamps[i].MessageID())
	}
}

// FuzzParseMask: a mask's tidy form is a mask and its own tidy form, within the bound, and judging by it never panics.
func FuzzParseMask(f *testing.F) {
	for _, mask := range []string{"a!b@c", "$a", "$~a:x*", "$m:$~j:@#c", "$r:b?b", "$z", "$m:$m:x", "$"} {
		f.Add(mask)
	}
	s := small()
	_, refusal := s.Apply(Stamp{Origin: Origin{1, 1, 1}}, &NodeUp{})
	require.Nil(f, refusal)
	_, refusal = s.Apply(Stamp{Session: 1, Origin: Origin{1, 1, 2}}, &Register{Nick: "bob", Username: "u", Host: "h", Address: "10.0.0.1", Realname: "Bob"})
	require.Nil(f, refusal)
	f.Fuzz(func(t *testing.T, text string) {
		tidy, m, ok := s.policy.parseMask(text, extbanDepth)
		if !ok {
			return
		}
		require.LessOrEqual(t, len(tidy), s.policy.MaskBytes)
		require.NotContains(t, tidy, " ")
		again, _, ok := s.policy.parseMask(tidy, extbanDepth)
		require.True(t, ok, "%q", tidy)
		require.Equal(t, tidy, again)
		s.covers(m, s.subject(s.User("bob"), nil))
	})
}

func TestLetterSets(t *testing.T) {
	var set letterSet
	for _, letter := range []byte("@AZ[`az{") {
		set.set(letter, true)
	}
	require.Equal(t, "AZaz", set.String())
	set.set('z', false)
	require.False(t, set.has('z'))
	require.Equal(t, "AZa", set.String())
}

func TestKeepCutsAtARunesEdge(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"aé", 2, "a"}, {"aé", 3, "aé"}, {"a日本", 4, "a日"}, {"a日本", 6, "a日"}, {"😀😀", 7, "😀"}, {"é", 1, ""},
		{strings.Repeat("\x80", 9), 6, strings.Repeat("\x80", 6)}, {"", 3, ""}, {"abc", 0, ""},
	} {
		require.Equal(t, c.want, keep(c.text, c.most), "%q to %d", c.text, c.most)
	}
}

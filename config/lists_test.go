package config

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// accepts reports whether a file with this text is valid.
func accepts(text string) bool {
	_, err := Parse("c.toml", []byte(text))
	return err == nil
}

// A new row of a mode table can be used in the file without a change to this package.
func TestDefaultModesFollowTheTables(t *testing.T) {
	try := func(section string, letter byte) bool {
		return accepts("[roleplay]\nenabled = true\n[" + section + "]\ndefault_modes = " + strconv.Quote(string(rune(letter))) + "\n")
	}
	own := map[byte]bool{}
	for _, m := range state.UserModes() {
		own[m.Letter] = m.Own && !m.Oper && m.Name != "bot"
	}
	channel, user := "", ""
	for letter := byte('A'); letter <= 'z'; letter++ {
		m := state.ChannelModeInfo(letter)
		require.Equal(t, m.Kind == state.FlagMode && !m.Oper, try("channels", letter), "channel mode %c", letter)
		require.Equal(t, own[letter], try("users", letter), "user mode %c", letter)
		if try("channels", letter) {
			channel += string(rune(letter))
			require.Contains(t, optionDoc("channels.default_modes"), string(rune(letter))+" ("+m.Name+")")
		}
		if try("users", letter) {
			user += string(rune(letter))
		}
	}
	require.True(t, accepts("[roleplay]\nenabled = true\n[channels]\ndefault_modes = \"+"+channel+"\"\n[users]\ndefault_modes = \"+"+user+"\"\n"),
		"all of them together")
}

// optionDoc returns the explanation of an option.
func optionDoc(key string) string {
	for _, o := range Options() {
		if o.Key == key {
			return o.Doc
		}
	}
	return ""
}

func TestRanksFollowTheTable(t *testing.T) {
	letters := ""
	for _, r := range state.Ranks() {
		letters += string(rune(r.Letter))
		for _, section := range []string{"relaymsg", "roleplay"} {
			require.True(t, accepts("["+section+"]\nwho = "+strconv.Quote(r.Name)+"\n"), r.Name)
		}
		require.Equal(t, r.Rank, state.RankNamed(r.Name))
		require.Contains(t, optionDoc("channels.ranks"), string(rune(r.Letter))+" "+r.Name)
	}
	require.True(t, accepts("[channels]\nranks = "+strconv.Quote(letters)+"\n"))
	require.True(t, accepts("[roleplay]\nwho = \"member\"\n"))
	require.Equal(t, state.NoRank, state.RankNamed("member"))
}

func TestOperClassesFollowTheTables(t *testing.T) {
	for _, p := range state.Privileges() {
		require.True(t, accepts(oneClass+"privileges = ["+strconv.Quote(p.Name)+"]\n"), p.Name)
		require.Contains(t, Default().Class(DefaultOperClass).Privileges, p.Name)
	}
	for _, m := range state.Snomasks() {
		require.True(t, accepts(oneClass+"snomasks = "+strconv.Quote(string(rune(m.Letter)))+"\n"), "%c", m.Letter)
	}
	for _, host := range []string{"staff.example.org", "a:b", ":a", "a b", strings.Repeat("a", 63)} {
		require.Equal(t, state.ValidHost(host), accepts(oneClass+"vhost = "+strconv.Quote(host)+"\n"), host)
	}
}

func TestDefconFollowsTheTable(t *testing.T) {
	for _, m := range state.Measures() {
		require.True(t, accepts("[defcon]\nlevel4 = ["+strconv.Quote(m.Name)+"]\n"), m.Name)
		require.Equal(t, m.Measure, state.MeasureOf(m.Name))
		require.Equal(t, []string{m.Name}, m.Measure.Names())
		require.Contains(t, optionDoc("defcon.level4"), "'"+m.Name+"' ("+m.Help+")")
	}
}

func TestSeparatorsFollowTheRules(t *testing.T) {
	for b := byte('!'); b <= '~'; b++ {
		require.Equal(t, state.ValidSeparator(b), accepts("[relaymsg]\nseparators = "+strconv.Quote(string(rune(b)))+"\n"), "%c", b)
	}
}

func TestAutojoinFollowsTheRules(t *testing.T) {
	for _, name := range []string{"#a", "#", "a", "#a b", "#a,b", "#a:b", "#a\x07", "#a\u200b", "#é", "##", "#a#"} {
		require.Equal(t, state.ValidChannelName(name), accepts("[channels]\nautojoin = ["+strconv.QuoteToGraphic(name)+"]\n"), "%q", name)
	}
	same := "autojoin = [\"#a[\", \"#A{\"]\n"
	require.True(t, accepts("[channels]\n"+same))
	require.False(t, accepts("[server]\ncasemapping = \"rfc1459\"\n[channels]\n"+same), "one channel in two spellings")
}

// A tag that names a list that does not exist would show its braces to users.
func TestTagsHaveNoUnknownPlaceholder(t *testing.T) {
	for _, o := range Options() {
		require.NotRegexp(t, `\{[a-z ]+\}`, o.Doc, o.Key)
		require.NotRegexp(t, `[{}]`, strings.Join(o.Choices, ""), o.Key)
	}
}

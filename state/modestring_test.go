package state

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseChannelModes(t *testing.T) {
	p := DefaultPolicy()
	on := func(l byte, param string) ModeChange { return ModeChange{On: true, Letter: l, Param: param} }
	off := func(l byte, param string) ModeChange { return ModeChange{On: false, Letter: l, Param: param} }
	cases := []struct {
		args []string
		want ModeRequest
	}{
		{nil, ModeRequest{}},
		{[]string{"+mi-n"}, ModeRequest{Changes: []ModeChange{on('m', ""), on('i', ""), off('n', "")}}},
		{[]string{"m"}, ModeRequest{Changes: []ModeChange{on('m', "")}}},
		{[]string{"+ov-o", "a", "b", "c"}, ModeRequest{Changes: []ModeChange{on('o', "a"), on('v', "b"), off('o', "c")}}},
		{[]string{"+o"}, ModeRequest{}},
		{[]string{"b"}, ModeRequest{Queries: []byte{'b'}}},
		{[]string{"+bbe"}, ModeRequest{Queries: []byte{'b', 'e'}}},
		{[]string{"+b", "x", "y"}, ModeRequest{Changes: []ModeChange{on('b', "x")}}},
		{[]string{"+k"}, ModeRequest{}},
		{[]string{"-k"}, ModeRequest{Changes: []ModeChange{off('k', "")}}},
		{[]string{"-k", "x"}, ModeRequest{Changes: []ModeChange{off('k', "x")}}},
		{[]string{"-lm", "5"}, ModeRequest{Changes: []ModeChange{off('l', ""), off('m', "")}}},
		{[]string{"+l", "5"}, ModeRequest{Changes: []ModeChange{on('l', "5")}}},
		{[]string{"+xyx"}, ModeRequest{Changes: []ModeChange{on('x', ""), on('y', ""), on('x', "")}}},
		{[]string{"+a", "bob"}, ModeRequest{Changes: []ModeChange{on('a', "")}}}, // not among the ranks in use
		{[]string{"+vvv", "a", "b", "c"}, ModeRequest{Changes: []ModeChange{on('v', "a"), on('v', "b")}}},
	}
	for _, c := range cases {
		most := 0
		if len(c.args) > 0 && c.args[0] == "+vvv" {
			most = 2
		}
		require.Equal(t, c.want, p.ParseChannelModes(c.args, most), "%q", c.args)
	}
}

func TestFormatModes(t *testing.T) {
	modes, params := FormatModes([]ModeChange{{On: true, Letter: 'o', Param: "a"}, {On: true, Letter: 'm', Param: ""}, {On: false, Letter: 'v', Param: "b"}, {On: false, Letter: 'n', Param: ""}})
	require.Equal(t, "+om-vn", modes)
	require.Equal(t, []string{"a", "b"}, params)
}

func TestEveryLetterIsUsedOnce(t *testing.T) {
	seen := map[byte]bool{}
	for _, m := range channelModeTable {
		require.False(t, seen[m.letter], string(m.letter))
		seen[m.letter] = true
		require.NotEmpty(t, m.help)
		require.Equal(t, m.kind != FlagMode, m.check != nil, string(m.letter))
	}
	for _, r := range rankTable {
		require.False(t, seen[r.letter], string(r.letter))
		seen[r.letter] = true
		require.NotEmpty(t, r.help)
	}
}

func FuzzParseChannelModes(f *testing.F) {
	f.Add("+ob-k", "a", "b")
	f.Fuzz(func(t *testing.T, modes, a, b string) {
		p := DefaultPolicy()
		r := p.ParseChannelModes([]string{modes, a, b}, 20)
		require.LessOrEqual(t, len(r.Queries)+len(r.Changes), len(modes))
		out, params := FormatModes(r.Changes)
		require.LessOrEqual(t, len(params), 2)
		again := p.ParseChannelModes(append([]string{out}, params...), 20)
		require.LessOrEqual(t, len(again.Changes), len(r.Changes))
	})
}

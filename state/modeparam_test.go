package state

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStripFormatting(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "\x02b\x0f": "b", "\x03": "", "\x031": "", "\x0312": "", "\x03123": "3", "\x031,2x": "x", "\x031,12": "",
		"\x031,123": "3", "\x03,1": ",1", "\x031,": ",", "\x031,x": ",x", "\x04ff00ff": "", "\x04ff00ffa": "a", "\x04ff00ff,00ff00z": "z",
		"\x04zz": "zz", "caf\xc3\xa9\x1d": "caf\xc3\xa9", "\x01ACTION x\x01": "\x01ACTION x\x01",
	} {
		require.Equal(t, want, stripFormatting(in), "%q", in)
		require.Equal(t, want, stripFormatting(want), "%q", want)
	}
}

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "90": 90, "90s": 90, "1m30s": 90, "1H": 3600, "1d": 86400, "1w": 604800, "1000000": 1_000_000} {
		seconds, ok := parseSpan(text, 1_000_000)
		require.True(t, ok, text)
		require.Equal(t, want, seconds, text)
	}
	for _, text := range []string{"", "0", "0s", "2m5", "s", "1x", "-1", "+1", "1 ", "1ss", "1000001", "9999999999", "99999999999999999999w", "999999999w"} {
		_, ok := parseSpan(text, 1_000_000)
		require.False(t, ok, text)
	}
}

func TestReadFlood(t *testing.T) {
	p, ok := readFlood("[10m#m5,4r#b10,3n#k]:15")
	require.True(t, ok)
	require.Equal(t, floodProfile{
		{kind: 'm', rate: rate{10, 15 * second}, action: 'm', span: 300 * second},
		{kind: 'r', rate: rate{4, 15 * second}, action: 'b', span: 600 * second},
		{kind: 'n', rate: rate{3, 15 * second}, action: 'k'},
	}, p)
	for _, text := range []string{
		"", "[", "[]", "[]:1", "[1m#k]", "[1m#k]:", "[1m#k]:0", "[1m#k]:601", "1m#k]:5", "[1m]:5", "[m#k]:5", "[0m#k]:5", "[1001m#k]:5", "[1x#k]:5",
		"[1m#x]:5", "[1m#k5]:5", "[1m#m]:5", "[1m#m0]:5", "[1m#m+5]:5", "[1m#k,]:5", "[1m#k,2m#k]:5", "[1m#m99999]:5",
	} {
		_, ok := readFlood(text)
		require.False(t, ok, text)
	}
	for name, rules := range floodProfiles {
		_, ok := readFlood(rules)
		require.True(t, ok, name)
	}
}

func TestRate(t *testing.T) {
	r := rate{2, 10}
	require.False(t, r.full(nil, 5))
	start, count := r.counted(nil, 5)
	require.Equal(t, []int64{5, 1}, []int64{start, count})
	start, count = r.counted([]int64{5, 1}, 14)
	require.Equal(t, []int64{5, 2}, []int64{start, count})
	require.True(t, r.full([]int64{5, 2}, 14))
	require.False(t, r.full([]int64{5, 2}, 15))
	start, count = r.counted([]int64{5, 2}, 15)
	require.Equal(t, []int64{15, 1}, []int64{start, count})
}

// FuzzModeParams: what a row's check lets through fits into a line, is left as it is by another check, and can be read.
func FuzzModeParams(f *testing.F) {
	for _, text := range []string{"[1m#k]:5", "normal", "2:3", "20:1h", "o:*!*@*", "noctcp:v", "#c", "word", "1m30s", "$m:a!b@c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" {
			return // it never comes to a check
		}
		p := DefaultPolicy()
		for i := range channelModeTable {
			row := &channelModeTable[i]
			if row.check == nil {
				continue
			}
			tidy, why, ok := row.check(&p, text)
			if !ok {
				require.NotEmpty(t, why, "%c %q", row.letter, text)
				continue
			}
			require.LessOrEqual(t, len(tidy), max(p.MaskBytes, 250), "%c", row.letter)
			require.False(t, tidy == "" || strings.ContainsAny(tidy, " \r\n\x00") || tidy[0] == ':', "%c %q", row.letter, tidy)
			again, _, ok := row.check(&p, tidy)
			require.True(t, ok, "%c %q", row.letter, tidy)
			require.Equal(t, tidy, again, "%c", row.letter)
			if row.parse != nil {
				require.NotNil(t, row.parse(tidy), "%c %q", row.letter, tidy)
			}
			if row.test != nil {
				require.NotNil(t, row.test(&p, tidy), "%c %q", row.letter, tidy)
			}
		}
	})
}

package state

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// notDurations holds one example of each kind of mistake.
var notDurations = []string{
	"", "h", "2x", "-1h", "+1h", "1.5h", "1,5h", "1hour", "5min", "1month", "1mo", "1d12", "1h2", "12 h", "2h ", "1h1", "00", "1ſ", "１h",
	"300y", "101y", "100y1s", "100y100y100y100y100y100y", "99999999999h", "9223372036854775808s",
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "2h": 120 * minute, "1d12h": day + 720*minute, "90S": 90 * second, "1y": 365 * day, "1w1m": 7*day + minute, "100y": MostDuration,
		"1000ms": second, "05m": 5 * minute,
	} {
		d, ok := ParseDuration(text, 0)
		require.True(t, ok, text)
		require.Equal(t, want, d, text)
		again, ok := ParseDuration(FormatFineDuration(d), 0)
		require.True(t, ok, text)
		require.Equal(t, d, again, text)
	}
	for _, text := range append(notDurations, "0s", "0h0m", "5", "1ms", "1s1ms") {
		for _, bare := range []int64{0, second} {
			if bare > 0 && text == "5" {
				continue
			}
			_, ok := ParseDuration(text, bare)
			require.False(t, ok, text)
		}
	}
	for _, text := range append(notDurations, "5") {
		_, ok := ParseFineDuration(text)
		require.False(t, ok, text)
	}
	require.Equal(t, "0s", FormatDuration(second-1))
	require.Equal(t, "1m30s", FormatDuration(90*second+1))
	require.Equal(t, "250ms", FormatFineDuration(second/4))
}

func TestDurationsWithoutAUnit(t *testing.T) {
	for text, want := range map[string]int64{"5": 5 * minute, "1h": 60 * minute, "0": 0, "52560000": MostDuration} {
		d, ok := ParseDuration(text, minute)
		require.True(t, ok, text)
		require.Equal(t, want, d, text)
	}
	for _, text := range append(notDurations, "0s", "52560001") {
		_, ok := ParseDuration(text, minute)
		require.False(t, ok, text)
	}
}

// FuzzParseDuration: what is read is within the bound, and is read again as it is written.
func FuzzParseDuration(f *testing.F) {
	for _, text := range append(notDurations, "0", "1d12h", "90S") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := ParseFineDuration(text)
		if !ok {
			require.Zero(t, d)
			return
		}
		require.GreaterOrEqual(t, d, int64(0))
		require.LessOrEqual(t, d, MostDuration)
		again, ok := ParseFineDuration(FormatFineDuration(d))
		require.True(t, ok)
		require.Equal(t, d, again)
		whole, isWhole := ParseDuration(text, 0)
		require.Equal(t, d%second == 0 && (d > 0 || text == "0"), isWhole)
		require.True(t, !isWhole || whole == d)
	})
}

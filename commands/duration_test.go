package commands

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "2h": 2 * time.Hour, "1d12h": 36 * time.Hour, "90S": 90 * time.Second, "1y": 365 * 24 * time.Hour, "1w1m": 7*24*time.Hour + time.Minute,
	} {
		d, ok := parseDuration(text)
		require.True(t, ok, text)
		require.Equal(t, want, d, text)
		if want > 0 {
			again, ok := parseDuration(durationText(d))
			require.True(t, ok)
			require.Equal(t, d, again)
		}
	}
	for _, text := range []string{"", "5", "h", "2x", "-1h", "1.5h", "99999999999h", "101y", "0s", "2h ", "1h2", "100y1s", "100y100y100y100y100y100y"} {
		_, ok := parseDuration(text)
		require.False(t, ok, text)
	}
	require.Equal(t, "0s", durationText(time.Millisecond))
}

// FuzzParseDuration: what is read is within the bound, and is read again as it is written.
func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"0", "1d12h", "100y100y100y100y100y100y", "90S", "1h2", "2x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := parseDuration(text)
		if !ok || d == 0 {
			require.False(t, ok && text != "0", text)
			return
		}
		require.Positive(t, d)
		require.LessOrEqual(t, d, mostDuration)
		again, ok := parseDuration(durationText(d))
		require.True(t, ok)
		require.Equal(t, d, again)
	})
}

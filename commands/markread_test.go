package commands

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func FuzzMarkTime(f *testing.F) {
	for _, text := range []string{
		"timestamp=2026-01-01T12:00:30.123Z", "timestamp=9999-12-31T23:59:59.999Z", "timestamp=0000-01-01T00:00:00.000Z", "timestamp=2026-01-01T2:00:30.123Z",
		"timestamp=2262-04-11T23:47:16.854Z", "timestamp=1677-09-21T00:12:43.145Z", "timestamp=2026-01-01T12:00:60.000Z", "*", "timestamp=", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		nanoseconds, ok := parseMarkTime(text)
		switch {
		case !ok:
			require.Zero(t, nanoseconds)
		case nanoseconds == math.MaxInt64 || nanoseconds == math.MinInt64:
			at, err := time.Parse("timestamp="+markLayout, text)
			require.NoError(t, err)
			require.Equal(t, nanoseconds > 0, at.Year() > 2000)
		default:
			require.Equal(t, text, "timestamp="+serverTime(nanoseconds), "what is read is what would be written")
		}
	})
}

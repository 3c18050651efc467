package commands

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAnswerCacheIsBounded whatever it is asked to keep, and forgets what is over first.
func TestAnswerCacheIsBounded(t *testing.T) {
	var cache answerCache[int, string]
	now := time.Unix(1_000_000, 0)
	cache.keep(-1, "short", now, now.Add(time.Minute))
	for i := range 2 * answerCacheEntries {
		cache.keep(i, "x", now, now.Add(time.Hour))
		require.LessOrEqual(t, len(cache.answers), answerCacheEntries)
	}
	last := 2*answerCacheEntries - 1
	value, found := cache.find(last, now)
	require.True(t, found)
	require.Equal(t, "x", value)
	_, found = cache.find(last, now.Add(time.Hour))
	require.False(t, found)
}

// TestAnswerCacheDropsWhatIsOver before anything that still holds.
func TestAnswerCacheDropsWhatIsOver(t *testing.T) {
	var cache answerCache[int, string]
	now := time.Unix(1_000_000, 0)
	half := answerCacheEntries / 2
	for i := range answerCacheEntries {
		cache.keep(i, "x", now, now.Add(time.Duration(1+i/half)*time.Hour))
	}
	now = now.Add(time.Hour)
	cache.keep(-1, "new", now, now.Add(time.Hour))
	for i := half; i < answerCacheEntries; i++ {
		_, found := cache.find(i, now)
		require.True(t, found, i)
	}
	require.Len(t, cache.answers, answerCacheEntries-half+1)
}

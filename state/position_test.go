package state

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mostOrder is the greatest order that has an id.
const mostOrder = 1<<48 - 1

func TestEventIDsAreReadBack(t *testing.T) {
	for _, p := range []Position{
		{1, 0, 0}, {1_767_268_800_123_456_789, 7, 0}, {1_767_268_800_123_456_789, mostOrder, math.MaxUint16}, {math.MaxInt64, 1, 2},
	} {
		id := p.ID()
		got, ok := ParseEventID(id)
		require.True(t, ok, id)
		require.Equal(t, p, got)
		require.Equal(t, id, Stamp{Elapsed: p.Elapsed, Order: p.Order}.EventID(p.Index))
	}
}

func TestOnlyOurIDsAreRead(t *testing.T) {
	good := Position{1_767_268_800_123_456_789, 7, 3}.ID()
	require.Len(t, good, 26)
	last := strings.Index("0123456789ABCDEFGHIJKLMNOPQRSTUV", good[25:])
	for name, id := range map[string]string{
		"nothing":          "",
		"short":            good[:25],
		"long":             good + "0",
		"lower case":       strings.ToLower(good),
		"no letter of it":  "Z" + good[1:],
		"a line break":     good[:25] + "\n",
		"break in the way": good[:10] + "\r\n" + good[12:],
		"padding":          good[:25] + "=",
		"unused bits":      good[:25] + "0123456789ABCDEFGHIJKLMNOPQRSTUV"[last|1:last|1+1],
		"time zero":        Position{0, 7, 3}.ID(),
		"before time":      Position{-1, 7, 3}.ID(),
	} {
		_, ok := ParseEventID(id)
		require.False(t, ok, name)
	}
}

func FuzzParseEventID(f *testing.F) {
	f.Add(Position{1_767_268_800_123_456_789, 7, 3}.ID())
	f.Add("")
	f.Add("3239JAJAGEH00000000003G00\n")
	f.Fuzz(func(t *testing.T, id string) {
		if p, ok := ParseEventID(id); ok {
			require.Equal(t, id, p.ID())
		}
	})
}

// TestPositionsOfTime: a time that a client names is a whole millisecond, and what happened in it is neither before it
// nor after it.
func TestPositionsOfTime(t *testing.T) {
	s := New()
	const at = 1_767_268_800_123_000_000
	inside := []Position{{at, 0, 0}, {at, 9, 9}, {at + 999_999, mostOrder, math.MaxUint16}}
	for _, named := range []int64{at, at + 1, at + 999_999} {
		for _, p := range inside {
			require.GreaterOrEqual(t, p.Compare(s.BeforeTime(named)), 0)
			require.LessOrEqual(t, p.Compare(s.AfterTime(named)), 0)
		}
		require.Negative(t, Position{at - 1, mostOrder, math.MaxUint16}.Compare(s.BeforeTime(named)))
		require.Positive(t, Position{at + 1_000_000, 0, 0}.Compare(s.AfterTime(named)))
	}
	require.False(t, s.BeforeTime(0).IsZero(), "which would be no bound")
	for _, extreme := range []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64} {
		require.LessOrEqual(t, s.BeforeTime(extreme).Elapsed, extreme)
		require.GreaterOrEqual(t, s.AfterTime(extreme).Elapsed, extreme)
	}
}

func TestPreviousPosition(t *testing.T) {
	for _, p := range []Position{{5, 3, 2}, {5, 3, 0}, {5, 0, 0}, {-5, 0, 0}} {
		before := p.Previous()
		require.Negative(t, before.Compare(p))
		if p.Order > 0 {
			require.LessOrEqual(t, Position{p.Elapsed, p.Order - 1, math.MaxUint16}.Compare(before), 0, "nothing stands between")
		}
	}
	first := Position{Elapsed: math.MinInt64}
	require.Equal(t, first, first.Previous())
}

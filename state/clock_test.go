package state

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

const hour = 60 * minute

// noon is a time of day to start from.
const noon = 1_767_268_800 * second

// TestClockIsCorrected: the clock was two hours ahead at first; the time of day is right at once, and the state's
// clock goes on.
func TestClockIsCorrected(t *testing.T) {
	s := New()
	tick := func(elapsed, wall int64) {
		s.tick(Stamp{Elapsed: elapsed, Time: wall})
		require.Equal(t, wall, s.Wall())
		require.Equal(t, wall, s.WallAt(s.Now()))
		require.NoError(t, s.checkClock())
	}
	const ahead = noon + 2*hour
	tick(ahead, ahead)
	tick(ahead+10*minute, ahead+10*minute)
	tick(ahead+11*minute, noon+11*minute) // corrected
	tick(ahead+20*minute, noon+20*minute)
	require.Equal(t, ahead+20*minute, s.Now())

	for moment, wall := range map[int64]int64{
		ahead: ahead, ahead + 10*minute: ahead + 10*minute, ahead + 11*minute - 1: ahead + 11*minute - 1,
		ahead + 11*minute: noon + 11*minute, ahead + 20*minute: noon + 20*minute,
	} {
		require.Equal(t, wall, s.WallAt(moment))
		require.Equal(t, moment, s.WhenShown(wall))
	}
	require.Equal(t, ahead+25*minute, s.WhenShown(noon+25*minute), "what is to come")
	require.Equal(t, ahead+11*minute+3*hour, s.WhenShown(noon+3*hour+11*minute), "later than was ever shown")
	require.Equal(t, noon, s.WhenShown(noon), "before all")

	restored, err := Restore(s.Snapshot())
	require.NoError(t, err)
	require.Equal(t, s.steps, restored.steps)
	require.Equal(t, s.wall, restored.wall)
}

// TestClockIsSetAhead: times of day that were skipped are those of the step.
func TestClockIsSetAhead(t *testing.T) {
	s := New()
	s.tick(Stamp{Elapsed: noon, Time: noon})
	s.tick(Stamp{Elapsed: noon + minute, Time: noon + hour})
	s.tick(Stamp{Elapsed: noon + 2*minute, Time: noon + hour + minute})
	require.Equal(t, noon+second, s.WhenShown(noon+second))
	require.Equal(t, noon+minute, s.WhenShown(noon+30*minute))
	require.Equal(t, noon+minute+second, s.WhenShown(noon+hour+second))
	// The clock was set in the middle of a millisecond.
	s.tick(Stamp{Elapsed: noon + 3*minute, Time: noon + 500_000})
	at := s.BeforeTime(noon + 700_000)
	require.Negative(t, at.Compare(Position{Elapsed: noon + 3*minute}))
	require.Positive(t, s.AfterTime(noon+700_000).Compare(Position{Elapsed: noon + 3*minute + 400_000}))
}

// TestClockStepsAreBounded: of too many steps the small ones are forgotten.
func TestClockStepsAreBounded(t *testing.T) {
	s := New()
	s.tick(Stamp{Elapsed: noon, Time: noon})
	s.tick(Stamp{Elapsed: noon + hour, Time: noon})
	for i := range int64(1000) {
		s.tick(Stamp{Elapsed: noon + hour + i*second, Time: noon + i*second + i%2*minute})
		require.NoError(t, s.checkClock())
	}
	require.Len(t, s.steps, mostClockSteps)
	require.Equal(t, noon+minute, s.WallAt(noon+minute), "the large one is known")
	require.InDelta(t, noon+500*second, s.WallAt(noon+hour+500*second), float64(2*minute))
}

// TestClockOfOldStamps: those had one time, which never ran back.
func TestClockOfOldStamps(t *testing.T) {
	s := New()
	for _, x := range [][2]int64{{5, 5}, {9, 9}, {7, 9}, {12, 12}} {
		s.tick(Stamp{Time: x[0]})
		require.Equal(t, []int64{x[1], x[1]}, []int64{s.Now(), s.Wall()})
	}
	require.Equal(t, []clockStep{{From: 5}}, s.steps)
}

func TestClockOfExtremes(t *testing.T) {
	s := New()
	for _, ahead := range []int64{0, 1 << 60, -1 << 60, math.MaxInt64 - noon, 0} {
		s.tick(Stamp{Elapsed: max(noon, s.now+1), Time: max(noon, s.now+1) + ahead})
		for _, wall := range []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, noon, math.MaxInt64 - 1, math.MaxInt64} {
			before, after := s.BeforeTime(wall), s.AfterTime(wall)
			require.LessOrEqual(t, before.Compare(after), 0)
			require.False(t, before.IsZero())
		}
	}
}

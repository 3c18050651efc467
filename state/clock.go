package state

import (
	"fmt"
	"math"
	"slices"
)

// The state has two clocks. One counts how long things take and decides what comes after what: it only runs forward, at
// its own pace, whatever the system's clock is set to. The other is the time of day that is shown: it follows the
// system's clock, even when that is set back. Both arrive in the stamp.

// clockStep says by how much the time of day is ahead of the state's clock, from a moment of the state's clock on.
type clockStep struct{ From, Ahead int64 }

// mostClockSteps bounds the steps that are remembered; beyond that the smallest is forgotten.
const mostClockSteps = 64

// tick puts the times of a stamp in force, and returns the stamp with them. An older encoding has one time for both.
func (s *State) tick(st Stamp) Stamp {
	if st.Elapsed == 0 {
		st.Elapsed, st.Time = st.Time, max(st.Time, s.now)
	}
	s.now, s.wall = max(s.now, st.Elapsed), st.Time
	st.Elapsed = s.now
	if n := len(s.steps); n == 0 || s.steps[n-1].Ahead != s.wall-s.now {
		s.addStep(clockStep{s.now, s.wall - s.now})
	}
	return st
}

func (s *State) addStep(step clockStep) {
	if n := len(s.steps); n > 0 && s.steps[n-1].From == step.From {
		s.steps[n-1] = step
		return
	}
	s.steps = append(s.steps, step)
	if len(s.steps) <= mostClockSteps {
		return
	}
	least, size := 1, int64(math.MaxInt64)
	for i := 1; i < len(s.steps)-1; i++ {
		if d := max(s.steps[i].Ahead-s.steps[i-1].Ahead, s.steps[i-1].Ahead-s.steps[i].Ahead); d < size {
			least, size = i, d
		}
	}
	s.steps = slices.Delete(s.steps, least, least+1)
}

// Now returns the state's clock in nanoseconds. All durations are measured by it. It never runs back.
func (s *State) Now() int64 { return s.now }

// Wall returns the time of day of the latest operation, in nanoseconds since 1970, UTC.
func (s *State) Wall() int64 { return s.wall }

// WallAt returns the time of day that was shown, or will be, at a moment of the state's clock.
func (s *State) WallAt(moment int64) int64 {
	for i := len(s.steps) - 1; i >= 0; i-- {
		if step := s.steps[i]; i == 0 || moment >= step.From {
			return difference(moment, -step.Ahead)
		}
	}
	return moment
}

// WhenShown returns the latest moment of the state's clock at which a time of day was shown. For a time of day that was
// skipped it is the moment of the step, and for a future one the moment that will show it.
func (s *State) WhenShown(wall int64) int64 {
	for i := len(s.steps) - 1; i >= 0; i-- {
		step, end := s.steps[i], s.now
		if i+1 < len(s.steps) {
			end = s.steps[i+1].From - 1
		}
		// A time of day is a whole millisecond, of which the moment of the step may be a part.
		moment := difference(wall, step.Ahead)
		if moment > step.From-millisecond && moment <= end {
			return moment
		}
	}
	for i := len(s.steps) - 1; i >= 0; i-- {
		moment := difference(wall, s.steps[i].Ahead)
		switch {
		case i > 0 && moment < s.steps[i].From:
		case i+1 < len(s.steps):
			return min(moment, s.steps[i+1].From)
		default:
			return moment
		}
	}
	return wall
}

// difference returns a - b, limited to the range of int64.
func difference(a, b int64) int64 {
	switch d := a - b; {
	case b > 0 && d > a:
		return math.MinInt64
	case b < 0 && d < a:
		return math.MaxInt64
	default:
		return d
	}
}

// BeforeTime returns the last place before all events of the millisecond of the day that contains wall, in
// nanoseconds. No event has this place.
func (s *State) BeforeTime(wall int64) Position {
	moment := s.WhenShown(floorMillisecond(wall))
	if moment == math.MinInt64 {
		return Position{Elapsed: moment}
	}
	return Position{moment - 1, math.MaxUint64, math.MaxUint16}
}

// AfterTime returns the last place within the millisecond of the day that contains wall. No event has this place.
func (s *State) AfterTime(wall int64) Position {
	moment := s.WhenShown(floorMillisecond(wall))
	return Position{difference(moment, 1-millisecond), math.MaxUint64, math.MaxUint16}
}

// restoreClock takes the clock from a snapshot; an older one has one time for both.
func (s *State) restoreClock(in *snapshot) {
	s.wall, s.steps = in.Wall, in.Steps
	if len(in.Steps) == 0 {
		s.wall = s.now
	}
}

// checkClock: the steps are in order, and bounded.
func (s *State) checkClock() error {
	for i := 1; i < len(s.steps); i++ {
		if s.steps[i-1].From >= s.steps[i].From {
			return fmt.Errorf("steps of the clock out of order at %d", i)
		}
	}
	if n := len(s.steps); n > mostClockSteps || n > 0 && (s.steps[n-1].From > s.now || s.WallAt(s.now) != s.wall) {
		return fmt.Errorf("%d steps of the clock, it is %d, shown as %d", n, s.now, s.wall)
	}
	return nil
}

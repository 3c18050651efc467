package commands

import (
	"time"
)

// Two clocks are kept apart: the time of day, which is shown and follows the system's clock wherever it is set, and the time
// that passes, by which everything that lasts is measured. What is measured uses steady or elapsed, never Options.Now.

const (
	// clockSlack is how far the time of day that is shown may be from the system's before it follows. Between two steps both
	// clocks of a stamp move together, so that a time that a client names leads to the moment that was shown as that.
	clockSlack = 100 * time.Millisecond
	// clockStepLogged is how large a step of the system's clock is logged.
	clockStepLogged = 3 * time.Second
)

// clock turns the system's clocks into those of the state.
type clock struct {
	// began is the state's clock at the start of the process.
	began int64
	// ahead is by how much the time of day is ahead of the state's clock. Server.mu guards it.
	ahead int64
}

// startClock lets the state's clock go on from where it was left. While the daemon was down only the time of day went on, and
// an empty state's clock begins with that.
func (s *Server) startClock(now time.Time) {
	wall := max(now.UnixNano(), 1)
	s.clock.began = s.state.Now() + max(wall-s.state.Wall(), 0) - int64(s.ran(now))
	s.clock.ahead = wall - s.elapsed()
}

// steady returns a time for measuring, which no set clock moves. It must not be shown.
func (s *Server) steady() time.Time { return s.started.Add(s.ran(s.options.Now())) }

// ran returns how long the server has run. A time.Time of time.Now has the reading of a clock that nobody sets as well, and
// Sub uses that.
func (s *Server) ran(now time.Time) time.Duration {
	if s.options.Elapsed != nil {
		return s.options.Elapsed()
	}
	return now.Sub(s.started)
}

// elapsed returns the state's clock as it stands now.
func (s *Server) elapsed() int64 { return s.clock.began + int64(s.ran(s.options.Now())) }

// idle returns for how long somebody has been silent who was last active at a moment of the state's clock.
func (s *Server) idle(since int64) int64 { return max(s.elapsed()-since, 0) }

// stampTimes returns both clocks for an operation. s.mu is held.
func (s *Server) stampTimes() (wall, elapsed int64) {
	now := s.options.Now()
	elapsed = s.clock.began + int64(s.ran(now))
	if step := time.Duration(now.UnixNano() - elapsed - s.clock.ahead); step.Abs() > clockSlack {
		s.clock.ahead += int64(step)
		if step.Abs() > clockStepLogged {
			s.options.Log.Warn("clock set", "by", step.Round(time.Millisecond), "now", now.UTC())
		}
	}
	return elapsed + s.clock.ahead, elapsed
}

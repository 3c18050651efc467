package commands

import (
	"time"
)

// The server uses two clocks. The time of day is shown to users, and follows the system's clock even when that is set.
// The state's clock advances only as time passes, and everything that lasts is measured with it. Code that measures
// uses steady or elapsed, never Options.Now.

const (
	// clockSlack is how far the shown time of day can differ from the system's clock before it is corrected. Between
	// two corrections, both clocks of a stamp advance together, so that a shown time that a client sends back leads to
	// the same moment.
	clockSlack = 100 * time.Millisecond
	// clockStepLogged is the step of the system's clock above which the step is logged.
	clockStepLogged = 3 * time.Second
)

// clock converts readings of the system's clocks to readings of the state's.
type clock struct {
	// began is the reading of the state's clock at the start of the process.
	began int64
	// ahead is the difference between the time of day and the state's clock. Server.mu guards it.
	ahead int64
}

// startClock continues the state's clock from its last reading. It adds the time that the daemon was down, according to
// the time of day. In an empty state, the clock starts with the time of day.
func (s *Server) startClock(now time.Time) {
	wall := max(now.UnixNano(), 1)
	s.clock.began = s.state.Now() + max(wall-s.state.Wall(), 0) - int64(s.ran(now))
	s.clock.ahead = wall - s.elapsed()
}

// steady returns a time for measuring, which does not change when the system's clock is set. It must not be shown.
func (s *Server) steady() time.Time { return s.started.Add(s.ran(s.options.Now())) }

// ran returns how long the server has run. The result of time.Now also contains a monotonic reading, which Sub uses.
func (s *Server) ran(now time.Time) time.Duration {
	if s.options.Elapsed != nil {
		return s.options.Elapsed()
	}
	return now.Sub(s.started)
}

// elapsed returns the current reading of the state's clock.
func (s *Server) elapsed() int64 { return s.clock.began + int64(s.ran(s.options.Now())) }

// idle returns the time that has passed since a user's last activity, which was at a reading of the state's clock.
func (s *Server) idle(since int64) int64 { return max(s.elapsed()-since, 0) }

// stampTimes returns the readings of both clocks for the stamp of an operation. s.mu is held.
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

package order

import (
	"log/slog"
	"time"

	"bavard/state"
)

// The server uses two clocks. The time of day is shown to users, and follows the system's clock even when that is set.
// The state's clock advances only as time passes, and everything that lasts is measured with it.

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
	now func() time.Time
	// counted returns the time since started, by a clock that is never set; nil means the monotonic reading in the result
	// of now.
	counted func() time.Duration
	log     *slog.Logger
	started time.Time
	// began is the reading of the state's clock at the start of the process.
	began int64
	// ahead is the difference between the time of day and the state's clock. The lock guards it.
	ahead int64
}

// start continues the state's clock from its last reading. It adds the time that the daemon was down, according to the
// time of day. In an empty state, the clock starts with the time of day.
func (c *clock) start(s *state.State, now time.Time) {
	wall := max(now.UnixNano(), 1)
	c.began = s.Now() + max(wall-s.Wall(), 0) - int64(c.ran(now))
	c.ahead = wall - c.elapsed()
}

// ran returns how long the server has run. The result of time.Now also contains a monotonic reading, which Sub uses.
func (c *clock) ran(now time.Time) time.Duration {
	if c.counted != nil {
		return c.counted()
	}
	return now.Sub(c.started)
}

// elapsed returns the current reading of the state's clock.
func (c *clock) elapsed() int64 { return c.began + int64(c.ran(c.now())) }

// stampTimes returns the readings of both clocks for the stamp of an operation. The lock is held.
func (c *clock) stampTimes() (wall, elapsed int64) {
	now := c.now()
	elapsed = c.began + int64(c.ran(now))
	if step := time.Duration(now.UnixNano() - elapsed - c.ahead); step.Abs() > clockSlack {
		c.ahead += int64(step)
		if step.Abs() > clockStepLogged {
			c.log.Warn("clock set", "by", step.Round(time.Millisecond), "now", now.UTC())
		}
	}
	return elapsed + c.ahead, elapsed
}

// Steady returns a time for measuring, which does not change when the system's clock is set. It must not be shown.
func (q *Queue) Steady() time.Time { return q.clock.started.Add(q.clock.ran(q.clock.now())) }

// Now returns the time of day, for showing.
func (q *Queue) Now() time.Time { return q.clock.now() }

// Started returns the time of day when the queue was made.
func (q *Queue) Started() time.Time { return q.clock.started }

// Elapsed returns the current reading of the state's clock.
func (q *Queue) Elapsed() int64 { return q.clock.elapsed() }

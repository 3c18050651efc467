package commands

import (
	"strconv"
	"strings"
	"time"

	"bavard/state"
)

// runDefcon shows or sets the level of DEFCON.
func runDefcon(c *Call) {
	if c.param(0) == "" {
		c.View(func(s *state.State) { c.notice(c.nick(), defconText(s)) })
		return
	}
	level, err := strconv.Atoi(c.param(0))
	if err != nil {
		level = 0
	}
	op := &state.SetDefcon{Level: level}
	if c.param(1) != "" {
		d, ok := c.readDuration(c.param(1))
		if !ok {
			return
		}
		op.Duration = int64(d)
	}
	if c.Do(op, func(s *state.State, _ []state.Event) { c.notice(c.nick(), defconText(s)) }) {
		c.log().Info("DEFCON level set", "by", c.nick(), "level", level, "duration", time.Duration(op.Duration))
	}
}

// defconText describes the level in force.
func defconText(s *state.State) string {
	level, until := s.Defcon()
	text := "DEFCON " + itoa(level)
	if until != 0 {
		text += " until " + banTime(s.WallAt(until))
	}
	if closed := s.Policy().Closed(level).Names(); len(closed) > 0 {
		return text + ": closed are " + strings.Join(closed, ", ")
	}
	return text + ": nothing is closed"
}

// defconChanged tells the other operators.
func (r *renderer) defconChanged(e *state.DefconChanged) {
	text := defconText(r.server.state)
	if e.By != nil {
		text += ", by " + e.By.Nick()
	}
	r.tellOthers('x', e.By, text)
}

// isLocal reports whether the connection comes from this machine. A connection to a listener that hides addresses
// never does.
func (c *Client) isLocal() bool {
	if c.listener.Tor {
		return false
	}
	addr := c.conn.RemoteAddr()
	return !addr.IsValid() || addr.Addr().Unmap().IsLoopback()
}

// measures returns the set of measures with these names. The configuration has been checked before.
func measures(names []string) (all state.Measure) {
	for _, name := range names {
		all |= state.MeasureOf(name)
	}
	return all
}

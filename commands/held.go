package commands

import (
	"slices"
	"time"

	"bavard/wire"
)

// A client that has sent everything that its registration needs can send further commands at once, such as a JOIN in
// the same write, while the name of its address is still being looked up. Such commands wait for the welcome and then
// run in their order. Commands that are allowed before the welcome, such as NICK, CAP, PING and QUIT, run at once.

// The limits on the lines of one connection that wait for the welcome.
const (
	mostWaitingLines = 64
	mostWaitingBytes = 16 << 10
)

// mustWait reports whether a command must wait for the welcome. Once a command waits, all later commands wait too,
// except those that are meant for the time before the welcome.
func (c *Client) mustWait(m *wire.Message) bool {
	r := c.registration
	if r == nil || c.closing || isHTTP(m.Command) {
		return false
	}
	if told := r.nick != "" && r.username != "" && !r.negotiating; len(c.held) == 0 && (!told || r.lookups == nil) {
		return false
	}
	row := c.commandCalled(m.Command)
	return row == nil || row.when == afterWelcome || row.early != nil && !row.early(c, m)
}

// hold keeps a line until after the welcome. It returns false if too many lines are waiting already.
func (c *Client) hold(line []byte) bool {
	if len(c.held) == mostWaitingLines || c.heldBytes+len(line) > mostWaitingBytes {
		return false
	}
	c.held = append(c.held, slices.Clone(line))
	c.heldBytes += len(line)
	return true
}

// refuseToHold refuses a command that would have to wait, because the queue of waiting lines is full.
func (c *Client) refuseToHold(m *wire.Message) (wait time.Duration) {
	if m.Command != "NOTICE" { // a NOTICE is never answered
		c.reply(errTooManyHeld.with())
	}
	return c.charge(costOfNonsense)
}

// release runs the waiting commands after the welcome.
func (c *Client) release() (wait time.Duration) {
	for c.registration == nil && len(c.held) > 0 {
		line := c.held[0]
		c.held = c.held[1:]
		wait = max(wait, c.dispatch(line))
	}
	if len(c.held) == 0 {
		c.held, c.heldBytes = nil, 0
	}
	return wait
}

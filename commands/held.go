package commands

import (
	"slices"
	"time"

	"bavard/wire"
)

// A client that has told all that its registration needs may go on at once, with a JOIN in the same write, while the name of its
// address is still looked up. Such lines wait for the welcome and run after it, in their order. What is answered before the
// welcome is answered at once: NICK, CAP, PING, QUIT and the like.

// How much may wait for the welcome of one connection.
const (
	mostWaitingLines = 64
	mostWaitingBytes = 16 << 10
)

// mustWait reports whether a command waits for the welcome. Once one waits, so do those after it.
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

// hold keeps a line for after the welcome; false: too many wait already.
func (c *Client) hold(line []byte) bool {
	if len(c.held) == mostWaitingLines || c.heldBytes+len(line) > mostWaitingBytes {
		return false
	}
	c.held = append(c.held, slices.Clone(line))
	c.heldBytes += len(line)
	return true
}

// refuseToHold answers a command for which there is no room among those that wait.
func (c *Client) refuseToHold(m *wire.Message) (wait time.Duration) {
	if m.Command != "NOTICE" { // which never gets an answer
		c.reply(errTooManyHeld.with())
	}
	return c.charge(costOfNonsense)
}

// release runs the commands that have waited, once the client is welcomed.
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

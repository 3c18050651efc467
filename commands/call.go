package commands

import (
	"strings"

	"bavard/config"
	"bavard/state"
	"bavard/wire"
)

// Call is one command on its way: who sent it and what it says. It lives as long as its handler runs.
type Call struct {
	*Client
	message *wire.Message
	command *command
	// operations counts what the command has asked of the state.
	operations int
}

// params are the command's parameters; the gate has seen to it that there are enough.
func (c *Call) params() []string { return c.message.Params }

// param is the i-th parameter, or "".
func (c *Call) param(i int) string {
	if i < len(c.message.Params) {
		return c.message.Params[i]
	}
	return ""
}

// rest is one text made of the parameters from the i-th on.
func (c *Call) rest(i int) string {
	if i >= len(c.message.Params) {
		return ""
	}
	return strings.Join(c.message.Params[i:], " ")
}

// config is the configuration in force.
func (c *Call) config() *config.Config { return c.view().config }

// View reads the state under the lock. It does nothing once the session has been ended by somebody else: the
// connection is closing, and there is no user to read for.
func (c *Call) View(read func(s *state.State)) {
	c.giveWay()
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if c.registration == nil && c.session == nil {
		return
	}
	before := c.server.state.Work()
	read(c.server.state)
	c.work += c.server.state.Work() - before
}

// Do changes the state. When the operation is refused, the refusal is answered and Do is false; else what happened has
// been rendered, then has run, under the same lock, and Do is true.
func (c *Call) Do(op state.Op, then func(s *state.State)) bool {
	refusal := c.Try(op, then)
	if refusal != nil {
		c.answer(refusal)
	}
	return refusal == nil
}

// Try is Do for a handler that answers a refusal in its own way.
func (c *Call) Try(op state.Op, then func(s *state.State)) *state.Refusal {
	// A line that does several things, such as a JOIN of ten channels, pays for each.
	if c.operations++; c.operations > 1 && c.command != nil {
		c.extra += c.command.cost
	}
	c.giveWay()
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	refusal := c.server.apply(&c.out, c.Client, c.id, op)
	if refusal == nil && then != nil {
		then(c.server.state)
	}
	c.work += c.server.state.Work()
	return refusal
}

// user is the caller's user. Only under the lock, after the welcome.
func (c *Call) user() *state.User { return c.session.User() }

// needMoreParams says what is missing by showing how the command is written.
// https://modern.ircdocs.horse/#errneedmoreparams-461
func (c *Call) needMoreParams() {
	c.reply(errNeedMoreParams.with(c.command.verb, "Not enough parameters: "+c.command.syntax))
}

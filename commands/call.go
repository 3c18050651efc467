package commands

import (
	"strings"

	"bavard/config"
	"bavard/state"
	"bavard/wire"
)

// Call is one command that is being run: its client and its message. It exists while its handler runs.
type Call struct {
	*Client
	message *wire.Message
	command *command
	// operations counts the operations that the command has requested.
	operations int
	// verdicts holds the content filters' verdicts on the command's texts, and hit holds the filters whose matches have
	// been reported.
	verdicts map[string]verdict
	hit      []uint64
	// free: a different client has caused this work, so the client does not pay for it.
	free bool
	// entered holds the channels that the command has joined, see tellEntered. owed holds the names that are still to be
	// sent to the members of channels, see tellOwed.
	entered []state.ChannelID
	owed    []owedNames
	// replays are what it still has to show of the channels that it has joined, see tellReplays.
	replays []replay
	reads   *historyReader // see reader
}

// params returns the command's parameters. The gate has checked that there are enough.
func (c *Call) params() []string { return c.message.Params }

// param returns the i-th parameter, or "".
func (c *Call) param(i int) string {
	if i < len(c.message.Params) {
		return c.message.Params[i]
	}
	return ""
}

// rest returns the parameters from the i-th on as one text.
func (c *Call) rest(i int) string {
	if i >= len(c.message.Params) {
		return ""
	}
	return strings.Join(c.message.Params[i:], " ")
}

// config returns the configuration in force.
func (c *Call) config() *config.Config { return c.view().config }

// View reads the state under the lock. It does nothing once the session has ended, because the connection is closing
// and there is no user any more.
func (c *Call) View(read func(s *state.State)) {
	c.giveWay()
	c.server.order.Lock()
	defer c.server.order.Unlock()
	if c.registration == nil && c.session == nil {
		return
	}
	before := c.server.state.Work()
	read(c.server.state)
	c.worked(c.server.state.Work() - before)
}

// Do changes the state. If the operation is refused, it answers the refusal and returns false. Otherwise it renders
// the events, runs then with them under the same lock, and returns true.
func (c *Call) Do(op state.Op, then func(s *state.State, events []state.Event)) bool {
	refusal := c.Try(op, then)
	if refusal != nil {
		c.answer(refusal)
	}
	return refusal == nil
}

// Try is Do for a handler that answers refusals itself. The user's own texts go through the content filters.
func (c *Call) Try(op state.Op, then func(s *state.State, events []state.Event)) *state.Refusal {
	if refusal := c.filterTexts(op); refusal != nil {
		return refusal
	}
	return c.try(op, then)
}

// try is Try for an operation without a text of the user's own, or with one that has been filtered.
func (c *Call) try(op state.Op, then func(s *state.State, events []state.Event)) *state.Refusal {
	// A line with several operations, such as a JOIN of ten channels, costs as much as several lines.
	if c.operations++; c.operations > 1 && c.command != nil {
		c.extra += c.command.cost
	}
	if state.MustLast(op) && c.server.order.Failing() != nil {
		return &state.Refusal{Code: state.CannotLast}
	}
	c.giveWay()
	refusal := c.change(op, then)
	c.tellReplays()
	return refusal
}

// change applies an operation, and runs then, under the lock.
func (c *Call) change(op state.Op, then func(s *state.State, events []state.Event)) *state.Refusal {
	c.server.order.Lock()
	defer c.server.order.Unlock()
	refusal := c.do(c, then, op)
	c.worked(c.server.state.Work())
	return refusal
}

// user returns the caller's user. It may only be called under the lock, after registration.
func (c *Call) user() *state.User { return c.session.User() }

// needMoreParams answers that parameters are missing, with the command's syntax.
// https://modern.ircdocs.horse/#errneedmoreparams-461
func (c *Call) needMoreParams() {
	c.reply(errNeedMoreParams.with(c.command.verb, "Not enough parameters: "+c.command.syntax))
}

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
	// operations counts what the command has asked of the state, and extra is what it costs beyond its row.
	operations int
	extra      float64
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
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if c.registration == nil && c.session == nil {
		return
	}
	read(c.server.state)
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
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	refusal := c.server.apply(&c.out, c.Client, c.id, op)
	if refusal == nil && then != nil {
		then(c.server.state)
	}
	return refusal
}

// pageItems is how many users or channels a long answer looks at for each hold of the lock.
const pageItems = 256

// pages gives a long answer in parts: between them the lock is free, what was queued is flushed, and the client reads. A
// client that does not is ended as one that answers no PING would be.
func (c *Call) pages(next func(s *state.State) (done bool)) {
	limits := c.settled()
	for {
		done := true
		c.View(func(s *state.State) { done = next(s) })
		if done {
			return
		}
		c.extra++    // a page costs as much as a line of talk
		c.willWait() // for its turn between the others' lines
		if !c.conn.Await(limits.sendQueue/4, limits.pingTimeout) {
			if !c.closing {
				c.end("SendQ exceeded", nil)
			}
			return
		}
	}
}

// eachItem is pages for an answer about all of one kind: from gives those from an id on, in the order of their ids. visit
// has the lock.
func eachItem[T any, K ~uint64](c *Call, from func(*state.State, K) []T, id func(T) K, visit func(s *state.State, item T)) {
	var next K
	c.pages(func(s *state.State) bool {
		items := from(s, next)
		page := items[:min(pageItems, len(items))]
		for _, item := range page {
			next = id(item) + 1
			visit(s, item)
		}
		return len(page) == len(items)
	})
}

// eachOf is pages for a list that the handler has already. visit has the lock.
func eachOf[T any](c *Call, list []T, visit func(s *state.State, item T)) {
	c.pages(func(s *state.State) bool {
		page := list[:min(pageItems, len(list))]
		list = list[len(page):]
		for _, item := range page {
			visit(s, item)
		}
		return len(list) == 0
	})
}

// Flush writes out what was queued so far.
func (c *Call) Flush() { c.server.flush(&c.out) }

// willWait is for a handler that is about to wait for something slow: nobody waits with it, not for what it has queued and
// not for their own lines.
func (c *Call) willWait() {
	c.Flush()
	c.conn.WillWait()
}

// user is the caller's user. Only under the lock, after the welcome.
func (c *Call) user() *state.User { return c.session.User() }

// needMoreParams says what is missing by showing how the command is written.
// https://modern.ircdocs.horse/#errneedmoreparams-461
func (c *Call) needMoreParams() {
	c.reply(errNeedMoreParams.with(c.command.verb, "Not enough parameters: "+c.command.syntax))
}

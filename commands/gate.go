package commands

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"bavard/state"
	"bavard/wire"
)

// dispatch parses a line and runs its command. It returns how long the client has to wait.
func (c *Client) dispatch(line []byte) (wait time.Duration) {
	if c.closing {
		return 0
	}
	message, err := wire.Parse(line)
	waits := err == nil && c.mustWait(message)
	if waits && c.hold(line) {
		return 0
	}
	if message != nil && len(message.Tags) > 0 {
		c.labelled(message.Tags["label"])
		defer c.answered()
		defer c.guard() // so that the ERROR is part of the response
	}
	if err != nil {
		if c.spoilBatch(message, err) {
			return c.charge(costOfNonsense)
		}
		return c.nonsense(message, err)
	}
	if waits {
		return c.refuseToHold(message)
	}
	return c.obey(message)
}

// obey runs a command.
func (c *Client) obey(message *wire.Message) (wait time.Duration) {
	if c.registration != nil && isHTTP(message.Command) {
		c.end("This is an IRC server, not a web server", nil)
		return 0
	}
	call := &Call{Client: c, message: message, command: c.commandCalled(message.Command)}
	c.beginBill()
	if c.collecting != nil || len(message.Tags) > 0 {
		if wait, taken := call.batched(); taken {
			return wait
		}
	}
	call.joinText()
	if call.isShunned() {
		return c.charge(costOfNonsense)
	}
	if !call.admitted() {
		return c.charge(costOfNonsense)
	}
	c.server.uses[call.command.index].Add(1)
	c.row = call.command.cost
	if c.toils(call.command) {
		c.takeTurn()
	}
	if !call.breathe() {
		return 0
	}
	call.command.run(call)
	call.tellOwed()
	call.tellRolls()
	call.tellEntered()
	c.noteToil(call.command)
	return c.payBill()
}

// textAt returns which parameter, counted from 1, is the command's text, or 0 if it has none.
func (c *Call) textAt() int {
	switch row := c.command; {
	case row == nil, row.verb == "METADATA" && !strings.EqualFold(c.param(1), "SET"):
		return 0
	case row.current && !state.IsChannelName(c.param(0)):
		return row.text - 1
	default:
		return row.text
	}
}

// joinText joins the words of the command's text into one parameter, because people who type by hand leave out the
// colon.
func (c *Call) joinText() {
	if at, params := c.textAt(), c.message.Params; at > 0 && len(params) > at {
		c.message.Params = append(params[:at-1:at-1], strings.Join(params[at-1:], " "))
	}
}

// commandCalled returns the row of a verb, nil when the command does not exist for this client.
func (c *Client) commandCalled(verb string) *command {
	row := table[verb]
	if row == nil || !c.knows(row) {
		return nil
	}
	return row
}

const unknownCommand = "Unknown command"

// knows reports whether the command exists for this client, or would if it negotiated a capability.
func (c *Client) knows(row *command) bool {
	if row.known != nil && !row.known(c) {
		return false
	}
	return c.hasAll(row.needs) || c.mightHave(row.needs)
}

// mightHave reports whether the client has all these capabilities or could request them.
func (c *Client) mightHave(caps capSet) bool {
	return (c.capabilities()|c.view().grantedTo(c))&caps == caps
}

// lacksCapability returns the text for a user who typed a command, perhaps after seeing it in HELP, that needs
// capabilities.
func (c *Client) lacksCapability(needs capSet) string {
	missing := (needs &^ c.capabilities()).names()
	if len(missing) == 1 {
		return unknownCommand + " to clients without the capability " + missing[0]
	}
	return unknownCommand + " to clients without the capabilities " + strings.Join(missing, " and ")
}

// isShunned reports whether the command is dropped because the user is shunned. They are not told, because they would
// reconnect.
func (c *Call) isShunned() bool {
	return c.shunned.Load() && !c.can(state.PrivOper) && (c.command == nil || !c.command.shunned)
}

// nonsense answers a line that is not a command.
func (c *Client) nonsense(message *wire.Message, err error) (wait time.Duration) {
	switch {
	case errors.Is(err, wire.ErrTooLong):
		c.tooLong(message.Command)
	case errors.Is(err, wire.ErrBadByte):
		call := &Call{Client: c, message: &wire.Message{Command: "*"}}
		call.refuse("INVALID_BYTES", "A line must not contain NUL or a line ending")
	case errors.Is(err, wire.ErrBadCommand) && c.registration == nil:
		c.reply(errUnknownCommand.with(excerpt(message.Command), unknownCommand))
	case errors.Is(err, wire.ErrBadCommand):
		c.reply(errNotRegistered.with())
	default:
		// A line without a command is ignored. https://modern.ircdocs.horse/#compatibility-with-incorrect-software
	}
	return c.charge(costOfNonsense)
}

// tooLong answers a line that is too long. A client that waits for the answer to this command gets it. verb is "" when
// so much was dropped that it is not known.
// https://modern.ircdocs.horse/#errinputtoolong-417
func (c *Client) tooLong(verb string) {
	row, registering := table[verb], c.registration != nil
	if row != nil && row.tooLong != nil && row.tooLong(c) {
		return
	}
	c.reply(errInputTooLong.with())
	switch {
	case row != nil && row.ends && registering:
		c.end(verb+" is too long", nil)
	case verb == "" && c.login != nil && registering: // hardly any other command is that long
		c.tooLongLogin()
	}
}

// admitted reports whether the command may run, and answers if not.
func (c *Call) admitted() bool {
	welcomed := c.registration == nil
	switch {
	case c.message.Command == "NOTICE" && !welcomed: // which never gets an answer
	case c.command == nil && welcomed:
		c.reply(errUnknownCommand.with(excerpt(c.message.Command), unknownCommand))
	case c.command == nil, c.command.when == afterWelcome && !welcomed:
		c.reply(errNotRegistered.with())
	case c.command.when == beforeWelcome && welcomed:
		c.reply(errAlreadyRegistered.with())
	case !c.hasAll(c.command.needs):
		c.reply(errUnknownCommand.with(c.command.verb, c.lacksCapability(c.command.needs)))
	case c.config().Server.UTF8Only && !c.command.anyBytes && !validUTF8(c.message):
		// https://ircv3.net/specs/extensions/utf8-only
		if c.command.verb != "NOTICE" { // which never gets an answer
			c.fail("INVALID_UTF8", "Message rejected, your IRC software MUST use UTF-8 encoding on this network")
		}
	case len(c.message.Params) < c.command.params:
		c.needMoreParams()
		if c.command.ends {
			c.end("Not enough parameters in "+c.command.verb, nil)
		}
	case !c.can(c.command.privilege):
		c.answer(c.lacks(c.command.privilege))
	default:
		return true
	}
	return false
}

func validUTF8(m *wire.Message) bool {
	for _, p := range m.Params {
		if !utf8.ValidString(p) {
			return false
		}
	}
	return true
}

// isHTTP reports whether a verb is a method of HTTP. A web page could make a browser connect here, and the body of its
// request must not be read as commands.
func isHTTP(verb string) bool {
	switch verb {
	case "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "PRI":
		return true
	}
	return false
}

package commands

import (
	"strconv"
	"strings"
)

// runCap: https://ircv3.net/specs/extensions/capability-negotiation
func runCap(c *Call) {
	switch sub := strings.ToUpper(c.param(0)); sub {
	case "LS":
		c.suspend()
		version, _ := strconv.Atoi(c.param(1))
		c.noteCapVersion(version)
		c.sendCaps("LS", allCaps().names(), version >= 302)
	case "LIST":
		c.server.mu.Lock()
		caps, version := c.caps, c.capVersion
		c.server.mu.Unlock()
		c.sendCaps("LIST", caps.names(), version >= 302)
	case "REQ":
		c.suspend()
		c.requestCaps(c.param(1))
	case "END":
		if c.registration != nil {
			c.registration.negotiating = false
			c.complete()
		}
	default:
		c.reply(errInvalidCapCmd.with(echoable(c.param(0))))
	}
}

// suspend: negotiation during registration holds the welcome back until END.
func (c *Call) suspend() {
	if c.registration != nil {
		c.registration.negotiating = true
	}
}

// noteCapVersion keeps the highest version; 302 implies cap-notify for the rest of the connection.
// https://ircv3.net/specs/extensions/capability-negotiation#cap-ls-version
func (c *Call) noteCapVersion(version int) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.capVersion = max(c.capVersion, version)
	if c.capVersion >= 302 {
		c.caps |= capCapNotify
	}
}

// requestCaps grants the whole request or nothing of it. The answer is queued under the lock: what others say comes in the
// new shape after it, and in the old one before.
func (c *Call) requestCaps(list string) {
	list = strings.TrimRight(list, " ")
	add, remove, ok := parseCaps(list)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if remove.has(capCapNotify) && c.capVersion >= 302 {
		ok = false // cap-notify cannot be disabled by a client of version 302
	}
	if ok {
		c.caps = c.caps&^remove | add
	}
	sub := "NAK"
	if ok {
		sub = "ACK"
	}
	for _, line := range joinLines(strings.Fields(list), c.room("CAP", sub)) {
		c.sendCap(sub, line)
	}
}

// sendCaps lists capabilities, on several lines for those who know that form, else on as few as it takes.
func (c *Call) sendCaps(sub string, names []string, multiline bool) {
	lines := joinLines(names, c.room("CAP", sub, "*"))
	for i, line := range lines {
		if multiline && i < len(lines)-1 {
			c.sendCap(sub, "*", line)
		} else {
			c.sendCap(sub, line)
		}
	}
}

func (c *Call) sendCap(sub string, params ...string) {
	c.say(&c.out, c.fromServer("CAP", append([]string{c.nick(), sub}, params...)...))
}

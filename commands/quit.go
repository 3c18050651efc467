package commands

import (
	"strings"

	"bavard/state"
)

// runQuit: https://modern.ircdocs.horse/#quit-message
func runQuit(c *Call) {
	reason := c.param(0)
	if c.config().Server.UTF8Only {
		reason = strings.ToValidUTF8(reason, "?")
	}
	if c.registration != nil {
		c.end("Quit: "+reason, nil)
		return
	}
	c.closing = true
	c.Do(&state.Quit{Reason: "Quit: " + reason}, nil)
}

// https://modern.ircdocs.horse/#quit-message
func (r *renderer) quitted(e *state.Quitted) {
	l := r.number(r.line(e.User, e.User.Source(), "QUIT", e.Reason).text())
	r.toPeers(l, e.Members, 0)
	r.rememberWhereSeen(l, e.Members)
	r.left(e.User, e.User.Nick())
	if r.heard('q') {
		r.serverNotice('q', "QUIT: "+describe(e.User)+" ("+e.Reason+")")
	}
}

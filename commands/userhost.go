package commands

import (
	"strings"

	"bavard/state"
)

// runIson answers with those of the nicks that are here. Only the line bounds how many may be asked for: a client asks
// for its whole list.
func runIson(c *Call) {
	var here []string
	nicks := c.unique(strings.Fields(c.rest(0)))
	c.View(func(s *state.State) {
		for _, nick := range nicks {
			if u := s.User(nick); u != nil {
				here = append(here, u.Nick())
			}
		}
	})
	for _, line := range joinLines(here, c.room("303")) {
		c.reply(rplIson.with(line))
	}
}

// mostUserhosts is how many nicks one USERHOST or USERIP may have.
// https://modern.ircdocs.horse/#userhost-message
const mostUserhosts = 5

// runUserhost: https://modern.ircdocs.horse/#userhost-message
func runUserhost(c *Call) {
	var replies []string
	c.View(func(s *state.State) {
		for _, nick := range c.newTargets(mostUserhosts).takeAll(strings.Fields(c.rest(0))) {
			u := s.User(nick)
			if u == nil {
				continue
			}
			replies = append(replies, userhostReply(c.user(), u, u.Host()))
		}
	})
	for _, line := range joinLines(replies, c.room("302")) {
		c.reply(rplUserhost.with(line))
	}
}

// userhostReply is one user in 302 and 340: nick, an operator's star, here or away, and where from.
func userhostReply(viewer, u *state.User, host string) string {
	oper, away := "", "+"
	if u.OperTo(viewer) {
		oper = "*"
	}
	if u.Away() != "" {
		away = "-"
	}
	return u.Nick() + oper + "=" + away + u.Username() + "@" + host
}

package commands

import (
	"strings"

	"bavard/state"
)

// runIson lists which of the nicks are online. Only the length of the line bounds their number, because clients ask
// for their whole list.
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

// mostUserhosts bounds the nicks in one USERHOST or USERIP.
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

// userhostReply formats one user for 302 and 340: nick, a star for an IRC operator, here or away, user name and host.
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

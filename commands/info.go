package commands

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bavard/state"
)

// runAdmin: https://modern.ircdocs.horse/#admin-message
func runAdmin(c *Call) {
	if !c.isThisServer(c.param(0)) {
		return
	}
	a, name := c.config().Admin, c.view().name
	if a.Location == "" && a.Organisation == "" && a.Contact == "" {
		c.reply(errNoAdminInfo.with(name))
		return
	}
	c.reply(rplAdminMe.with(name))
	c.reply(rplAdminLoc1.with(a.Location))
	c.reply(rplAdminLoc2.with(a.Organisation))
	c.reply(rplAdminEmail.with(a.Contact))
}

// runRules shows the server's rules.
func runRules(c *Call) {
	if !c.isThisServer(c.param(0)) {
		return
	}
	v := c.view()
	if len(v.rules) == 0 {
		c.reply(errNoRules.with())
		return
	}
	c.reply(rplRulesStart.with("- " + v.name + " Server Rules - "))
	for _, line := range v.rules {
		c.reply(rplRules.with("- " + line))
	}
	c.reply(rplEndOfRules.with())
}

func runOpermotd(c *Call) {
	if len(c.view().operMotd) == 0 {
		c.reply(errNoOperMotd.with())
		return
	}
	c.operMotd()
}

// operMotd shows the message for IRC operators, if there is one.
func (c *Call) operMotd() {
	v := c.view()
	if len(v.operMotd) == 0 {
		return
	}
	c.reply(rplOmotdStart.with("- " + v.name + " IRC operators' message - "))
	for _, line := range v.operMotd {
		c.reply(rplOmotd.with("- " + line))
	}
	c.reply(rplEndOfOmotd.with())
}

// runCommands lists the commands that the caller may use, with the number of parameters that each needs.
func runCommands(c *Call) {
	var names []string
	for _, row := range verbs {
		if c.can(row.privilege) && c.knows(&row) {
			names = append(names, row.verb)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		c.reply(rplCommands.with(name, itoa(table[name].params)))
	}
	c.reply(rplCommandsEnd.with())
}

// runLinks and runMap: there is one server.
// https://modern.ircdocs.horse/#links-message
func runLinks(c *Call) {
	v := c.view()
	mask := "*"
	if n := len(c.params()); n > 0 && c.param(n-1) != "" {
		mask = c.param(n - 1)
	}
	if state.Match(strings.ToLower(mask), strings.ToLower(v.name)) {
		c.reply(rplLinks.with(v.name, v.name, "0 "+v.config.Server.Description))
	}
	c.reply(rplEndOfLinks.with(echoable(mask)))
}

func runMap(c *Call) {
	c.View(func(s *state.State) {
		c.reply(rplMap.with(fmt.Sprintf("%s (%d users)", c.view().name, s.Counts().Users)))
	})
	c.reply(rplMapEnd.with())
}

// runUsers shows the number of users. It does not list the users of the machine, as servers once did.
func runUsers(c *Call) { c.View(c.countUsers) }

// runIrcops lists the IRC operators who are online.
func runIrcops(c *Call) {
	c.eachOperator(func(u *state.User) {
		text := u.Nick() + " " + operTitle(u)
		if u.Away() != "" {
			text += " (away: " + wordedAway(u) + ")"
		}
		c.reply(rplIrcOps.with(text))
	})
	c.reply(rplEndOfIrcOps.with())
}

// eachOperator sends a long answer about the IRC operators that the caller may know of.
func (c *Call) eachOperator(visit func(*state.User)) {
	var ids []state.UserID
	c.View(func(s *state.State) {
		for _, u := range s.Operators() {
			ids = append(ids, u.ID())
		}
	})
	eachOf(c, ids, func(s *state.State, id state.UserID) {
		if u := s.UserByID(id); u != nil && u.OperTo(c.user()) {
			visit(u)
		}
	})
}

// operTitle returns an operator's line in WHOIS.
func operTitle(u *state.User) string {
	if u.OperTitle() != "" {
		return u.OperTitle()
	}
	return "is an IRC operator"
}

// runUserip is USERHOST with addresses. Only operators with the privilege see those of others.
func runUserip(c *Call) {
	var replies []string
	c.View(func(s *state.State) {
		for _, nick := range c.newTargets(mostUserhosts).takeAll(strings.Fields(c.rest(0))) {
			if u := s.User(nick); u != nil {
				replies = append(replies, userhostReply(c.user(), u, c.addressOf(u)))
			}
		}
	})
	for _, line := range joinLines(replies, c.room("340")) {
		c.reply(rplUserIP.with(line))
	}
}

// mayKnowAddress reports whether the caller may know a user's address. The lock is held.
func (c *Call) mayKnowAddress(u *state.User) bool {
	return u.Address() != "" && (c.user() == u || c.can(state.PrivAuspex))
}

// addressOf returns a user's address, as far as the caller may see it. The lock is held.
func (c *Call) addressOf(u *state.User) string {
	if c.mayKnowAddress(u) {
		return u.Address()
	}
	return "255.255.255.255"
}

// uptime formats a duration in words.
func uptime(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%d days, %d:%02d:%02d", s/86400, s/3600%24, s/60%60, s%60)
}

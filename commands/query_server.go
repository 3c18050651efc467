package commands

import (
	"fmt"
	"strings"

	"bavard/state"
)

// isThisServer tells whether a server parameter means this one, and answers if not.
func (c *Call) isThisServer(target string) bool {
	if target == "" {
		return true
	}
	here := state.Match(strings.ToLower(target), strings.ToLower(c.view().name))
	c.View(func(s *state.State) { here = here || s.User(target) != nil })
	if !here {
		c.reply(errNoSuchServer.with(echoable(target)))
	}
	return here
}

// runMotd: https://modern.ircdocs.horse/#motd-message
func runMotd(c *Call) {
	if c.isThisServer(c.param(0)) {
		c.motd()
	}
}

func (c *Call) motd() {
	v := c.view()
	if len(v.motd) == 0 {
		c.reply(errNoMotd.with())
		return
	}
	c.reply(rplMotdStart.with("- " + v.name + " Message of the day - "))
	for _, line := range v.motd {
		c.reply(rplMotd.with("- " + line))
	}
	c.reply(rplEndOfMotd.with())
}

// runVersion: https://modern.ircdocs.horse/#version-message
func runVersion(c *Call) {
	if !c.isThisServer(c.param(0)) {
		return
	}
	c.reply(rplVersion.with(strings.ReplaceAll(c.server.options.Version, " ", "-"), c.view().name, c.config().Server.Description))
	c.View(func(*state.State) { c.sendIsupport(&c.out, c.server.isupport) })
}

// runLusers: https://modern.ircdocs.horse/#lusers-message
func runLusers(c *Call) { c.View(c.lusers) }

func (c *Call) lusers(s *state.State) {
	n := s.Counts()
	local, most := c.server.registered, c.server.mostLocal
	unknown := len(c.server.clients) - local
	c.reply(rplLuserClient.with(fmt.Sprintf("There are %d users and %d invisible on 1 servers", n.Users-n.Invisible, n.Invisible)))
	if n.Opers > 0 {
		c.reply(rplLuserOp.with(itoa(n.Opers)))
	}
	if unknown > 0 {
		c.reply(rplLuserUnknown.with(itoa(unknown)))
	}
	c.reply(rplLuserChannels.with(itoa(n.Channels)))
	c.reply(rplLuserMe.with(fmt.Sprintf("I have %d clients and 0 servers", local)))
	c.reply(rplLocalUsers.with(itoa(local), itoa(most), fmt.Sprintf("Current local users %d, max %d", local, most)))
	c.reply(rplGlobalUsers.with(itoa(n.Users), itoa(n.MostUsers), fmt.Sprintf("Current global users %d, max %d", n.Users, n.MostUsers)))
}

// runTime: https://modern.ircdocs.horse/#time-message
func runTime(c *Call) {
	if !c.isThisServer(c.param(0)) {
		return
	}
	now := c.server.options.Now()
	c.reply(rplTime.with(c.view().name, itoa(int(now.Unix())), "0", now.Format("Monday January 2 2006 -- 15:04:05 -07:00")))
}

// runInfo: https://modern.ircdocs.horse/#info-message
func runInfo(c *Call) {
	for _, line := range []string{
		c.server.options.Version,
		"An IRC daemon in Go with a channel hierarchy of its own: every channel has a founder, and rank means something.",
		"HELP lists what you can say here.",
		"Up since " + c.server.started.UTC().Format("Mon Jan 2 2006 15:04:05 UTC"),
	} {
		c.reply(rplInfo.with(line))
	}
	c.reply(rplEndOfInfo.with())
}

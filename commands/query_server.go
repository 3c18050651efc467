package commands

import (
	"strings"

	"bavard/state"
)

// isThisServer reports whether a server parameter means this server, and answers if not.
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
	c.fixed(&c.out, c.view().motdLines)
}

// runVersion: https://modern.ircdocs.horse/#version-message
func runVersion(c *Call) {
	if !c.isThisServer(c.param(0)) {
		return
	}
	c.reply(rplVersion.with(strings.ReplaceAll(c.server.options.Version, " ", "-"), c.view().name, c.config().Server.Description))
	c.tellAllSupported(&c.out)
}

// runLusers: https://modern.ircdocs.horse/#lusers-message
func runLusers(c *Call) { c.View(c.lusers) }

func (c *Call) lusers(s *state.State) {
	n := s.Counts()
	local := c.server.registered
	unknown := len(c.server.clients) - local
	c.reply(rplLuserClient.with("There are " + itoa(n.Users-n.Invisible) + " users and " + itoa(n.Invisible) + " invisible on 1 servers"))
	opers := 0
	for _, u := range s.Operators() {
		if u.OperTo(c.session.User()) {
			opers++ // hidden operators do not count, or the number would reveal them
		}
	}
	if opers > 0 {
		c.reply(rplLuserOp.with(itoa(opers)))
	}
	if unknown > 0 {
		c.reply(rplLuserUnknown.with(itoa(unknown)))
	}
	c.reply(rplLuserChannels.with(itoa(s.ChannelsShown(c.session.User()))))
	c.reply(rplLuserMe.with("I have " + itoa(local) + " clients and 0 servers"))
	c.countUsers(s)
}

func (c *Call) countUsers(s *state.State) {
	n, local, most := s.Counts(), c.server.registered, c.server.mostLocal
	c.reply(rplLocalUsers.with(itoa(local), itoa(most), "Current local users "+itoa(local)+", max "+itoa(most)))
	c.reply(rplGlobalUsers.with(itoa(n.Users), itoa(n.MostUsers), "Current global users "+itoa(n.Users)+", max "+itoa(n.MostUsers)))
}

// runTime: https://modern.ircdocs.horse/#time-message
func runTime(c *Call) {
	if !c.isThisServer(c.param(0)) {
		return
	}
	now := c.server.order.Now()
	c.reply(rplTime.with(c.view().name, itoa(int(now.Unix())), "0", now.Format("Monday January 2 2006 -- 15:04:05 -07:00")))
}

// runInfo: https://modern.ircdocs.horse/#info-message
func runInfo(c *Call) {
	for _, line := range []string{
		c.server.options.Version,
		"An IRC server written in Go, with a channel hierarchy: every channel has a founder, and ranks matter.",
		"HELP lists the commands.",
		"Up since " + c.server.order.Started().UTC().Format("Mon Jan 2 2006 15:04:05 UTC"),
	} {
		c.reply(rplInfo.with(line))
	}
	c.reply(rplEndOfInfo.with())
}

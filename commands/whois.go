package commands

import (
	"strings"

	"bavard/state"
)

// runWhois: https://modern.ircdocs.horse/#whois-message
func runWhois(c *Call) {
	nick := c.param(0)
	if len(c.params()) > 1 {
		if !c.isThisServer(c.param(0)) {
			return
		}
		nick = c.param(1)
	}
	asked := echoable(nick)
	nick, _, _ = strings.Cut(nick, ",") // WHOIS:1 in TARGMAX
	if nick == "" {
		c.reply(errNoNicknameGiven.with())
		return
	}
	c.View(func(s *state.State) {
		if u := s.User(nick); u != nil {
			c.whois(s, u)
		} else {
			c.reply(errNoSuchNick.with(echoable(nick)))
		}
	})
	c.reply(rplEndOfWhois.with(asked))
}

func (c *Call) whois(s *state.State, u *state.User) {
	viewer, v := c.user(), c.view()
	nick := u.Nick()
	private := viewer == u || viewer.Can(state.PrivAuspex) // may see what is not for everybody
	c.reply(rplWhoisUser.with(nick, u.Username(), u.Host(), "*", u.Realname()))
	if private {
		c.whoisPrivate(u)
	}
	c.whoisChannels(s, u)
	c.reply(rplWhoisServer.with(nick, v.name, v.config.Server.Description))
	if u.OperTo(viewer) {
		c.reply(rplWhoisOperator.with(nick, operTitle(u)))
	}
	c.tellIfAway(u)
	if u.HasMode('B') {
		c.reply(rplWhoisBot.with(nick))
	}
	eachSessionOf(u, func(cl *Client) {
		if cl.gateway != nil {
			c.reply(rplWhoisSpecial.with(nick, "is connected via the "+cl.gateway.name+" WebIRC gateway"))
		}
	})
	if u.HasMode('Z') {
		c.reply(rplWhoisSecure.with(nick))
	}
	if u.Account() != "" {
		c.reply(rplWhoisAccount.with(nick, u.Account()))
	}
	if c.has(capMetadata) {
		for _, x := range u.Metadata() {
			c.reply(rplWhoisKeyValue.with(nick, x.Key, visibleToAll, x.Value))
		}
	}
	c.reply(rplWhoisIdle.with(nick, seconds(c.server.idle(u.Active())), seconds(u.Signon())))
}

// whoisPrivate: address, modes and certificates, for the user himself and for IRC operators.
func (c *Call) whoisPrivate(u *state.User) {
	if u.Address() != "" {
		c.reply(rplWhoisActually.with(u.Nick(), u.Username()+"@"+u.RealHost(), u.Address()))
	}
	c.reply(rplWhoisModes.with(u.Nick(), "is using modes "+u.Modes()))
	eachSessionOf(u, func(cl *Client) {
		if print := cl.fingerprint(); print != "" {
			c.reply(rplWhoisCertFP.with(u.Nick(), "has client certificate fingerprint "+print))
		}
	})
}

// whoisChannels lists the channels that the viewer may know of: no secret ones that the viewer is not in, and of an
// invisible user only those that they share.
// https://modern.ircdocs.horse/#rplwhoischannels-319
func (c *Call) whoisChannels(s *state.State, u *state.User) {
	viewer := c.user()
	var words []string
	for _, m := range u.Members() {
		if viewer == u || viewer.Can(state.PrivAuspex) || s.MemberVisible(viewer, m) {
			words = append(words, m.Ranks().Prefixes(c.has(capMultiPrefix))+m.Channel().Name())
		}
	}
	if len(words) == 0 {
		return
	}
	for _, line := range joinLines(words, c.room("319", u.Nick())) {
		c.reply(rplWhoisChannels.with(u.Nick(), line))
	}
}

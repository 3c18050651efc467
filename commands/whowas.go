package commands

import (
	"strconv"
	"time"

	"bavard/state"
)

// runWhowas: https://modern.ircdocs.horse/#whowas-message
func runWhowas(c *Call) {
	nick := c.param(0)
	if nick == "" {
		c.reply(errNoNicknameGiven.with())
		return
	}
	most, err := strconv.Atoi(c.param(1))
	const mostEntries = 50
	if err != nil || most <= 0 || most > mostEntries {
		most = mostEntries
	}
	c.View(func(s *state.State) {
		list := s.WhowasOf(nick, most)
		if len(list) == 0 {
			c.reply(errWasNoSuchNick.with(echoable(nick)))
		}
		for _, w := range list {
			c.reply(rplWhowasUser.with(w.Nick, w.Username, w.Host, "*", w.Realname))
			if c.user().Can(state.PrivAuspex) && w.Address != "" {
				c.reply(rplWhoisActually.with(w.Nick, w.Username+"@"+w.RealHost, w.Address))
			}
			c.reply(rplWhoisServer.with(w.Nick, c.view().name, time.Unix(0, w.Time).UTC().Format(time.ANSIC)))
		}
	})
	c.reply(rplEndOfWhowas.with(echoable(nick)))
}

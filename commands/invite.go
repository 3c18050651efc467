package commands

import "bavard/state"

// runInvite: https://modern.ircdocs.horse/#invite-message
func runInvite(c *Call) {
	if len(c.params()) == 0 {
		c.listInvites()
		return
	}
	nick, channel := c.param(0), c.param(1)
	if channel == "" {
		if channel = c.currentName(); channel == "" {
			return
		}
	}
	c.Do(&state.InviteUser{Channel: channel, Nick: nick}, func(s *state.State, _ []state.Event) {
		target := s.User(nick)
		c.reply(rplInviting.with(target.Nick(), s.ChannelFor(c.user(), channel).Name()))
		c.tellIfAway(target)
	})
}

// invited sends an INVITE to its target and, with invite-notify, to the members who could have sent it and who see its
// sender. The sender is answered by the command's handler.
// https://ircv3.net/specs/extensions/invite-notify
func (r *renderer) invited(e *state.Invited) {
	l := r.line(e.By, e.By.Source(), "INVITE", e.Target.Nick(), e.Channel.Name())
	if !e.Unheard {
		r.toUser(l, e.Target)
	}
	by := e.By.Member(e.Channel)
	if by == nil {
		return
	}
	eachWitness(by, func(m *state.Member, c *Client) {
		if c.has(capInviteNotify) && m != by && m.MayInvite() {
			r.to(l, c)
		}
	})
}

// listInvites: https://modern.ircdocs.horse/#invite-list
func (c *Call) listInvites() {
	c.View(func(*state.State) {
		for _, i := range c.user().Invites() {
			c.reply(rplInviteList.with(i.Channel.Name()))
		}
	})
	c.reply(rplEndInviteList.with())
}

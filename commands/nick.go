package commands

import "bavard/state"

// runNick: https://modern.ircdocs.horse/#nick-message
func runNick(c *Call) {
	nick := c.param(0)
	if nick == "" {
		c.reply(errNoNicknameGiven.with())
		return
	}
	if c.registration == nil {
		c.Do(&state.ChangeNick{Nick: nick}, nil)
		return
	}
	refusal := c.judgeFirstNick(nick)
	if refusal == nil {
		refusal = c.firstNickBlocked(nick)
	}
	if refusal != nil {
		c.answer(refusal)
		return
	}
	c.registration.nick = nick
	c.name.Store(&nick)
	c.complete()
}

// judgeFirstNick checks a nick before registration, which checks it again.
func (c *Call) judgeFirstNick(nick string) (refusal *state.Refusal) {
	c.View(func(s *state.State) { refusal = s.JudgeFirstNick(nick) })
	return refusal
}

func (r *renderer) nickChanged(e *state.NickChanged) {
	nick := e.User.Nick()
	l := r.number(r.line(e.User, e.OldSource, "NICK", nick).text())
	eachSessionOf(e.User, func(c *Client) { c.name.Store(&nick) })
	r.toUser(l, e.User)
	r.toPeers(l, e.User.Members(), 0)
	r.rememberWhereSeen(l, e.User.Members())
	r.rememberNick(e.User)
	r.monitorRenamed(e)
	if r.heard('n') {
		r.serverNotice('n', "NICK: "+e.OldSource+" is now "+nick)
	}
}

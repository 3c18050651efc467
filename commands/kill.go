package commands

import (
	"strings"

	"bavard/state"
)

// runKill: https://modern.ircdocs.horse/#kill-message
func runKill(c *Call) {
	nick, reason := c.param(0), c.param(1)
	if strings.EqualFold(nick, c.view().name) {
		c.reply(errCantKillServer.with())
		return
	}
	if reason == "" {
		reason = "No reason given"
	}
	if nick == "" {
		c.needMoreParams()
		return
	}
	// This answers an operator who sees no QUIT, because they share no channel with the user.
	c.View(func(s *state.State) {
		if u := s.User(nick); u != nil {
			nick = u.Nick()
		}
	})
	if c.Do(&state.Kill{Nick: nick, Reason: reason}, func(*state.State, []state.Event) { c.notice(c.nick(), nick+" was killed") }) {
		c.tell('k', "KILL", "killed "+nick+" ("+reason+")")
	}
}

// https://modern.ircdocs.horse/#kill-message
func (r *renderer) killed(e *state.Killed) {
	r.toUser(r.line(e.By, e.By.Source(), "KILL", e.Target.Nick(), e.Reason).text(), e.Target)
	r.toUser(r.line(e.Target, e.Target.Source(), "QUIT", "Killed ("+e.By.Nick()+" ("+e.Reason+"))").text(), e.Target)
}

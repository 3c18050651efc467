package commands

import (
	"slices"

	"bavard/state"
)

// runKick handles KICK #channel nicks, and KICK nick for the current channel.
// https://modern.ircdocs.horse/#kick-message
func runKick(c *Call) { c.kick(false) }

// kick removes members. With asPart, the members are shown a PART instead of a KICK.
func (c *Call) kick(asPart bool) {
	channel, nicks, reason := c.param(0), c.param(1), c.param(2)
	if !state.IsChannelName(channel) {
		channel, nicks, reason = "", c.param(0), c.param(1)
	}
	targets := c.boundedTargets(c.list(nicks))
	if len(targets) == 0 {
		return
	}
	if channel == "" {
		if channel = c.currentName(); channel == "" {
			return
		}
	}
	if reason == "" {
		reason = c.nick()
	}
	for _, nick := range targets {
		refusal := c.Try(&state.Kick{Channel: channel, Nick: nick, Reason: reason, Part: asPart}, nil)
		if refusal == nil {
			continue
		}
		c.answer(refusal)
		if slices.Contains([]state.Code{state.NoSuchChannel, state.NotOnChannel, state.NeedRank}, refusal.Code) {
			return // the other nicks would be refused too
		}
	}
}

// runRemove is KICK that is shown as PART.
func runRemove(c *Call) { c.kick(true) }

// https://modern.ircdocs.horse/#kick-message
func (r *renderer) kicked(e *state.Kicked) {
	l := r.number(r.line(e.By, r.sourceOf(e.By), "KICK", e.Channel.Name(), e.Target.Nick(), e.Reason).text())
	r.toWitnesses(l, e.Member)
	r.toUser(l, e.Target)
	if e.Member.Seen(false) {
		r.rememberIn(l, e.Channel, l.line.Params[1:])
	}
}

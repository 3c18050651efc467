package commands

import "bavard/state"

// runPart: https://modern.ircdocs.horse/#part-message
func runPart(c *Call) {
	if len(c.list(c.param(0))) == 0 {
		return
	}
	for _, channel := range c.channels(c.param(0)) {
		c.Do(&state.Part{Channel: channel, Reason: c.param(1)}, nil)
	}
}

// runLeave is PART for people who type.
func runLeave(c *Call) {
	var channels []string
	reason := c.param(1)
	if state.IsChannelName(c.param(0)) {
		channels = c.channels(c.param(0))
	} else {
		current := c.currentName()
		if current == "" {
			return
		}
		channels, reason = []string{current}, c.param(0)
	}
	for _, channel := range channels {
		c.Do(&state.Part{Channel: channel, Reason: reason}, nil)
	}
}

func (r *renderer) parted(e *state.Parted) {
	l := r.number(r.partLine(e.User, e.Channel.Name(), e.Reason))
	r.toWitnesses(l, e.Member)
	if e.Member.Seen(false) {
		r.rememberIn(l, e.Channel, l.line.Params[1:])
	}
	if e.User.Member(e.Channel) == nil { // otherwise they have rejoined already, and are among the members
		r.toUser(l, e.User)
	}
}

func (r *renderer) partLine(u *state.User, channel, reason string) *outLine {
	if reason == "" {
		return r.line(u, u.Source(), "PART", channel)
	}
	return r.line(u, u.Source(), "PART", channel, reason).text()
}

package commands

import (
	"bavard/state"
	"bavard/wire"
)

// runAway sets or removes the away message. Before registration it is only for clients with the pre-away capability.
// https://modern.ircdocs.horse/#away-message, https://ircv3.net/specs/extensions/pre-away
func runAway(c *Call) {
	text := c.param(0)
	told := func(*state.State, []state.Event) {
		if text == "" {
			c.reply(rplUnaway.with())
		} else {
			c.reply(rplNowAway.with())
		}
	}
	switch {
	case c.registration == nil:
		c.Do(&state.SetAway{Text: text}, told)
	case c.has(capPreAway):
		c.registration.away = text
		told(nil, nil)
	default:
		c.reply(errNotRegistered.with())
	}
}

// isEarlyAway reports whether AWAY is meant for the time before registration. Clients without pre-away mean it for
// later.
func isEarlyAway(c *Client, _ *wire.Message) bool { return c.has(capPreAway) }

// tellAway: https://modern.ircdocs.horse/#away-message
func (c *Call) tellAway(s *state.State, kind state.MessageKind, target string) {
	if kind != state.Privmsg || state.IsChannelName(target) {
		return
	}
	if u := s.User(target); u != nil && u.Accepted(c.user()) {
		c.tellIfAway(u)
	}
}

// tellIfAway tells the caller that a user is away.
func (c *Call) tellIfAway(u *state.User) {
	if u.Away() != "" {
		c.reply(rplAway.with(u.Nick(), c.awayText(u)))
	}
}

// awayUnspecified is shown when a user is away without a message.
const awayUnspecified = "Not here at the moment"

// awayText returns a user's away message for this client. Clients that know the star of pre-away get it for a user who
// is away without a message; others get words.
// https://ircv3.net/specs/extensions/pre-away#implementation
func (c *Client) awayText(u *state.User) string {
	if c.has(capPreAway) {
		return u.Away()
	}
	return wordedAway(u)
}

// wordedAway returns a user's away message in words.
func wordedAway(u *state.User) string {
	if u.Away() == state.AwayUnspecified {
		return awayUnspecified
	}
	return u.Away()
}

// awayLines holds an AWAY for clients that know the star of pre-away, and one for all others. Both are the same line
// if there is no star.
type awayLines struct{ bare, worded *outLine }

// awayLines: https://ircv3.net/specs/extensions/away-notify
func (r *renderer) awayLines(u *state.User) awayLines {
	l := r.line(u, u.Source(), "AWAY")
	if u.Away() != "" {
		l.line.Params = []string{u.Away()}
		l.text()
	}
	lines := awayLines{l, l}
	if u.Away() == state.AwayUnspecified {
		lines.worded = r.line(u, u.Source(), "AWAY", wordedAway(u)).text()
	}
	return lines
}

func (a awayLines) of(c *Client) *outLine {
	if c.has(capPreAway) {
		return a.bare
	}
	return a.worded
}

func (r *renderer) awayChanged(e *state.AwayChanged) {
	lines := r.awayLines(e.User)
	r.eachObserver(e.User, capAwayNotify, func(c *Client) { r.to(lines.of(c), c) })
}

package commands

import (
	"bavard/state"
	"bavard/wire"
)

// runAway: before the welcome it is for those who know that it can come so early.
// https://modern.ircdocs.horse/#away-message, https://ircv3.net/specs/extensions/pre-away
func runAway(c *Call) {
	text := c.param(0)
	told := func(*state.State) {
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
		told(nil)
	default:
		c.reply(errNotRegistered.with())
	}
}

// isEarlyAway: who has not asked for AWAY before the welcome means it for after that.
func isEarlyAway(c *Client, _ *wire.Message) bool { return c.has(capPreAway) }

// firstAway is the away message of a client that is being welcomed. The content filter looks at it now: there was no user
// yet whom it could have answered.
func (c *Call) firstAway() string {
	if c.registration.away != "" && c.wouldBlock(c.registration.away) {
		return state.AwayUnspecified
	}
	return c.registration.away
}

// tellAway: https://modern.ircdocs.horse/#away-message
func (c *Call) tellAway(s *state.State, kind state.MessageKind, target string) {
	if kind != state.Privmsg || state.IsChannelName(target) {
		return
	}
	if u := s.User(target); u != nil && u.Accepted(c.user()) {
		c.tellIfAway(u)
	}
}

// tellIfAway tells the caller why somebody does not answer.
func (c *Call) tellIfAway(u *state.User) {
	if u.Away() != "" {
		c.reply(rplAway.with(u.Nick(), c.awayText(u)))
	}
}

// awayUnspecified is what people read when no reason is told.
const awayUnspecified = "Not here at the moment"

// awayText is a user's away message as this client reads it: where no reason is told it has words, but for those who know
// what the star means.
// https://ircv3.net/specs/extensions/pre-away#implementation
func (c *Client) awayText(u *state.User) string {
	if c.has(capPreAway) {
		return u.Away()
	}
	return wordedAway(u)
}

// wordedAway is a user's away message for people.
func wordedAway(u *state.User) string {
	if u.Away() == state.AwayUnspecified {
		return awayUnspecified
	}
	return u.Away()
}

// awayLines are an AWAY as those read it who know what a star means, and as all others do; the same if that makes no difference.
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

package commands

import (
	"strings"
	"time"

	"bavard/state"
)

// banAction parses "shun:target". Without an action, the name of a channel is reserved and anything else is banned.
func banAction(word string) (action state.BanAction, target string) {
	if name, rest, colon := strings.Cut(word, ":"); colon {
		if action, known := state.BanActionOf(strings.ToLower(name)); known {
			return action, rest
		}
	}
	if state.IsChannelName(word) {
		return state.BanReserve, word
	}
	return state.BanConnect, word
}

// banName formats an entry in the form that UBAN accepts.
func banName(action state.BanAction, target string) string {
	if action == state.BanConnect || action == state.BanReserve && state.IsChannelName(target) {
		return target
	}
	return action.String() + ":" + target
}

// oneTarget replaces a nick by what identifies its user: their address, or for operators who may not see it their host.
func (c *Call) oneTarget(action state.BanAction, target string) string {
	if action == state.BanReserve || strings.ContainsAny(target, "!@.:/$#*?") {
		return target
	}
	c.View(func(s *state.State) {
		switch u := s.User(target); {
		case u == nil:
		case c.mayKnowAddress(u):
			target = u.Address()
		case u.Address() == "":
			target = u.Nick() + "!*@" + u.Host() // other users have that host too
		default:
			target = "*@" + u.Host()
		}
	})
	return target
}

// addBan adds an entry from its target and the words after it: a duration and a reason, both optional. The duration
// may also come first, as on other servers.
func (c *Call) addBan(action state.BanAction, target string, words []string) {
	op := &state.AddBan{Action: action}
	d, rest, given, ok := c.durationFirst(append([]string{target}, words...))
	if given && ok {
		target, words = rest[0], rest[1:]
	} else if ok {
		d, words, _, ok = c.takeDuration(words)
	}
	if !ok {
		return
	}
	op.Duration = int64(d)
	op.Target, op.Reason = c.oneTarget(action, target), strings.TrimSpace(strings.Join(words, " "))
	if c.Do(op, nil) {
		c.log().Info("server ban added", "by", c.nick(), "action", action.String(), "target", op.Target,
			"duration", time.Duration(op.Duration), "reason", op.Reason)
	}
}

// deleteBan removes an entry.
func (c *Call) deleteBan(action state.BanAction, target string) {
	target = c.oneTarget(action, target)
	if c.Do(&state.RemoveBan{Action: action, Target: target}, nil) {
		c.log().Info("server ban removed", "by", c.nick(), "action", action.String(), "target", target)
	}
}

// banText describes an entry for IRC operators.
func banText(s *state.State, b *state.ServerBan) string {
	text := banName(b.Action, b.Target) + " by " + b.Setter + " at " + banTime(b.Time) + ", "
	if b.Until == 0 {
		text += "for good"
	} else {
		text += "until " + banTime(s.WallAt(b.Until))
	}
	if b.Reason != "" {
		text += ": " + b.Reason
	}
	return text
}

func banTime(nanoseconds int64) string {
	return time.Unix(0, nanoseconds).UTC().Format("2006-01-02 15:04:05 UTC")
}

// bannedText is the text for a client that a server ban keeps out.
func bannedText(reason string) string { return withReason("You are banned from this server", reason) }

// reservedText is the text for a client that requests a reserved name.
func reservedText(what, reason string) string { return withReason(what+" is reserved", reason) }

func withReason(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

// turnAway closes a connection that a server ban keeps out.
// https://modern.ircdocs.horse/#erryourebannedcreep-465
func (c *Client) turnAway(reason string) {
	c.reply(errYoureBannedCreep.with(bannedText(reason)))
	c.end(withReason("Banned", reason), nil)
}

// turnedAway closes the connection if its registration cannot succeed, and reports whether it did.
func (c *Client) turnedAway(r *state.Refusal) bool {
	switch r.Code {
	case state.ServerBanned:
		c.turnAway(r.Why)
	case state.DoorClosed:
		c.reply(errYoureBannedCreep.with(r.Why))
		c.end(r.Why, nil)
	default:
		return false
	}
	return true
}

// judgeAddress closes a connection whose address alone is banned. The lock is held.
func (c *Client) judgeAddress() {
	s, address := c.server.state, c.address()
	if ban := s.BannedAddress(address); ban != nil {
		c.turnAway(ban.Reason)
	} else if s.ClosedTo(address, c.isLocal()) {
		c.turnedAway(s.DoorClosed())
	}
}

// banAdded tells the operators about a new entry and how many users it affects.
func (r *renderer) banAdded(e *state.BanAdded) {
	text := "added " + banName(e.Ban.Action, e.Ban.Target)
	if e.Ban.Until == 0 {
		text += " for good"
	} else {
		text += " for " + durationText(time.Duration(e.Ban.Until-r.server.state.Now()))
	}
	text = withReason(text, e.Ban.Reason)
	switch e.Hit {
	case 0:
	case 1:
		text += " (1 user hit)"
	default:
		text += " (" + itoa(e.Hit) + " users hit)"
	}
	r.banNews(e.By, e.Ban, text)
}

func (r *renderer) banRemoved(e *state.BanRemoved) {
	name := banName(e.Ban.Action, e.Ban.Target)
	if e.Expired {
		r.serverNotice('x', "Expired: "+banText(r.server.state, e.Ban))
		return
	}
	r.banNews(e.By, e.Ban, "removed "+name)
}

// banNews tells the other operators who has changed the list.
func (r *renderer) banNews(by *state.User, b *state.ServerBan, text string) {
	name := b.Setter
	switch {
	case by != nil:
		name = by.Nick()
		// The operator who changed the list is always told, whichever server notices they receive.
		r.toUser(r.line(nil, r.server.view.Load().name, "NOTICE", name, "You "+text).text(), by)
	case name == "":
		name = r.server.view.Load().name
	}
	r.tellOthers('x', by, name+" has "+text)
}

package commands

import (
	"strings"
	"time"

	"bavard/state"
)

// banAction reads "shun:target". A name of a channel alone is to be reserved; anything else is banned.
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

// banName writes an entry as UBAN reads it.
func banName(action state.BanAction, target string) string {
	if action == state.BanConnect || action == state.BanReserve && state.IsChannelName(target) {
		return target
	}
	return action.String() + ":" + target
}

// oneTarget makes of a nick alone what tells its user from others: his address, or his host.
func (c *Call) oneTarget(action state.BanAction, target string) string {
	if action == state.BanReserve || strings.ContainsAny(target, "!@.:/$#*?") {
		return target
	}
	c.View(func(s *state.State) {
		switch u := s.User(target); {
		case u == nil:
		case u.Address() != "":
			target = u.Address()
		default:
			target = u.Nick() + "!*@" + u.Host() // others have that host as well
		}
	})
	return target
}

// addBan sets an entry from its target and what follows it: a duration and a reason, both optional. The duration may also
// stand first, as on other servers.
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
		c.server.options.Log.Info("server ban added", "by", c.nick(), "action", action.String(), "target", op.Target,
			"duration", time.Duration(op.Duration), "reason", op.Reason)
	}
}

// deleteBan takes an entry away.
func (c *Call) deleteBan(action state.BanAction, target string) {
	target = c.oneTarget(action, target)
	if c.Do(&state.RemoveBan{Action: action, Target: target}, nil) {
		c.server.options.Log.Info("server ban removed", "by", c.nick(), "action", action.String(), "target", target)
	}
}

// banText describes an entry for operators.
func banText(b *state.ServerBan) string {
	text := banName(b.Action, b.Target) + " by " + b.Setter + " at " + banTime(b.Time) + ", "
	if b.Until == 0 {
		text += "for good"
	} else {
		text += "until " + banTime(b.Until)
	}
	if b.Reason != "" {
		text += ": " + b.Reason
	}
	return text
}

func banTime(nanoseconds int64) string {
	return time.Unix(0, nanoseconds).UTC().Format("2006-01-02 15:04:05 UTC")
}

// bannedText is what somebody is told whom a server ban keeps out.
func bannedText(reason string) string { return withReason("You are banned from this server", reason) }

// reservedText is what somebody is told who asks for a reserved name.
func reservedText(what, reason string) string { return withReason(what+" is reserved", reason) }

func withReason(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

// turnAway ends a connection that a server ban keeps out.
// https://modern.ircdocs.horse/#erryourebannedcreep-465
func (c *Client) turnAway(reason string) {
	c.reply(errYoureBannedCreep.with(bannedText(reason)))
	c.end(withReason("Banned", reason), nil)
}

// turnedAway ends the connection if the refusal of its registration is one for good.
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

// judgeAddress ends a connection whose address alone says enough. The lock is held.
func (c *Client) judgeAddress() {
	s, address := c.server.state, c.address()
	if ban := s.BannedAddress(address); ban != nil {
		c.turnAway(ban.Reason)
	} else if s.ClosedTo(address, c.isLocal()) {
		c.turnedAway(s.DoorClosed())
	}
}

// banAdded tells the operators of a new entry, and of how many it has hit.
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
		r.serverNotice('x', "Expired: "+banText(e.Ban))
		return
	}
	r.banNews(e.By, e.Ban, "removed "+name)
}

// banNews tells the other operators who has done something to the list.
func (r *renderer) banNews(by *state.User, b *state.ServerBan, text string) {
	name := b.Setter
	switch {
	case by != nil:
		name = by.Nick()
		// He has asked for it, and learns of it whatever notices he has.
		r.toUser(r.line(nil, r.server.view.Load().name, "NOTICE", name, "You "+text).text(), by)
	case name == "":
		name = r.server.view.Load().name
	}
	r.tellOthers('x', by, name+" has "+text)
}

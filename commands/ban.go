package commands

import (
	"strings"
	"time"

	"bavard/state"
)

// runBan is MODE +b for people who type: it takes a nick, a duration and a reason. Without a mask it lists the bans
// with their ends and reasons.
func runBan(c *Call) {
	channel, words := c.banTarget()
	switch {
	case channel == "":
	case len(words) == 0:
		c.listBans(channel)
	default:
		if duration, reason, given, ok := c.takeDuration(words[1:]); ok {
			c.ban(channel, words[0], banSpan(duration, given), strings.Join(reason, " "))
		}
	}
}

// runTban is BAN with the duration before the mask, as on other servers: TBAN #channel duration mask [reason].
func runTban(c *Call) {
	if duration, ok := c.readDuration(c.param(1)); ok {
		c.ban(c.param(0), c.param(2), banSpan(duration, true), c.param(3))
	}
}

// runUnban is MODE -b for people who type.
func runUnban(c *Call) {
	channel, words := c.banTarget()
	if channel == "" {
		return
	}
	if len(words) == 0 {
		c.needMoreParams()
		return
	}
	mask := c.banMask(words[0])
	name, found := "", false
	c.View(func(s *state.State) {
		if here := c.ownChannel(s, channel); here != nil {
			name, found = here.Name(), s.HasEntry(here, 'b', mask)
		}
	})
	switch {
	case name == "": // the user has been told
	case !found:
		c.refuse("NO_SUCH_BAN", mask+" is not on the list of bans: BAN "+name+" shows it")
	default:
		c.Do(&state.SetModes{Channel: name, Changes: []state.ModeChange{{Letter: 'b', Param: mask}}}, nil)
	}
}

// banSpan returns the duration of a ban in the form that the state takes: -1 makes the ban permanent, even one that
// already exists and would end.
func banSpan(d time.Duration, given bool) time.Duration {
	if given && d == 0 {
		return -1
	}
	return d
}

// banTarget removes the channel from the parameters. Without one, it is the current channel, or "" when there is none.
func (c *Call) banTarget() (channel string, words []string) {
	if words = c.params(); len(words) > 0 && state.IsChannelName(words[0]) {
		return words[0], words[1:]
	}
	return c.currentName(), words
}

// ban sets a ban and tells the user which members it covers, because the mask alone does not show that.
func (c *Call) ban(channel, who string, duration time.Duration, reason string) {
	change := state.ModeChange{On: true, Letter: 'b', Param: c.banMask(who), Duration: int64(duration), Reason: reason}
	c.Do(&state.SetModes{Channel: channel, Changes: []state.ModeChange{change}}, func(s *state.State, _ []state.Event) {
		here := s.ChannelFor(c.user(), channel)
		e, members, all := s.EntryCovers(c.user().Member(here), 'b', change.Param)
		if e == nil {
			return // it was refused, and the user has been told
		}
		text := e.Mask + " covers nobody who is here"
		if len(members) > 0 {
			text = e.Mask + " covers " + plural(len(members), "member") + " (" + members[0].User().Nick()
			if len(members) > 1 {
				text += " and others"
			}
			text += ")"
		}
		if !all {
			text += "; the channel is too large to compare all of its members"
		}
		c.notice(here.Name(), text+c.endAndReason(e.Until, e.Reason))
	})
}

// endAndReason describes when a ban ends, if it does by itself, and its reason, if there is one.
func (c *Call) endAndReason(until int64, reason string) string {
	text := ""
	if until != 0 {
		left := time.Duration(until - c.server.order.Elapsed())
		text = ", ends in " + durationText(left+time.Second-1) // rounded up to whole seconds
	}
	if reason != "" {
		text += ": " + reason
	}
	return text
}

// banMask returns the mask for banning a nick: the host of the user who has it now. Anything else is a mask already.
func (c *Call) banMask(who string) string {
	c.View(func(s *state.State) {
		if u := s.User(who); u != nil {
			who = "*!*@" + u.Host()
		}
	})
	return who
}

// listBans lists the bans in words: mask, setter, time, remaining time and reason.
func (c *Call) listBans(name string) {
	shown := name
	found, n := c.eachEntry(name, 'b', nil, func(channel *state.Channel, e *state.ListEntry) {
		text := e.Mask + " by " + e.Setter + " at " + time.Unix(0, e.Time).UTC().Format(time.DateTime) + " UTC"
		c.notice(channel.Name(), text+c.endAndReason(e.Until, e.Reason))
	})
	if found {
		c.View(func(s *state.State) {
			if channel := s.ChannelFor(c.user(), name); channel != nil {
				shown = channel.Name()
			}
		})
		c.notice(shown, "End of the bans of "+shown+" ("+plural(n, "ban")+")")
	}
}

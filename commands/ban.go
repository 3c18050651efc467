package commands

import (
	"strings"
	"time"

	"bavard/state"
)

// runBan is MODE +b for people: with a nick, for a time, with a reason. Without a mask it lists the bans with both.
func runBan(c *Call) {
	channel, words := c.banTarget()
	switch {
	case channel == "":
	case len(words) == 0:
		c.listBans(channel)
	default:
		who, rest := words[0], words[1:]
		duration := time.Duration(0)
		if len(rest) > 0 {
			if d, ok := parseDuration(rest[0]); ok {
				duration, rest = d, rest[1:]
			}
		}
		c.ban(channel, who, duration, strings.Join(rest, " "))
	}
}

// runTban is BAN with the duration before the mask, as on other servers: TBAN #channel duration mask [reason].
func runTban(c *Call) {
	duration, ok := parseDuration(c.param(1))
	if !ok {
		c.reply(errUnknownError.with("TBAN", "Give the duration as 2h, 1d12h or 0 (for good)"))
		return
	}
	c.ban(c.param(0), c.param(2), duration, c.rest(3))
}

// runUnban is MODE -b for people.
func runUnban(c *Call) {
	channel, words := c.banTarget()
	if channel == "" {
		return
	}
	if len(words) == 0 {
		c.needMoreParams()
		return
	}
	change := state.ModeChange{Letter: 'b', Param: c.banMask(words[0])}
	c.Do(&state.SetModes{Channel: channel, Changes: []state.ModeChange{change}}, nil)
}

// banTarget takes the channel off the parameters; without one it is the current channel, "" when there is none.
func (c *Call) banTarget() (channel string, words []string) {
	if words = c.params(); len(words) > 0 && state.IsChannelName(words[0]) {
		return words[0], words[1:]
	}
	return c.currentName(), words
}

func (c *Call) ban(channel, who string, duration time.Duration, reason string) {
	change := state.ModeChange{On: true, Letter: 'b', Param: c.banMask(who), Duration: int64(duration), Reason: reason}
	c.Do(&state.SetModes{Channel: channel, Changes: []state.ModeChange{change}}, nil)
}

// banMask is what a nick's ban covers: the host of the one who has it now. Whatever is no nick stands for itself.
func (c *Call) banMask(who string) string {
	c.View(func(s *state.State) {
		if u := s.User(who); u != nil {
			who = "*!*@" + u.Host()
		}
	})
	return who
}

// listBans lists the bans as they are for people: who, when, how long still, why.
func (c *Call) listBans(name string) {
	c.View(func(s *state.State) {
		channel := c.openChannel(s, name)
		if channel == nil {
			return
		}
		for _, e := range channel.List('b') {
			text := e.Mask + " by " + e.Setter + " at " + time.Unix(0, e.Time).UTC().Format(time.DateTime)
			if e.Until != 0 {
				text += ", ends in " + durationText(time.Duration(e.Until-c.server.options.Now().UnixNano()))
			}
			if e.Reason != "" {
				text += ": " + e.Reason
			}
			c.notice(channel.Name(), text)
		}
		c.notice(channel.Name(), "End of the bans of "+channel.Name()+" ("+plural(len(channel.List('b')), "ban")+")")
	})
}

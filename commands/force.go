package commands

import (
	"strings"

	"bavard/state"
)

// runSajoin joins a user to channels, with one operation for each.
func runSajoin(c *Call) {
	nick := c.param(0)
	for _, channel := range c.boundedTargets(c.list(c.param(1))) {
		if !c.breathe() {
			return
		}
		if c.Do(&state.ForceJoin{Nick: nick, Channel: channel}, nil) {
			c.tell('v', "SAJOIN", "forced "+nick+" to join "+channel)
		}
	}
}

func runSapart(c *Call) {
	nick, reason := c.param(0), c.param(2)
	for _, channel := range c.boundedTargets(c.list(c.param(1))) {
		if c.Do(&state.ForcePart{Nick: nick, Channel: channel, Reason: reason}, nil) {
			c.tell('v', "SAPART", "forced "+nick+" to leave "+channel)
		}
	}
}

func runSanick(c *Call) {
	nick, next := c.param(0), c.param(1)
	if c.Do(&state.ForceNick{Nick: nick, New: next}, nil) && nick != next {
		c.tell('v', "SANICK", "changed the nick of "+nick+" to "+next)
	}
}

// runSamode changes modes as the server. New entries of lists have the operator as their setter.
func runSamode(c *Call) {
	name, args := c.param(0), c.params()[1:]
	request := c.view().policy.ParseChannelModes(args, c.config().Limits.ModesPerLine)
	if len(request.Changes) == 0 {
		c.needMoreParams()
		return
	}
	c.extra += float64(len(request.Changes)) * c.command.cost / 4
	var made []state.ModeChange
	c.Do(&state.SetModes{Channel: name, Changes: request.Changes, Override: true}, func(_ *state.State, events []state.Event) {
		for _, e := range events {
			if changed, is := e.(*state.ModesChanged); is && changed.By == nil && made == nil {
				made = changed.Changes
			}
		}
	})
	if made != nil {
		c.tell('v', "SAMODE", "on "+name+": "+shownChanges(made))
	}
}

// shownChanges formats mode changes for the notice to operators, without secret parameters.
func shownChanges(changes []state.ModeChange) string {
	clean := make([]state.ModeChange, len(changes))
	for i, change := range changes {
		if change.Param != "" && state.ChannelModeInfo(change.Letter).Secret && state.ChannelModeInfo(change.Letter).Kind != state.ListMode {
			change.Param = "*"
		}
		clean[i] = change
	}
	modes, params := state.FormatModes(clean)
	return strings.Join(append([]string{modes}, params...), " ")
}

func runSatopic(c *Call) {
	name, text := c.param(0), c.param(1)
	if c.Do(&state.SetTopic{Channel: name, Text: text, Override: true}, nil) {
		c.tell('v', "SATOPIC", "set the topic of "+name+" to "+text)
	}
}

func runSakick(c *Call) {
	name, nick, reason := c.param(0), c.param(1), c.param(2)
	if reason == "" {
		reason = c.nick()
	}
	if c.Do(&state.Kick{Channel: name, Nick: nick, Reason: reason, Override: true}, nil) {
		c.tell('v', "SAKICK", "kicked "+nick+" from "+name+" ("+reason+")")
	}
}

package commands

import "bavard/state"

// ownChannel finds a channel that the caller is in, or answers that there is none.
func (c *Call) ownChannel(s *state.State, name string) *state.Channel {
	channel := s.ChannelFor(c.user(), name)
	switch {
	case channel == nil:
		c.reply(errNoSuchChannel.with(echoable(name)))
	case c.user().Member(channel) == nil:
		c.reply(errNotOnChannel.with(channel.Name()))
	default:
		return channel
	}
	return nil
}

// runCurrent shows or sets the current channel.
func runCurrent(c *Call) {
	name := c.param(0)
	c.View(func(s *state.State) {
		if name != "" {
			channel := c.ownChannel(s, name)
			if channel == nil {
				return
			}
			c.current = channel.ID()
		}
		if channel := c.currentChannel(s); channel != nil {
			c.notice(c.nick(), "Your current channel is "+channel.Name())
		} else {
			c.notice(c.nick(), "You are not in any channel. Use JOIN to join one")
		}
	})
}

// currentChannel returns the channel that commands without a channel use: the one last joined, spoken in or set, if
// the user is still in it, otherwise the one that they joined last. The lock is held.
func (c *Call) currentChannel(s *state.State) *state.Channel {
	u := c.user()
	if channel := s.ChannelByID(c.current); channel != nil && u.Member(channel) != nil {
		return channel
	}
	if members := u.Members(); len(members) > 0 {
		return members[len(members)-1].Channel()
	}
	return nil
}

// currentName returns the current channel's name. Without one, it answers that there is none and returns "".
func (c *Call) currentName() string {
	name := ""
	c.View(func(s *state.State) {
		if channel := c.currentChannel(s); channel != nil {
			name = channel.Name()
		}
	})
	if name == "" {
		c.reply(errNoCurrentChannel.with("*"))
	}
	return name
}

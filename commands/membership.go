package commands

import (
	"slices"
	"strings"

	"bavard/state"
)

// runJoin: https://modern.ircdocs.horse/#join-message
func runJoin(c *Call) {
	if c.param(0) == "0" {
		c.leaveAll()
		return
	}
	if len(c.list(c.param(0))) == 0 {
		return
	}
	keys := strings.Split(c.param(1), ",")
	for i, channel := range strings.Split(c.param(0), ",") { // an empty name has its key too
		key := ""
		if i < len(keys) {
			key = keys[i]
		}
		if channel != "" {
			joinChannel(c, channel, key)
		}
	}
}

// joinChannel joins one channel. An old name leads to the new one: a client that knows RENAME is told the new name and
// joins itself, another one is taken there.
// https://ircv3.net/specs/extensions/channel-rename#channel-redirection
func joinChannel(c *Call, channel, key string) {
	refusal := c.Try(&state.Join{Channel: channel, Key: key, Follow: !c.has(capChannelRename)}, nil)
	switch {
	case refusal == nil:
	case refusal.Code == state.ChannelRenamed:
		c.fail(refusalTable[refusal.Code].fail, "The channel has been renamed", refusal.Channel, refusal.Param)
	default:
		c.answer(refusal)
	}
}

// leaveAll is JOIN 0: a PART from every channel.
func (c *Call) leaveAll() {
	var names []string
	c.View(func(*state.State) {
		for _, m := range c.user().Members() {
			names = append(names, m.Channel().Name())
		}
	})
	for _, name := range names {
		c.Do(&state.Part{Channel: name}, nil)
	}
}

// runPart: https://modern.ircdocs.horse/#part-message
func runPart(c *Call) {
	for _, channel := range c.list(c.param(0)) {
		c.Do(&state.Part{Channel: channel, Reason: c.param(1)}, nil)
	}
}

// runLeave is PART for people who type.
func runLeave(c *Call) {
	channels, reason := splitList(c.param(0)), c.rest(1)
	if !state.IsChannelName(c.param(0)) {
		current := c.currentName()
		if current == "" {
			return
		}
		channels, reason = []string{current}, c.rest(0)
	}
	for _, channel := range channels {
		c.Do(&state.Part{Channel: channel, Reason: reason}, nil)
	}
}

// runTopic: https://modern.ircdocs.horse/#topic-message
func runTopic(c *Call) {
	if len(c.params()) > 1 {
		c.Do(&state.SetTopic{Channel: c.param(0), Text: c.param(1)}, nil)
		return
	}
	name := c.param(0)
	if name == "" {
		if name = c.currentName(); name == "" {
			return
		}
	}
	c.View(func(s *state.State) {
		channel := c.openChannel(s, name)
		switch {
		case channel == nil: // he has been told
		case channel.Topic().Text == "":
			c.reply(rplNoTopic.with(channel.Name()))
		default:
			r := renderer{server: c.server, out: &c.out}
			r.topic(channel, c.Client)
		}
	})
}

// numericTo queues a numeric for any client. The lock is held.
func (r *renderer) numericTo(c *Client, n numeric) { c.numeric(r.out, n) }

func (r *renderer) topic(channel *state.Channel, c *Client) {
	if t := channel.Topic(); t.Text != "" {
		r.numericTo(c, rplTopic.with(channel.Name(), t.Text))
		r.numericTo(c, rplTopicWhoTime.with(channel.Name(), t.Setter, seconds(t.Time)))
	}
}

// seconds is a time of the state as a Unix timestamp.
func seconds(nanoseconds int64) string { return itoa(int(nanoseconds / 1e9)) }

// welcomeInto shows a channel to one who has just come: topic and names.
// https://modern.ircdocs.horse/#join-message
func (r *renderer) welcomeInto(channel *state.Channel, m *state.Member, c *Client) {
	r.markerInto(channel, m.User(), c)
	r.topic(channel, c)
	r.unaskedNames(channel, m.User(), c)
}

// unaskedNames lists who is in a channel, for those who want that list without asking.
// https://ircv3.net/specs/extensions/no-implicit-names
func (r *renderer) unaskedNames(channel *state.Channel, viewer *state.User, c *Client) {
	if c.has(capNoImplicitNames) {
		return
	}
	r.names(channel, viewer, c)
	r.numericTo(c, rplEndOfNames.with(channel.Name()))
}

// runNames: without a channel it is the current one: all users of a network are no answer to anybody.
// https://modern.ircdocs.horse/#names-message
func runNames(c *Call) {
	list := c.param(0)
	if list == "" {
		c.View(func(s *state.State) {
			if channel := c.currentChannel(s); channel != nil {
				list = channel.Name()
			}
		})
	}
	if list == "" {
		c.reply(rplEndOfNames.with("*"))
		return
	}
	for i, name := range c.targets(list, ",") {
		if i > 0 {
			c.extra += c.command.cost
		}
		c.View(func(s *state.State) {
			if channel := s.ChannelFor(c.user(), name); channel != nil && s.ChannelVisible(c.user(), channel) {
				r := renderer{server: c.server, out: &c.out}
				r.names(channel, c.user(), c.Client)
				name = channel.Name()
			}
			c.reply(rplEndOfNames.with(echoable(name)))
		})
	}
}

// runInvite: https://modern.ircdocs.horse/#invite-message
func runInvite(c *Call) {
	if len(c.params()) == 0 {
		c.listInvites()
		return
	}
	nick, channel := c.param(0), c.param(1)
	if channel == "" {
		if channel = c.currentName(); channel == "" {
			return
		}
	}
	c.Do(&state.InviteUser{Channel: channel, Nick: nick}, func(s *state.State) {
		target := s.User(nick)
		c.reply(rplInviting.with(target.Nick(), s.ChannelFor(c.user(), channel).Name()))
		c.tellIfAway(target)
	})
}

// invited: whoever could have done so is told, if he sees who did. The one who did has his own answer.
// https://ircv3.net/specs/extensions/invite-notify
func (r *renderer) invited(e *state.Invited) {
	l := r.line(e.By, e.By.Source(), "INVITE", e.Target.Nick(), e.Channel.Name())
	if !e.Unheard {
		r.toUser(l, e.Target)
	}
	by := e.By.Member(e.Channel)
	if by == nil {
		return
	}
	eachWitness(by, func(m *state.Member, c *Client) {
		if c.has(capInviteNotify) && m != by && m.MayInvite() {
			r.to(l, c)
		}
	})
}

// listInvites: https://modern.ircdocs.horse/#invite-list
func (c *Call) listInvites() {
	c.View(func(*state.State) {
		for _, i := range c.user().Invites() {
			c.reply(rplInviteList.with(i.Channel.Name()))
		}
	})
	c.reply(rplEndInviteList.with())
}

// runKick: KICK #channel nicks, or KICK nick for the current channel.
// https://modern.ircdocs.horse/#kick-message
func runKick(c *Call) { c.kick(false) }

// kick removes members; asPart: for others they have left.
func (c *Call) kick(asPart bool) {
	channel, nicks, reason := c.param(0), c.param(1), c.param(2)
	if !state.IsChannelName(channel) {
		channel, nicks, reason = "", c.param(0), c.rest(1)
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
			return // it is the same for the others
		}
	}
}

// ownChannel finds a channel that the caller is in; else he is told.
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

// runCurrent tells or sets the current channel.
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
			c.notice(c.nick(), "You are in no channel: JOIN one")
		}
	})
}

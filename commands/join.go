package commands

import (
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
	// The maximum is the number of channels that a user can be in, because more could not be joined.
	channels, keys := c.newTargets(c.config().Limits.ChannelsPerUser), strings.Split(c.param(1), ",")
	for i, channel := range strings.Split(c.param(0), ",") { // an empty name has a key too
		key := ""
		if i < len(keys) {
			key = keys[i]
		}
		if channel != "" && channels.take(channel) {
			if !c.breathe() {
				return
			}
			joinChannel(c, channel, key)
		}
	}
	c.tellOver(channels)
}

// joinChannel joins one channel. By an old name, a client with the channel-rename capability is told the new name and
// joins by itself; any other client is taken there.
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

// welcomeInto shows a channel to a client that has just joined it: read marker, topic and names.
// https://modern.ircdocs.horse/#join-message
func (r *renderer) welcomeInto(channel *state.Channel, m *state.Member, c *Client) {
	r.markerInto(channel, m.User(), c)
	r.topic(channel, c)
	r.unaskedNames(channel, m.User(), c)
}

// joined shows a JOIN. A user who joins while away is announced as away too.
// https://ircv3.net/specs/extensions/away-notify
func (r *renderer) joined(e *state.Joined) {
	u, c := e.Member.User(), e.Member.Channel()
	r.announce(e.Member, r.number, func(m *state.Member) bool { return m.Sees(e.Member) })
	// Every session of the user is sent topic and names, because all of them have joined.
	eachSessionOf(u, func(cl *Client) {
		cl.current = c.ID()
		r.welcomeInto(c, e.Member, cl)
		if !r.restFollowsRoll(c, cl) {
			r.oweReplay(e.Member, cl, r.stamp.Position(0))
			r.entered(c, cl)
		}
	})
}

// announce shows a JOIN to these members. number gives the line its id.
func (r *renderer) announce(about *state.Member, number func(*outLine) *outLine, to func(*state.Member) bool) {
	u, c := about.User(), about.Channel()
	plain, extended := number(r.joinLine(u, c, false)), r.joinLine(u, c, true)
	extended.id = plain.id
	if about.Seen(false) {
		r.rememberIn(plain, c, []string{u.Realname()})
	}
	var away awayLines
	if u.Away() != "" {
		away = r.awayLines(u)
	}
	var known introduction
	if !r.server.largeForMetadata(c) { // in a larger channel, clients have to request metadata
		known = r.introduction(u)
	}
	eachSession(c, func(m *state.Member, cl *Client) {
		if !to(m) {
			return
		}
		if cl.has(capExtendedJoin) {
			r.to(extended, cl)
		} else {
			r.to(plain, cl)
		}
		if u.Away() != "" && cl.has(capAwayNotify) && m.User() != u {
			r.to(away.of(cl), cl)
		}
		if m.User() != u {
			r.introduce(known, cl)
		}
	})
}

// joinLine: https://ircv3.net/specs/extensions/extended-join
func (r *renderer) joinLine(u *state.User, c *state.Channel, extended bool) *outLine {
	if !extended {
		return r.line(u, u.Source(), "JOIN", c.Name())
	}
	return r.line(u, u.Source(), "JOIN", c.Name(), accountOrStar(u.Account()), u.Realname()).text()
}

func accountOrStar(account string) string {
	if account == "" {
		return "*"
	}
	return account
}

// redirected tells a user that the channel has a new name. Clients with channel-rename get here only by the server's
// autojoin.
func (r *renderer) redirected(e *state.Redirected) {
	if r.by != nil && !r.by.has(capChannelRename) {
		r.numericTo(r.by, errLinkChannel.with(e.Old, e.Channel.Name()))
	}
}

func (r *renderer) forwarded(e *state.Forwarded) {
	if r.by != nil {
		r.numericTo(r.by, errForwarded.with(e.Old, e.Channel.Name()))
	}
}

package commands

import (
	"slices"

	"bavard/state"
	"bavard/wire"
)

// nameList is the list of a channel's members for one set of capabilities, in the form of tails of 353 lines: the part
// after the recipient's nick is the same for all members.
type nameList struct {
	channel *state.Channel
	caps    capSet
	all     bool // for members who see everyone
	tails   [][]byte
}

// nameCaps are the capabilities that change the form of the list.
const nameCaps = capMultiPrefix | capUserhostInNames

// names sends as many 353 lines as needed. Users outside the channel do not see invisible members. Members whom others
// do not see see themselves.
// https://modern.ircdocs.horse/#rplnamreply-353
func (r *renderer) names(channel *state.Channel, viewer *state.User, c *Client) (lines int) {
	head := []byte(":" + r.server.view.Load().name + " " + rplNamReply.code + " " + c.nick() + " ")
	tails := r.nameTails(channel, viewer, c.capabilities()&nameCaps)
	for _, tail := range tails {
		r.out.sendPair(c, head, tail)
	}
	if own := viewer.Member(channel); own != nil && !own.Seen(own.SeesAll()) {
		line := appendName([]byte(nameHead(channel)), own, c.capabilities())
		r.out.sendPair(c, head, append(line, '\r', '\n'))
	}
	return len(tails) + 1
}

// nameHead returns the part of the line before the names.
// https://modern.ircdocs.horse/#rplnamreply-353
func nameHead(channel *state.Channel) string {
	symbol := "="
	switch {
	case channel.HasMode('s'):
		symbol = "@"
	case channel.HasMode('p'):
		symbol = "*"
	}
	return symbol + " " + channel.Name() + " :"
}

// appendName appends a member in the form for a list.
func appendName(line []byte, m *state.Member, caps capSet) []byte {
	line = append(line, m.Ranks().Prefixes(caps.has(capMultiPrefix))...)
	if caps.has(capUserhostInNames) {
		return append(line, m.User().Source()...)
	}
	return append(line, m.User().Nick()...)
}

// nameTails returns the list. It is made once for each shape in an operation, because after a rename all members are
// sent it.
func (r *renderer) nameTails(channel *state.Channel, viewer *state.User, caps capSet) [][]byte {
	own := viewer.Member(channel)
	inside, all := own != nil, own != nil && own.SeesAll()
	if inside {
		for i := range r.lists {
			if r.lists[i].channel == channel && r.lists[i].caps == caps && r.lists[i].all == all {
				return r.lists[i].tails
			}
		}
	}
	list := nameList{channel: channel, caps: caps, all: all}
	head := nameHead(channel)
	// There must be room for the longest nick, because the recipient is not known here.
	room := wire.MaxLineBytes - len(":  353  \r\n") - len(r.server.view.Load().name) - r.server.state.Policy().NickBytes
	line := []byte(head)
	for _, m := range channel.Members() {
		if inside && !m.Seen(all) || !inside && !r.server.state.Sees(viewer, m) {
			continue
		}
		end := len(line)
		if end > len(head) {
			line = append(line, ' ')
		}
		if line = appendName(line, m, caps); len(line) > room && end > len(head) {
			list.tails = append(list.tails, append(slices.Clone(line[:end]), '\r', '\n'))
			line = append(line[:len(head)], line[end+1:]...)
		}
	}
	if len(line) > len(head) {
		list.tails = append(list.tails, append(line, '\r', '\n'))
	}
	if inside {
		r.lists = append(r.lists, list)
	}
	return list.tails
}

// unaskedNames sends the members of a channel to a client that wants that list on joining.
// https://ircv3.net/specs/extensions/no-implicit-names
func (r *renderer) unaskedNames(channel *state.Channel, viewer *state.User, c *Client) (lines int) {
	if c.has(capNoImplicitNames) {
		return 0
	}
	lines = r.names(channel, viewer, c)
	r.numericTo(c, rplEndOfNames.with(channel.Name()))
	return lines
}

// runNames lists the members of channels. Without a channel it uses the current one, because a list of all users helps
// nobody.
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
		if !c.breathe() {
			return
		}
		c.View(func(s *state.State) {
			if channel := s.ChannelFor(c.user(), name); channel != nil {
				r := renderer{server: c.server, out: &c.out}
				r.names(channel, c.user(), c.Client)
			}
			c.reply(rplEndOfNames.with(echoable(name)))
		})
	}
}

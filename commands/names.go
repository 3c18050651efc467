package commands

import (
	"slices"

	"bavard/state"
	"bavard/wire"
)

// nameList is the list of a channel's members for one set of capabilities, as the tails of 353 lines: what stands after
// the nick of the one who reads it is the same for all who are in the channel.
type nameList struct {
	channel *state.Channel
	caps    capSet
	all     bool // for those who see all members
	tails   [][]byte
}

// nameCaps are the capabilities that change how members are listed.
const nameCaps = capMultiPrefix | capUserhostInNames

// names sends 353 lines, as many as it takes. Whoever is not in the channel sees no invisible members; who is in it and
// not seen by the others sees himself.
// https://modern.ircdocs.horse/#rplnamreply-353
func (r *renderer) names(channel *state.Channel, viewer *state.User, c *Client) {
	head := []byte(":" + r.server.view.Load().name + " " + rplNamReply.code + " " + c.nick() + " ")
	for _, tail := range r.nameTails(channel, viewer, c.capabilities()&nameCaps) {
		r.out.sendPair(c, head, tail)
	}
	if own := viewer.Member(channel); own != nil && !own.Seen(own.SeesAll()) {
		line := appendName([]byte(nameHead(channel)), own, c.capabilities())
		r.out.sendPair(c, head, append(line, '\r', '\n'))
	}
}

// nameHead is what stands before the names.
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

// appendName adds a member as a list shows him.
func appendName(line []byte, m *state.Member, caps capSet) []byte {
	line = append(line, m.Ranks().Prefixes(caps.has(capMultiPrefix))...)
	if caps.has(capUserhostInNames) {
		return append(line, m.User().Source()...)
	}
	return append(line, m.User().Nick()...)
}

// nameTails makes the list, once for each shape of an operation: after a rename all members are sent it.
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
	// Room for the longest nick there may be: the one who reads it is not known here.
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

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
	head := r.namesTo(c)
	tails := r.nameTails(channel, viewer, c.capabilities()&nameCaps)
	for _, tail := range tails {
		r.out.sendPair(c, head, tail)
	}
	r.ownName(channel, viewer, c)
	return len(tails) + 1
}

// namesTo returns the part of a 353 line before the channel.
func (r *renderer) namesTo(c *Client) []byte {
	return []byte(":" + r.server.view.Load().name + " " + rplNamReply.code + " " + c.nick() + " ")
}

// ownName sends a member the line with the member's own name, if the list does not contain it.
func (r *renderer) ownName(channel *state.Channel, viewer *state.User, c *Client) {
	if own := viewer.Member(channel); own != nil && !own.Seen(own.SeesAll()) {
		line := appendName([]byte(nameHead(channel)), own, c.capabilities())
		r.out.sendPair(c, r.namesTo(c), append(line, '\r', '\n'))
	}
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
	lines := r.nameLines(channel, caps)
	for _, m := range channel.Members() {
		if r.listed(m, viewer, own) {
			lines.add(m)
		}
	}
	lines.finish()
	if inside {
		r.lists = append(r.lists, nameList{channel, caps, all, lines.tails})
	}
	return lines.tails
}

// listed reports whether the names of a channel contain a member. own is the viewer's membership, nil for none.
func (r *renderer) listed(m *state.Member, viewer *state.User, own *state.Member) bool {
	if own != nil {
		return m.Seen(own.SeesAll())
	}
	return r.server.state.Sees(viewer, m)
}

// nameLines collects names into the last parts of 353 lines.
type nameLines struct {
	caps       capSet
	room, head int // the greatest length of a line, and the length of the part before the names
	line       []byte
	tails      [][]byte
}

// nameLines returns an empty list. There is room for the longest nick, because the recipient is not known here.
func (r *renderer) nameLines(channel *state.Channel, caps capSet) *nameLines {
	room := wire.MaxLineBytes - len(":  353  \r\n") - len(r.server.view.Load().name) - r.server.state.Policy().NickBytes
	line := []byte(nameHead(channel))
	return &nameLines{caps: caps, room: room, head: len(line), line: line}
}

func (l *nameLines) add(m *state.Member) {
	end := len(l.line)
	if end > l.head {
		l.line = append(l.line, ' ')
	}
	if l.line = appendName(l.line, m, l.caps); len(l.line) > l.room && end > l.head {
		l.tails = append(l.tails, append(slices.Clone(l.line[:end]), '\r', '\n'))
		l.line = append(l.line[:l.head], l.line[end+1:]...)
	}
}

// finish completes the last line.
func (l *nameLines) finish() {
	if len(l.line) > l.head {
		l.tails = append(l.tails, append(slices.Clone(l.line), '\r', '\n'))
		l.line = l.line[:l.head]
	}
}

// unaskedNames sends the members of a channel to a client that wants that list on joining.
// https://ircv3.net/specs/extensions/no-implicit-names
func (r *renderer) unaskedNames(channel *state.Channel, viewer *state.User, c *Client) (lines int) {
	if c.has(capNoImplicitNames) {
		return 0
	}
	if r.isLong(channel, viewer, c) {
		r.leaveRoll(channel, c)
		return 1 + len(channel.Members())/namesPerLine
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
		c.listNames(name)
	}
}

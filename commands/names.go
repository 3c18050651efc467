package commands

import (
	"bavard/state"
	"bavard/wire"
)

// nameList is the list of a channel's members for one set of capabilities, as the tails of 353 lines: what stands after
// the nick of the one who reads it is the same for all who are in the channel.
type nameList struct {
	channel *state.Channel
	caps    capSet
	tails   [][]byte
}

// nameCaps are the capabilities that change how members are listed.
const nameCaps = capMultiPrefix | capUserhostInNames

// names sends 353 lines, as many as it takes. Whoever is not in the channel sees no invisible members.
// https://modern.ircdocs.horse/#rplnamreply-353
func (r *renderer) names(channel *state.Channel, viewer *state.User, c *Client) {
	for _, tail := range r.nameTails(channel, viewer, c.caps&nameCaps) {
		r.out.sendPair(c, []byte(":"+r.server.view.Load().name+" "+rplNamReply.code+" "+c.nick()+" "), tail)
	}
}

// nameTails makes the list, once for each shape of an operation: after a rename all members are sent it.
func (r *renderer) nameTails(channel *state.Channel, viewer *state.User, caps capSet) [][]byte {
	inside := viewer.Member(channel) != nil
	if inside {
		for i := range r.lists {
			if r.lists[i].channel == channel && r.lists[i].caps == caps {
				return r.lists[i].tails
			}
		}
	}
	list := nameList{channel: channel, caps: caps}
	head := "= " + channel.Name() + " :"
	if channel.HasMode('s') {
		head = "@ " + channel.Name() + " :"
	} else if channel.HasMode('p') {
		head = "* " + channel.Name() + " :"
	}
	// Room for the longest nick there may be: the one who reads it is not known here.
	room := wire.MaxLineBytes - len(":  353  \r\n") - len(r.server.view.Load().name) - r.server.state.Policy().NickBytes
	line := []byte(head)
	for _, m := range channel.Members() {
		if !r.server.state.Sees(viewer, m) {
			continue
		}
		prefix, name := m.Ranks().Prefixes(caps.has(capMultiPrefix)), m.User().Nick()
		if caps.has(capUserhostInNames) {
			name = m.User().Source()
		}
		if len(line) > len(head) {
			if len(line)+1+len(prefix)+len(name) > room {
				list.tails = append(list.tails, append(line, '\r', '\n'))
				line = []byte(head)
			} else {
				line = append(line, ' ')
			}
		}
		line = append(append(line, prefix...), name...)
	}
	if len(line) > len(head) {
		list.tails = append(list.tails, append(line, '\r', '\n'))
	}
	if inside {
		r.lists = append(r.lists, list)
	}
	return list.tails
}

package commands

import (
	"slices"

	"bavard/state"
)

// appeared shows a member who was hidden, as if they joined now.
func (r *renderer) appeared(e *state.Appeared) {
	r.announce(e.Member, r.placeBefore, func(m *state.Member) bool {
		return m != e.Member && m.Sees(e.Member) && (!e.ToPlain || !m.SeesAll())
	})
}

// vanished shows a PART to members who no longer see a member.
func (r *renderer) vanished(e *state.Vanished) {
	l := r.number(r.partLine(e.Member.User(), e.Member.Channel().Name(), ""))
	r.rememberIn(l, e.Member.Channel(), nil)
	eachSession(e.Member.Channel(), func(m *state.Member, c *Client) {
		if !m.Sees(e.Member) {
			r.to(l, c)
		}
	})
}

// namesGrown sends the names to members who see more of the channel's members than before: immediately if it is one
// member, and after the command if it is all of them.
func (r *renderer) namesGrown(e *state.NamesGrown) {
	if e.Member == nil {
		r.oweNames(e.Channel, false)
		return
	}
	eachSessionOf(e.Member.User(), func(c *Client) { r.grown(e.Channel, e.Member, c) })
}

// grown sends one member the names, and returns the number of lines.
func (r *renderer) grown(channel *state.Channel, m *state.Member, c *Client) (lines int) {
	lines = r.unaskedNames(channel, m.User(), c)
	if c.listens() {
		r.syncLater(channel, c)
	}
	return lines
}

// owedNames is a channel with members who have not been sent its names yet. next and last are their places in the order
// of joining.
type owedNames struct {
	channel    state.ChannelID
	next, last uint64
	// renamed: only clients without the capability for RENAME, which were shown a JOIN instead.
	renamed bool
}

// oweNames arranges that all members of a channel are sent its names after the current command. The number of lines
// grows with the square of the number of members, so they are sent in pages.
func (r *renderer) oweNames(channel *state.Channel, renamed bool) {
	members := channel.Members()
	if len(members) == 0 || r.call == nil {
		return
	}
	r.call.owed = slices.DeleteFunc(r.call.owed, func(o owedNames) bool { return o.channel == channel.ID() && o.renamed == renamed })
	r.call.owed = append(r.call.owed, owedNames{channel.ID(), 0, members[len(members)-1].Joined(), renamed})
}

// owedLines bounds how many lines of names are queued in one hold of the lock.
const owedLines = 4000

// tellOwed sends the names that oweNames has arranged.
func (c *Call) tellOwed() {
	for ; len(c.owed) > 0; c.owed = c.owed[1:] {
		owed := &c.owed[0]
		c.pages(func(s *state.State, _ *page) bool {
			channel := s.ChannelByID(owed.channel)
			return channel == nil || c.tellOwedPage(channel, owed)
		})
	}
	c.owed = nil
}

// tellOwedPage sends the names to as many members as one hold of the lock allows.
func (c *Call) tellOwedPage(channel *state.Channel, owed *owedNames) (done bool) {
	r := renderer{server: c.server, out: &c.out, by: c.Client, call: c, paced: true}
	left := owedLines
	for _, m := range channel.MembersFrom(owed.next) {
		switch {
		case m.Joined() > owed.last:
			return true
		case left <= 0:
			return false
		}
		owed.next = m.Joined() + 1
		left--
		eachSessionOf(m.User(), func(to *Client) {
			switch {
			case !owed.renamed:
				left -= r.grown(channel, m, to)
			case !to.has(capChannelRename):
				left -= r.unaskedNames(channel, m.User(), to)
				r.entered(channel, to)
			}
		})
	}
	return true
}

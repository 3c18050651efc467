package commands

import "bavard/state"

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

// namesGrown sends the names to members who see more of the channel's members than before.
func (r *renderer) namesGrown(e *state.NamesGrown) {
	eachSession(e.Channel, func(m *state.Member, c *Client) {
		if e.Member == nil || e.Member == m {
			r.unaskedNames(e.Channel, m.User(), c)
			if c.listens() {
				r.syncLater(e.Channel, c)
			}
		}
	})
}

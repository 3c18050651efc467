package commands

import "bavard/state"

// appeared: somebody who joined unseen shows himself, as if he joined now.
func (r *renderer) appeared(e *state.Appeared) {
	r.announce(e.Member, r.placeBefore, func(m *state.Member) bool {
		return m != e.Member && m.Sees(e.Member) && (!e.ToPlain || !m.SeesAll())
	})
}

// vanished: for those who do not see a member any more he seems to leave.
func (r *renderer) vanished(e *state.Vanished) {
	l := r.number(r.partLine(e.Member.User(), e.Member.Channel().Name(), ""))
	r.rememberIn(l, e.Member.Channel(), nil)
	eachSession(e.Member.Channel(), func(m *state.Member, c *Client) {
		if !m.Sees(e.Member) {
			r.to(l, c)
		}
	})
}

// namesGrown: who sees more of a channel's members than before is told their names.
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

package state

func (op *Cycle) apply(s *State, st Stamp) *Refusal {
	m, refusal := s.place(st, op.Channel)
	if refusal != nil {
		return refusal
	}
	c, u := m.channel, m.user
	if s.keptOut(m, s.subject(u, c)) {
		return &Refusal{Code: ModeForbids, Channel: c.name, Mode: 'b', Doing: Joining}
	}
	name, reason := c.name, keep(s.said(LeavingText, m, op.Reason), s.policy.KickBytes)
	s.removeMember(m)
	s.emit(&Parted{c, u, reason, m})
	if len(c.members) == 0 {
		s.settle(c)
		if s.Channel(name) == nil { // the channel ended, unless it is permanent
			c = s.createChannel(name)
		}
		s.enter(u, c)
		return nil
	}
	s.enter(u, c)
	s.settle(c) // after the JOIN, so that the user sees a succession
	return nil
}

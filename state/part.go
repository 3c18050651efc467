package state

// apply: https://modern.ircdocs.horse/#part-message
func (op *Part) apply(s *State, st Stamp) *Refusal {
	m, refusal := s.place(st, op.Channel)
	if refusal != nil {
		return refusal
	}
	reason := s.said(LeavingText, m, op.Reason)
	s.removeMember(m)
	s.emit(&Parted{m.channel, m.user, reason, m})
	s.settle(m.channel)
	return nil
}

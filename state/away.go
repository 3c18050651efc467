package state

func (op *SetAway) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	text := keep(op.Text, s.policy.AwayBytes)
	if text != "" && s.judgeSelf(AwayText, u) != "" {
		text = AwayUnspecified
	}
	if text == u.away {
		return nil
	}
	u.away = text
	s.emit(&AwayChanged{u})
	return nil
}

package state

func (op *Kill) apply(s *State, st Stamp) *Refusal {
	by, refusal := s.operator(st, PrivKill)
	if refusal != nil {
		return refusal
	}
	target := s.User(op.Nick)
	if target == nil {
		return refuseNick(NoSuchNick, "", op.Nick)
	}
	reason := keep(op.Reason, s.policy.KickBytes)
	s.emit(&Killed{by, target, reason})
	s.endUser(target, "Killed ("+by.nick+" ("+reason+"))")
	return nil
}

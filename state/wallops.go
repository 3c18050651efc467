package state

// apply: https://modern.ircdocs.horse/#wallops-message
func (op *SendWallops) apply(s *State, st Stamp) *Refusal {
	by, refusal := s.operator(st, PrivWallops)
	if refusal != nil {
		return refusal
	}
	s.emit(&Wallops{by, op.Text})
	return nil
}

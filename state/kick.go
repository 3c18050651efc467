package state

// apply: https://modern.ircdocs.horse/#kick-message
func (op *Kick) apply(s *State, st Stamp) *Refusal {
	m, refusal := s.standing(st, op.Channel, op.Override, PrivSakick)
	if refusal != nil {
		return refusal
	}
	c := m.channel
	target := s.User(op.Nick)
	if target == m.user {
		// This rule is ours: a user who leaves should not look kicked, and an operator should not lose their rank by a slip.
		return refuse(KickSelf, c.name)
	}
	if need := s.lowestInUse(HalfOperator); !m.ranks.AtLeast(need) {
		return needRank(c.name, need)
	}
	if target == nil {
		return refuseNick(NoSuchNick, "", op.Nick)
	}
	other := m.finds(target)
	if other == nil {
		return refuseNick(UserNotInChannel, c.name, target.nick)
	}
	if !s.policy.outranks(m.ranks, other.ranks) {
		return rankProtects(other)
	}
	a := attempt{state: s, doing: Kicking, user: m.user, channel: c, member: m}
	if row := s.forbidden(&a); row != nil && !op.Override {
		return a.refusal(row)
	}
	reason := keep(s.said(KickText, m, op.Reason), s.policy.KickBytes)
	if reason == "" {
		reason = m.user.nick
	}
	s.removeMember(other)
	switch {
	case op.Part:
		s.emit(&Parted{c, target, keep("Removed by "+m.user.nick+": "+reason, s.policy.KickBytes), other})
	case op.Override:
		s.emit(&Kicked{c, nil, target, reason, other})
	default:
		s.emit(&Kicked{c, m.user, target, reason, other})
	}
	s.settle(c)
	return nil
}

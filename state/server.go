package state

// apply ends the sessions of the node's earlier life, because their connections are gone. Ids go on from the order of
// the operation. So no id is ever given twice, not even after a start without the earlier state: the order never
// repeats, and a life gives fewer ids than it has operations.
func (*NodeUp) apply(s *State, st Stamp) *Refusal {
	before := max(st.Order, 1) - 1
	s.nextUser = max(s.nextUser, UserID(before))
	s.nextChannel = max(s.nextChannel, ChannelID(before))
	s.accounts.next = max(s.accounts.next, AccountID(before))
	var stale []*Session
	for _, u := range s.users {
		for _, session := range u.sessions {
			if session.node == st.Origin.Node {
				stale = append(stale, session)
			}
		}
	}
	for _, session := range stale {
		s.endSession(session, "Server restarted")
	}
	return nil
}

// apply puts the policy in force. The casemapping changes only while there are no names, because they are indexed by
// it and two different names could become equal. Ranks that are no longer in use are removed before Configured, while
// clients still know them. Founders that are needed now are made after it.
func (op *Configure) apply(s *State, _ Stamp) *Refusal {
	old := s.policy
	s.policy = op.Policy
	if len(s.users) > 0 || len(s.channels) > 0 {
		s.policy.Casemapping = old.Casemapping
	}
	if s.policy.Casemapping != old.Casemapping {
		s.refoldBans()
		s.accounts.fold(s.policy.Casemapping.Fold)
		s.marked.refold(s.policy.Casemapping.Fold)
	}
	for _, c := range s.channels {
		s.dropUnusedRanks(c, &old)
	}
	s.trimWhowas()
	s.emit(&Configured{})
	for _, c := range s.channels {
		s.succeed(c)
	}
	return nil
}

// dropUnusedRanks removes ranks that are no longer in use. Members who ranked above operator become operators.
func (s *State) dropUnusedRanks(c *Channel, old *Policy) {
	var changes []ModeChange
	for _, row := range old.rankRows() {
		if s.policy.hasRank(row.rank) {
			continue
		}
		for _, m := range c.members {
			if m.ranks&row.rank != 0 {
				if row.rank > Operator && m.ranks&Operator == 0 {
					s.giveRank(m, Operator, true)
					changes = append(changes, ModeChange{On: true, Letter: 'o', Param: m.user.nick})
				}
				s.giveRank(m, row.rank, false)
				changes = append(changes, ModeChange{Letter: row.letter, Param: m.user.nick})
			}
		}
	}
	if len(changes) > 0 {
		s.emit(&ModesChanged{Channel: c, Changes: highRanksLast(changes)})
	}
}

// trimWhowas forgets the oldest entries when the bound has become smaller.
func (s *State) trimWhowas() {
	s.unrollWhowas()
	if over := len(s.whowas) - max(s.policy.WhowasEntries, 0); over > 0 {
		s.whowas = append([]Whowas(nil), s.whowas[over:]...)
	}
}

package state

// settle brings a channel in order after somebody has left: an empty one is gone, one without its founder gets the next
// in line.
func (s *State) settle(c *Channel) {
	if len(c.members) == 0 {
		if !c.HasMode('P') {
			s.endChannel(c)
		}
		return
	}
	s.succeed(c)
}

// succeed makes the next in line the founder: of those with the highest rank from operator up who has held it longest,
// else the longest-standing member.
func (s *State) succeed(c *Channel) {
	if s.policy.Classic || !s.policy.hasRank(Founder) || c.founder() != nil || len(c.members) == 0 {
		return
	}
	next := c.members[0]
	s.spend(len(c.members) * walkWork)
	for _, m := range c.members {
		if !m.ranks.AtLeast(Operator) {
			continue
		}
		higher := m.ranks.Highest() > next.ranks.Highest()
		if !next.ranks.AtLeast(Operator) || higher || m.ranks.Highest() == next.ranks.Highest() && m.granted < next.granted {
			next = m
		}
	}
	s.giveRank(next, Founder, true)
	s.emit(&ModesChanged{Channel: c, Changes: []ModeChange{{On: true, Letter: 'q', Param: next.user.nick}}})
}

// firstRank is what the creator of a channel gets.
func (s *State) firstRank() Rank {
	if s.policy.Classic || !s.policy.hasRank(Founder) {
		return Operator
	}
	return Founder
}

package state

import "slices"

// settle puts a channel in order after a member has left. An empty channel ends, and a channel without its founder gets
// a new one.
func (s *State) settle(c *Channel) {
	if len(c.members) == 0 {
		if !c.HasMode('P') {
			s.endChannel(c)
		}
		return
	}
	s.succeed(c)
}

// succeed makes the next in line the founder: of the members with the highest rank, from operator up, the one who has
// held it for longest; without such members, the longest-standing member. The MODE line always shows o as well, and
// before q. A client that does not know q then still learns the new operator, and pairs o with the right nick.
func (s *State) succeed(c *Channel) {
	if s.policy.Classic || !s.policy.hasRank(Founder) || c.founder() != nil || len(c.members) == 0 {
		return
	}
	next := c.members[0]
	if at := slices.IndexFunc(c.members, func(m *Member) bool { return !m.hidden }); at >= 0 {
		next = c.members[at] // leaving a channel must not reveal its hidden members
	}
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
	s.giveRank(next, Founder|Operator, true)
	nick := next.user.nick
	s.emit(&ModesChanged{Channel: c, Changes: []ModeChange{{On: true, Letter: 'o', Param: nick}, {On: true, Letter: 'q', Param: nick}}})
}

// firstRank returns the ranks that the creator of a channel gets. A founder is an operator as well, for clients that do
// not know the rank of founder.
func (s *State) firstRank() Rank {
	if s.policy.Classic || !s.policy.hasRank(Founder) {
		return Operator
	}
	return Founder | Operator
}

package state

import "slices"

// settle puts a channel in order after a member has left: an empty one ends, and one without its founder gets the next
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

// succeed makes the next in line the founder: the member who has held the highest rank from operator up for longest,
// else the longest-standing member. The line shows o as well, even to those who know of it, and o first: a program that
// has no notion of q still learns who leads the channel, and reads the nick in its right place.
func (s *State) succeed(c *Channel) {
	if s.policy.Classic || !s.policy.hasRank(Founder) || c.founder() != nil || len(c.members) == 0 {
		return
	}
	next := c.members[0]
	if at := slices.IndexFunc(c.members, func(m *Member) bool { return !m.hidden }); at >= 0 {
		next = c.members[at] // who leaves a channel does not find out by that who is hidden in it
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

// firstRank returns the ranks that the creator of a channel gets. A founder is an operator as well: programs that know
// only operators then find one.
func (s *State) firstRank() Rank {
	if s.policy.Classic || !s.policy.hasRank(Founder) {
		return Operator
	}
	return Founder | Operator
}

package state

// isBanned tells whether a ban keeps a member from speaking. It remembers its answer while neither the channel's lists
// nor what the masks are compared with has changed: it is asked for every line of a member without a voice.
func (s *State) isBanned(m *Member) bool {
	if m.bannedJudged && m.bannedList == m.channel.listVersion && m.bannedUser == m.user.identity {
		return m.banned
	}
	who := s.subject(m.user, m.channel)
	m.banned = s.coveredBy(m.channel.List('b'), who, true) && !s.coveredBy(m.channel.List('e'), who, true)
	m.bannedJudged, m.bannedList, m.bannedUser = true, m.channel.listVersion, m.user.identity
	return m.banned
}

// matches tells whether an entry of a list covers the user, mutes apart.
func (s *State) matches(c *Channel, letter byte, u *User) bool {
	entries := c.List(letter)
	return len(entries) > 0 && s.coveredBy(entries, s.subject(u, c), false)
}

package state

// Who sees whom, and who knows of what, is decided here and nowhere else.

// In an auditorium (+u) members without a rank see those with one, and these see all. With delayed joins (+D) a member is
// hidden from all until he speaks or has a rank.

// SeesAll tells whether a member sees all others who are not hidden.
func (m *Member) SeesAll() bool { return !m.channel.HasMode('u') || m.ranks.AtLeast(HalfOperator) }

// Seen tells whether others see the member: those who see all, or any other.
func (m *Member) Seen(bySeesAll bool) bool {
	return !m.hidden && (bySeesAll || !m.channel.HasMode('u') || m.ranks.AtLeast(HalfOperator))
}

// Sees tells whether a member sees another one of his channel: his JOIN, his name in NAMES and WHO, and that he leaves.
func (m *Member) Sees(other *Member) bool { return m.user == other.user || other.Seen(m.SeesAll()) }

// reveal ends a member's delayed join.
func (s *State) reveal(m *Member) {
	if m != nil && m.hidden {
		m.hidden = false
		s.emit(&Appeared{Member: m})
	}
}

// giveRank gives or takes a rank of a member, who may be seen or see others by that.
func (s *State) giveRank(m *Member, r Rank, on bool) {
	hidden, seen, all := m.hidden, m.Seen(false), m.SeesAll()
	m.hidden = m.hidden && !on
	m.setRank(r, on)
	switch now := m.Seen(false); {
	case hidden && !m.hidden:
		s.emit(&Appeared{Member: m})
	case now && !seen:
		s.emit(&Appeared{Member: m, ToPlain: true})
	case seen && !now:
		s.emit(&Vanished{m})
	}
	if m.SeesAll() && !all {
		s.emit(&NamesGrown{Channel: m.channel, Member: m})
	}
}

// auditoriumSwitched: without +u all see all.
func auditoriumSwitched(s *State, c *Channel, on bool) {
	if !on {
		s.emit(&NamesGrown{Channel: c})
	}
}

// delayedSwitched: without +D nobody stays hidden.
func delayedSwitched(s *State, c *Channel, on bool) {
	hidden := false
	s.spend(len(c.members) * walkWork)
	for _, m := range c.members {
		if m.hidden && !on {
			m.hidden, hidden = false, true
		}
	}
	if hidden {
		s.emit(&NamesGrown{Channel: c})
	}
}

// Sees tells whether a user sees a member in NAMES and WHO: as another member, or from outside of the channel.
// https://modern.ircdocs.horse/#invisible-user-mode
func (s *State) Sees(viewer *User, m *Member) bool {
	if own := viewer.Member(m.channel); own != nil {
		return own.Sees(m)
	}
	return !m.channel.HasMode('p') && !m.user.HasMode('i') && m.Seen(false)
}

// Visible tells whether viewer sees target in WHO without knowing the nick: he is not invisible, or they share a channel
// in which he sees him.
// https://modern.ircdocs.horse/#invisible-user-mode
func (s *State) Visible(viewer, target *User) bool {
	if viewer == target || !target.HasMode('i') {
		return true
	}
	for _, m := range viewer.members {
		if other := target.Member(m.channel); other != nil && m.Sees(other) {
			return true
		}
	}
	return false
}

// ChannelVisible tells whether viewer may know that the channel is there.
// https://modern.ircdocs.horse/#secret-channel-mode
func (s *State) ChannelVisible(viewer *User, c *Channel) bool {
	return !c.HasMode('s') || viewer.Member(c) != nil
}

// ChannelListed tells whether viewer finds the channel in LIST.
// https://modern.ircdocs.horse/#private-channel-mode
func (s *State) ChannelListed(viewer *User, c *Channel) bool {
	return !c.HasMode('s') && !c.HasMode('p') || viewer.Member(c) != nil
}

// MemberVisible tells whether viewer may know, from outside of the channel, that a user is in it: in WHOIS and WHO.
func (s *State) MemberVisible(viewer *User, m *Member) bool {
	if m.user.HasMode('I') && viewer != m.user {
		return false
	}
	if own := viewer.Member(m.channel); own != nil {
		return own.Sees(m)
	}
	return s.ChannelVisible(viewer, m.channel) && s.Sees(viewer, m)
}

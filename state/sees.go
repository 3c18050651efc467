package state

// Who sees whom, and who knows of what, is decided here and nowhere else.

// Sees tells whether a member sees another one: his JOIN, his name in NAMES and WHO, and that he leaves. Members of one
// channel see one another.
func (m *Member) Sees(other *Member) bool { return m.channel == other.channel }

// Sees tells whether a user sees a member in NAMES and WHO: as another member, or from outside of the channel.
// https://modern.ircdocs.horse/#invisible-user-mode
func (s *State) Sees(viewer *User, m *Member) bool {
	if own := viewer.Member(m.channel); own != nil {
		return own.Sees(m)
	}
	return !m.channel.HasMode('p') && !m.user.HasMode('i')
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
	if own := viewer.Member(m.channel); own != nil {
		return own.Sees(m)
	}
	return s.ChannelVisible(viewer, m.channel) && s.Sees(viewer, m)
}

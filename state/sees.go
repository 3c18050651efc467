package state

import "slices"

// Every decision about which users see each other, and which channels they may know of, is made in this file.

// In an auditorium (+u), members without a rank see only those with a rank, who see everyone. With delayed joins (+D),
// a member is hidden from everyone until they speak or have a rank.

// SeesAll reports whether a member sees all others who are not hidden.
func (m *Member) SeesAll() bool { return !m.channel.HasMode('u') || m.ranks.AtLeast(HalfOperator) }

// Seen reports whether other members see the member: the members who see everyone (bySeesAll), or the other members.
func (m *Member) Seen(bySeesAll bool) bool {
	return !m.hidden && (bySeesAll || !m.channel.HasMode('u') || m.ranks.AtLeast(HalfOperator))
}

// Sees reports whether a member sees a different member of the same channel: their JOIN and PART, and their name in
// NAMES and WHO.
func (m *Member) Sees(other *Member) bool { return m.user == other.user || other.Seen(m.SeesAll()) }

// finds returns a user's membership of the member's channel, or nil if the user is not in it or the member may not know
// that: a command that names a user must not reveal that they are hidden in the channel. Operators find all members,
// because they decide whether members are hidden.
func (m *Member) finds(u *User) *Member {
	other := u.Member(m.channel)
	if other == nil || !m.ranks.AtLeast(Operator) && !m.Sees(other) {
		return nil
	}
	return other
}

// reveal ends a member's delayed join.
func (s *State) reveal(m *Member) {
	if m != nil && m.hidden {
		m.hidden = false
		m.channel.unseen--
		s.emit(&Appeared{Member: m})
	}
}

// outlook records who could see a member, and whether the member saw all others, before an operation changed it.
type outlook struct {
	member            *Member
	hidden, seen, all bool
}

func outlookOf(m *Member) outlook { return outlook{m, m.hidden, m.Seen(false), m.SeesAll()} }

// giveRank gives ranks to a member or takes them away, and shows the resulting changes in visibility.
func (s *State) giveRank(m *Member, r Rank, on bool) {
	before := outlookOf(m)
	if m.hidden && on {
		m.hidden = false
		m.channel.unseen--
	}
	m.setRank(r, on)
	switch {
	case !s.gathering:
		s.showRank(before)
	case !slices.ContainsFunc(s.outlooks, func(o outlook) bool { return o.member == m }):
		s.outlooks = append(s.outlooks, before)
	}
}

// showRank shows the changes in visibility that a rank change has caused, for the member and for others.
func (s *State) showRank(before outlook) {
	m := before.member
	s.showMember(before)
	if m.SeesAll() && !before.all {
		s.emit(&NamesGrown{Channel: m.channel, Member: m})
	}
}

// showMember shows other members that a member has become visible or is no longer visible.
func (s *State) showMember(before outlook) {
	m := before.member
	switch now := m.Seen(false); {
	case before.hidden && !m.hidden:
		s.emit(&Appeared{Member: m})
	case now && !before.seen:
		s.emit(&Appeared{Member: m, ToPlain: true})
	case before.seen && !now:
		s.emit(&Vanished{m})
	}
}

// gather begins an operation that may change several ranks and flags. Changes in visibility are shown by showGathered
// at the end, so that each member is told once.
func (s *State) gather() { s.outlooks, s.gathering, s.banWork = s.outlooks[:0], true, 0 }

// showGathered shows the changes in visibility since gather; flags are the channel's flags at that time. After -u all
// members see each other, and after -D no member stays hidden: each member is then sent all names, and nothing else.
// After +u, members are not told that others have disappeared.
func (s *State) showGathered(c *Channel, flags letterSet) {
	s.gathering = false
	unset := func(letter byte) bool { return flags.has(letter) && !c.flags.has(letter) }
	grown := unset('u')
	if unset('D') && s.revealAll(c) {
		grown = true
	}
	if grown {
		s.emit(&NamesGrown{Channel: c})
	}
	for _, before := range s.outlooks {
		m := before.member
		switch closed := !flags.has('u') && c.flags.has('u'); {
		case closed && before.hidden && !m.hidden:
			s.emit(&Appeared{Member: m})
		case closed, grown && m.Seen(false):
		case grown:
			s.showMember(before)
		default:
			s.showRank(before)
		}
	}
	clear(s.outlooks)
}

// revealAll ends all delayed joins, and reports whether there were any.
func (s *State) revealAll(c *Channel) (any bool) {
	s.spend(len(c.members) * walkWork)
	for _, m := range c.members {
		any = any || m.hidden
		m.hidden = false
	}
	c.unseen = 0
	return any
}

// Sees reports whether a user sees a member in NAMES and WHO, from inside or outside the channel.
// https://modern.ircdocs.horse/#invisible-user-mode
func (s *State) Sees(viewer *User, m *Member) bool {
	if own := viewer.Member(m.channel); own != nil {
		return own.Sees(m)
	}
	return !m.channel.HasMode('p') && !m.user.HasMode('i') && m.Seen(false)
}

// Visible reports whether a WHO that does not name target's nick shows target to viewer: target is not invisible, or
// they share a channel in which viewer sees target.
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

// ChannelVisible reports whether viewer may know that the channel exists.
// https://modern.ircdocs.horse/#secret-channel-mode
func (s *State) ChannelVisible(viewer *User, c *Channel) bool {
	return !c.HasMode('s') || viewer.Member(c) != nil || viewer.Can(PrivAuspex)
}

// ChannelListed reports whether LIST shows the channel to viewer.
// https://modern.ircdocs.horse/#private-channel-mode
func (s *State) ChannelListed(viewer *User, c *Channel) bool {
	return !c.HasMode('s') && !c.HasMode('p') || viewer.Member(c) != nil || viewer.Can(PrivAuspex)
}

// ChannelReadable reports whether viewer may read the topic and metadata of a channel. Those of an invite-only channel
// are only for its members and for users with an invitation.
// https://modern.ircdocs.horse/#topic-message
func (s *State) ChannelReadable(viewer *User, c *Channel) bool {
	if !c.HasMode('i') || viewer.Member(c) != nil || viewer.Can(PrivAuspex) {
		return s.ChannelVisible(viewer, c)
	}
	_, invited := viewer.invite(c)
	return invited && s.ChannelVisible(viewer, c)
}

// MembersShown returns how many members viewer may know of: all except members that an auditorium hides from viewer,
// and members that a delayed join hides from everyone. Invisible users count, although they are not named.
// https://modern.ircdocs.horse/#rpllist-322
func (s *State) MembersShown(viewer *User, c *Channel) int {
	if viewer.Can(PrivAuspex) {
		return len(c.members)
	}
	own := viewer.Member(c)
	all := !c.HasMode('u') || own != nil && own.SeesAll()
	n := c.ranked
	if all {
		n = len(c.members) - c.unseen
	}
	if own != nil && !own.Seen(all) {
		n++ // users always see themselves
	}
	return n
}

// MemberVisible reports whether WHOIS and WHO show viewer, from outside the channel, that a user is a member.
func (s *State) MemberVisible(viewer *User, m *Member) bool {
	if m.user.HasMode('I') && viewer != m.user {
		return false
	}
	if own := viewer.Member(m.channel); own != nil {
		return own.Sees(m)
	}
	return s.ChannelVisible(viewer, m.channel) && s.Sees(viewer, m)
}

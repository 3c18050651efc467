package state

// isBanned reports whether a ban keeps a member from speaking. It is called for every line of a member without a voice,
// so it caches its result until one of the channel's lists changes, or a property of the user that masks are compared
// with. Masks for the members of other channels depend on more than that, and are compared each time.
func (s *State) isBanned(m *Member) bool {
	c := m.channel
	bans, exceptions := c.List('b'), c.List('e')
	if !m.bannedJudged || m.bannedList != c.listVersion || m.bannedUser != m.user.identity {
		who := s.subject(m.user, c)
		m.banned = s.anyCovers(bans, who, (*mask).lasts)
		m.excepted = (m.banned || c.live > 0) && s.anyCovers(exceptions, who, (*mask).lasts)
		m.bannedJudged, m.bannedList, m.bannedUser = true, c.listVersion, m.user.identity
	}
	if c.live == 0 {
		return m.banned && !m.excepted
	}
	who := s.subject(m.user, c)
	return (m.banned || s.anyCovers(bans, who, (*mask).live)) && !m.excepted && !s.anyCovers(exceptions, who, (*mask).live)
}

// matches reports whether an entry of a list covers the user. Entries that only mute do not count.
func (s *State) matches(c *Channel, letter byte, u *User) bool {
	entries := c.List(letter)
	return len(entries) > 0 && s.coveredBy(entries, s.subject(u, c), false)
}

func banForbids(a *attempt) bool {
	if a.member != nil && !a.state.isBanned(a.member) {
		return false
	}
	who, speaking := a.state.subject(a.user, a.channel), a.doing != Joining
	switch {
	case a.member != nil: // isBanned has judged the member
	case !a.state.coveredBy(a.channel.List('b'), who, speaking) || a.state.coveredBy(a.channel.List('e'), who, speaking):
		return false
	}
	// If several bans match, the refusal shows the first one with a reason or an end.
	bans := a.channel.List('b')
	for i := range bans {
		e := &bans[i]
		if (e.Reason != "" || e.Until != 0) && (speaking || !e.test.mutes()) && a.state.entryCovers(e, who) {
			a.until, a.reason = e.Until, e.Reason
			break
		}
	}
	return true
}

// mostBanWork bounds the work of checking which members the list changes of one operation would ban.
const mostBanWork = 60_000

// guardEquals refuses a list change that would ban a member whose rank is not below the actor's, by adding a ban or by
// removing an exception: members cannot ban their equals. The comparison uses the hosts that the actor sees, so a ban
// of the host behind a founder's cloak is allowed.
func (s *State) guardEquals(actor *Member, change ModeChange, entry *ListEntry) *Refusal {
	if (change.Letter != 'b' || !change.On) && (change.Letter != 'e' || change.On) || entry.test.mutes() {
		return nil // members with a rank can speak despite a mute
	}
	c, start := actor.channel, s.work
	defer func() { s.banWork += s.work - start }()
	s.spend(len(c.members) * walkWork)
	for _, m := range c.members {
		if m == actor || !m.ranks.AtLeast(HalfOperator) || s.policy.outranks(actor.ranks, m.ranks) {
			continue
		}
		if s.banWork+s.work-start > mostBanWork {
			return badParam(c, change, "There are too many members of your rank or a higher one to compare with: change fewer entries at once")
		}
		if who := s.subject(m.user, c).by(actor.user); s.covers(entry.test, who) && s.wouldBan(who, change.Letter, entry) {
			return rankProtects(m)
		}
	}
	return nil
}

// wouldBan reports whether the change would ban a member who is not banned now. The change adds a ban that covers the
// member, or removes an exception that covers the member.
func (s *State) wouldBan(who *subject, letter byte, entry *ListEntry) bool {
	covered := func(list byte) bool {
		entries := who.in.List(list)
		for i := range entries {
			e := &entries[i]
			if ends := list == letter && list == 'e' && e.folded == entry.folded; !ends && !e.test.mutes() && s.coversSeen(e, who) {
				return true
			}
		}
		return false
	}
	return !covered('e') && covered('b') == (letter == 'e')
}

// coversSeen reports whether an entry covers the subject, judged by the hosts that the subject's viewer sees.
func (s *State) coversSeen(e *ListEntry, who *subject) bool {
	if who.sight < everything {
		return s.covers(e.test, who)
	}
	viewer := who.viewer
	covers := s.entryCovers(e, who)
	who.sight, who.viewer = everything, viewer
	return covers
}

// keptOut reports whether a ban would keep a member from coming in again.
func (s *State) keptOut(m *Member, who *subject) bool {
	return s.coveredBy(m.channel.List('b'), who, false) && !s.coveredBy(m.channel.List('e'), who, false)
}

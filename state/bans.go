package state

import "slices"

// isBanned reports whether a ban keeps a member from speaking. It is asked for every line of a member without a voice, so it
// remembers what the channel's masks say of them, while neither the lists nor what the masks are compared with has changed.
// Masks of other channels' members depend on more, and are looked at each time.
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

// matches reports whether an entry of a list covers the user, mutes apart.
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
	case a.member != nil: // judged already
	case !a.state.coveredBy(a.channel.List('b'), who, speaking) || a.state.coveredBy(a.channel.List('e'), who, speaking):
		return false
	}
	// Of several bans the first that says why, or when it ends, speaks for all.
	for _, e := range a.channel.List('b') {
		if (e.Reason != "" || e.Until != 0) && (speaking || !e.test.mutes()) && a.state.entryCovers(&e, who) {
			a.until, a.reason = e.Until, e.Reason
			break
		}
	}
	return true
}

// newlyBanned finds a member with a rank not below the actor's whom a change of a list would ban, by a ban or by taking an
// exception away: nobody bans their equals. Only those whom the entry itself covers are judged further. All is judged by
// what the actor sees: a ban of what is behind a founder's cloak may stand, and bans nobody by that.
func (s *State) newlyBanned(actor *Member, letter byte, entry *ListEntry, on bool) *Member {
	c := actor.channel
	if (letter != 'b' || !on) && (letter != 'e' || on) {
		return nil
	}
	if entry.test.mutes() {
		return nil // whoever has a rank speaks all the same
	}
	s.spend(len(c.members) * walkWork)
	for _, m := range c.members {
		if m == actor || !m.ranks.AtLeast(HalfOperator) || s.policy.outranks(actor.ranks, m.ranks) {
			continue
		}
		who := s.subject(m.user, c).by(actor.user)
		covering := func(e ListEntry) bool {
			if who.sight == everything {
				return !e.test.mutes() && s.entryCovers(&e, s.subject(m.user, c))
			}
			return !e.test.mutes() && s.covers(e.test, who)
		}
		if !s.covers(entry.test, who) || slices.ContainsFunc(c.List('b'), covering) && !slices.ContainsFunc(c.List('e'), covering) {
			continue
		}
		otherwise := func(e ListEntry) bool { return (letter == 'b' || e.folded != entry.folded) && covering(e) }
		if !slices.ContainsFunc(c.List('e'), otherwise) && (letter == 'b' || slices.ContainsFunc(c.List('b'), covering)) {
			return m
		}
	}
	return nil
}

// keptOut reports whether a ban would keep a member from coming in again.
func (s *State) keptOut(m *Member, who *subject) bool {
	return s.coveredBy(m.channel.List('b'), who, false) && !s.coveredBy(m.channel.List('e'), who, false)
}

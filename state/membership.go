package state

import (
	"slices"
	"sort"
	"strings"
)

// apply: https://modern.ircdocs.horse/#join-message
func (op *Join) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	c := s.Channel(op.Channel)
	old := s.oldNames[s.policy.Casemapping.Fold(op.Channel)]
	if old != nil {
		c = old.channel
	}
	created := c == nil
	switch {
	case !created && u.Member(c) != nil:
		return s.redirectMember(op, c, old)
	case created && (!ValidChannelName(op.Channel) || len(op.Channel) > s.policy.ChannelBytes):
		return refuse(BadChannelName, op.Channel)
	case s.isReserved(op.Channel, c, u):
		return s.refuseReserved(op.Channel, c)
	case len(u.members) >= s.policy.ChannelsPerUser:
		return refuse(TooManyChannels, op.Channel)
	case created && s.closes(CloseChannels) && !u.IsOper():
		return refuse(NoNewChannels, op.Channel)
	case created:
		c = s.createChannel(op.Channel)
	default:
		if refusal := (&attempt{state: s, doing: Joining, user: u, channel: c, key: op.Key}).mayEnter(); refusal != nil {
			// Who may not enter does not learn the new name.
			if old != nil {
				refusal.Channel = op.Channel
			}
			to := s.forward(u, c, refusal)
			if to == nil {
				return refusal
			}
			s.emit(&Forwarded{to, refusal.Channel})
			s.tryEnter(u, to)
			return nil
		}
	}
	if old != nil {
		if !op.Follow {
			return &Refusal{Code: ChannelRenamed, Channel: op.Channel, Param: c.name}
		}
		s.emit(&Redirected{c, old.name})
	}
	s.tryEnter(u, c)
	return nil
}

// tryEnter is enter for who comes by himself: modes count him, and may stop him.
func (s *State) tryEnter(u *User, c *Channel) {
	if !s.done(&attempt{state: s, doing: Joining, user: u, channel: c}) {
		s.enter(u, c)
	}
}

// enter puts a user into a channel. The first one in it is its founder: it is new, or permanent and was empty.
func (s *State) enter(u *User, c *Channel) {
	u.dropInvite(c)
	m := &Member{user: u, channel: c, joined: c.next()}
	if len(c.members) == 0 {
		m.setRank(s.firstRank(), true)
	}
	m.hidden = c.HasMode('D') && m.ranks == NoRank
	knowPace(m)
	c.members = append(c.members, m)
	u.members = append(u.members, m)
	u.identity++ // for bans of those who are in a channel
	s.emit(&Joined{m})
	s.done(&attempt{state: s, doing: Entered, user: u, channel: c, member: m})
}

// redirectMember answers a JOIN of one who is in the channel: by an old name he learns the new one.
func (s *State) redirectMember(op *Join, c *Channel, old *redirect) *Refusal {
	if old == nil {
		return nil
	}
	if !op.Follow {
		return &Refusal{Code: ChannelRenamed, Channel: op.Channel, Param: c.name}
	}
	s.emit(&Redirected{c, old.name})
	return nil
}

// firstRank is what the creator of a channel gets.
func (s *State) firstRank() Rank {
	if s.policy.Classic || !s.policy.hasRank(Founder) {
		return Operator
	}
	return Founder
}

func (s *State) createChannel(name string) *Channel {
	s.nextChannel++
	c := &Channel{id: s.nextChannel, name: strings.Clone(name), created: s.now, flags: lettersOf(s.policy.ChannelModes)}
	s.channels = append(s.channels, c)
	s.names[s.policy.Casemapping.Fold(c.name)] = c
	s.chanByID[c.id] = c
	return c
}

// apply: https://modern.ircdocs.horse/#part-message
func (op *Part) apply(s *State, st Stamp) *Refusal {
	m, refusal := s.place(st, op.Channel)
	if refusal != nil {
		return refusal
	}
	reason := s.lastWords(m, op.Reason)
	s.removeMember(m)
	s.emit(&Parted{m.channel, m.user, reason, m})
	s.settle(m.channel)
	return nil
}

// lastWords is what a channel hears of one who leaves it: nothing when he may not speak there, and what modes make of it
// when he may. Otherwise whoever is muted would speak by leaving.
func (s *State) lastWords(m *Member, text string) string {
	if text == "" || m.user.shunned {
		return ""
	}
	a := attempt{state: s, doing: Speaking, user: m.user, channel: m.channel, member: m, text: text}
	if s.forbidden(&a) != nil || a.audience != NoRank {
		return ""
	}
	return a.text
}

// apply: https://modern.ircdocs.horse/#kick-message
func (op *Kick) apply(s *State, st Stamp) *Refusal {
	m, refusal := s.standing(st, op.Channel, op.Override, PrivSakick)
	if refusal != nil {
		return refusal
	}
	c := m.channel
	target := s.User(op.Nick)
	if target == m.user {
		// Ours: who wants to leave should not look kicked, and an operator should not lose his rank by a slip.
		return refuse(KickSelf, c.name)
	}
	if need := s.lowestInUse(HalfOperator); !m.ranks.AtLeast(need) {
		return needRank(c.name, need)
	}
	if target == nil {
		return refuseNick(NoSuchNick, "", op.Nick)
	}
	other := target.Member(c)
	if other == nil {
		return refuseNick(UserNotInChannel, c.name, target.nick)
	}
	if !s.policy.outranks(m.ranks, other.ranks) {
		return &Refusal{Code: RankProtects, Channel: c.name, Nick: target.nick, Has: other.ranks.Highest()}
	}
	a := attempt{state: s, doing: Kicking, user: m.user, channel: c, member: m}
	if row := s.forbidden(&a); row != nil && !op.Override {
		return a.refusal(row)
	}
	s.removeMember(other)
	reason := keep(op.Reason, s.policy.KickBytes)
	switch {
	case op.Part:
		s.emit(&Parted{c, target, keep("Removed by "+m.user.nick+": "+reason, s.policy.KickBytes), other})
	case op.Override:
		s.emit(&Kicked{c, nil, target, reason, other})
	default:
		s.emit(&Kicked{c, m.user, target, reason, other})
	}
	s.settle(c)
	return nil
}

// apply: https://modern.ircdocs.horse/#invite-message
func (op *InviteUser) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	target := s.User(op.Nick)
	if target == nil {
		return refuseNick(NoSuchNick, "", op.Nick)
	}
	c := s.ChannelFor(session.user, op.Channel)
	if c == nil {
		return refuse(NoSuchChannel, op.Channel)
	}
	m := session.user.Member(c)
	if m == nil {
		return refuse(NotOnChannel, c.name)
	}
	if target.Member(c) != nil {
		return refuseNick(UserOnChannel, c.name, target.nick)
	}
	if !m.MayInvite() {
		return needRank(c.name, Operator)
	}
	if s.silenced(target, session.user) {
		s.emit(&Invited{c, session.user, target, true})
		return nil
	}
	target.dropInvite(c)
	if len(target.invites) > 0 && len(target.invites) >= s.policy.InvitesPerUser {
		target.dropInvite(target.invites[0].Channel)
	}
	target.addInvite(Invite{c, m.ranks.AtLeast(Operator)})
	s.emit(&Invited{c, session.user, target, false})
	return nil
}

// MayInvite tells whether the member could invite somebody: into a channel that is invite-only, operators only.
// https://modern.ircdocs.horse/#invite-message
func (m *Member) MayInvite() bool { return !m.channel.HasMode('i') || m.ranks.AtLeast(Operator) }

// place is the actor's membership of a channel by name, or what is wrong: 403 or 442.
func (s *State) place(st Stamp, channel string) (*Member, *Refusal) {
	session, refusal := s.actor(st)
	if refusal != nil {
		return nil, refusal
	}
	c := s.ChannelFor(session.user, channel)
	if c == nil {
		return nil, refuse(NoSuchChannel, channel)
	}
	m := session.user.Member(c)
	if m == nil {
		return nil, refuse(NotOnChannel, c.name)
	}
	return m, nil
}

// removeMember takes the user out of the channel; settle comes after the event.
func (s *State) removeMember(m *Member) {
	s.keepPace(m)
	m.channel.removeMember(m)
	m.user.identity++
	for i, own := range m.user.members {
		if own == m {
			m.user.members = append(m.user.members[:i], m.user.members[i+1:]...)
			return
		}
	}
}

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

func (s *State) endChannel(c *Channel) {
	delete(s.names, s.policy.Casemapping.Fold(c.name))
	delete(s.chanByID, c.id)
	at := sort.Search(len(s.channels), func(i int) bool { return s.channels[i].id >= c.id })
	s.channels = slices.Delete(s.channels, at, at+1)
	for len(c.oldNames) > 0 {
		s.dropRedirect(c.oldNames[0])
	}
	for _, l := range c.lists {
		for _, e := range l.entries {
			s.forget(due{at: e.Until, kind: dueListEntry, channel: c.id, letter: l.letter, text: e.folded})
		}
	}
	for len(c.invited) > 0 {
		c.invited[0].dropInvite(c)
	}
	s.emit(&ChannelEnded{c})
}

// lowestInUse is the lowest rank in use that is not below r, for naming what is missing.
func (s *State) lowestInUse(r Rank) Rank {
	rows := s.policy.rankRows()
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].rank >= r {
			return rows[i].rank
		}
	}
	return r
}

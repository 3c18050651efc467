package state

import (
	"slices"
	"sort"
	"strings"
)

func (s *State) createChannel(name string) *Channel {
	s.nextChannel++
	c := &Channel{id: s.nextChannel, name: strings.Clone(name), created: s.wall, flags: lettersOf(s.policy.ChannelModes)}
	s.channels = append(s.channels, c)
	s.names[s.policy.Casemapping.Fold(c.name)] = c
	s.chanByID[c.id] = c
	s.countSecret(c, 1)
	return c
}

// countSecret updates the number of secret channels when a channel is created, ends, or changes mode s.
func (s *State) countSecret(c *Channel, step int) {
	if c.HasMode('s') {
		s.secret += step
	}
}

// place returns the actor's membership of a channel by name, or a refusal: NoSuchChannel or NotOnChannel.
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

// removeMember removes the user from the channel. The caller emits the event and then calls settle.
func (s *State) removeMember(m *Member) {
	s.keepPace(m)
	m.channel.removeMember(m)
	for i, own := range m.user.members {
		if own == m {
			m.user.members = append(m.user.members[:i], m.user.members[i+1:]...)
			return
		}
	}
}

func (s *State) endChannel(c *Channel) {
	delete(s.names, s.policy.Casemapping.Fold(c.name))
	delete(s.chanByID, c.id)
	s.countSecret(c, -1)
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
	for _, u := range c.invited {
		u.forgetInvite(c)
	}
	c.invited = nil
	s.emit(&ChannelEnded{c})
}

// lowestInUse returns the lowest rank in use that is not below r, to name the rank that is missing.
func (s *State) lowestInUse(r Rank) Rank {
	rows := s.policy.rankRows()
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].rank >= r {
			return rows[i].rank
		}
	}
	return r
}

package state

import (
	"slices"
	"strings"
)

// Read markers: how far users have read. The markers of users who are logged in belong to their account and outlive
// their sessions; those of guests end when the guest leaves. No other user ever sees them.
//
// A marker may only increase. This rule applies to names, because clients identify their windows by name and would see
// a smaller marker in the same window. So the marker of a channel is found by its id, which a RENAME keeps, and also by
// the name under which it was set, even if that channel has ended or a new channel has the name.
// https://ircv3.net/specs/extensions/read-marker#read-timestamp-notes

// MarkRead records that the user of the stamp's session has read Target, a channel or a nick, until Time in
// nanoseconds. A marker never moves back, and never beyond the present. If nothing changes, there is no event.
type MarkRead struct {
	Target string
	Time   int64
	// Known is the party that used that nick when the actor last talked with it. It counts only if no user has the nick
	// now.
	Known Side
}

// MarkedRead: a marker has a new time for these readers: one user, or all users who are logged in to one account.
type MarkedRead struct {
	Readers []*User
	// Session is the session that set it, 0 when it changed by a login.
	Session SessionID
	Target  MarkTarget
	// Time in nanoseconds.
	Time int64
}

func (*MarkedRead) event() {}

// MarkTarget is the target of a marker: a channel, or a party that the reader talks with in private.
type MarkTarget struct {
	// name is the current name of the target, or the name that the reader gave. folded is the folded name of a channel,
	// "" for a nick.
	name, folded string
	// key has no channel if no channel has that name, or the reader may not know of it.
	key markKey
	// was is the key that a user who is now logged in had as a guest, and before the key that their account had while
	// nobody had ever logged in to it; otherwise they are zero.
	was, before markKey
}

// Name is the target's current name.
func (t MarkTarget) Name() string { return t.name }

// markKey is the identity behind a target's name. At most one of these is set.
type markKey struct {
	channel ChannelID
	party   Party
	// unknown is the folded nick of a target that was nobody when the marker was set.
	unknown string
}

// isChannel reports whether the key is that of a channel, which can be zero.
func (k markKey) isChannel() bool { return k.party.IsZero() && k.unknown == "" }

// marker records the time until which one target has been read.
type marker struct {
	key markKey
	// name is the name of the target when the marker was set: the nick of a party, or the folded name of a channel. It
	// is "" for a channel's marker that was stored before names were kept.
	name string
	time int64
}

func (m *marker) isChannel() bool { return m.key.isChannel() }

// markers holds one reader's markers, in the order in which they were set.
type markers []marker

func (list markers) find(key markKey) int {
	return slices.IndexFunc(list, func(m marker) bool { return m.key == key })
}

// time returns the time until which a party's messages have been read; 0: not known.
func (list markers) time(key markKey) int64 {
	if key.isChannel() {
		return 0
	}
	if at := list.find(key); at >= 0 {
		return list[at].time
	}
	return 0
}

// channelTime returns the time until which a channel has been read. It finds markers by the id (0: no channel) and by
// the name.
func (list markers) channelTime(id ChannelID, folded string) (until int64) {
	for i := range list {
		if m := &list[i]; m.isChannel() && (id != 0 && m.key.channel == id || m.name == folded) {
			until = max(until, m.time)
		}
	}
	return until
}

// timeOf returns the time until which the target of a marker has been read.
func (list markers) timeOf(m *marker) int64 {
	if m.isChannel() {
		return list.channelTime(m.key.channel, m.name)
	}
	return list.time(m.key)
}

// called returns the key of the latest marker with this nick.
func (list markers) called(folded string, fold func(string) string) (markKey, bool) {
	for _, m := range slices.Backward(list) {
		if !m.isChannel() && fold(m.name) == folded {
			return m.key, true
		}
	}
	return markKey{}, false
}

// withMarker returns a list with a new marker at the end, without the markers that it replaces. If the list is too
// long, it drops the oldest markers.
func (s *State) withMarker(list markers, m marker) markers {
	if m.isChannel() {
		list, m.key.channel = s.withoutChannel(list, m)
	} else if at := list.find(m.key); at >= 0 {
		list = slices.Delete(list, at, at+1)
	}
	list = append(list, m)
	return slices.Delete(list, 0, max(0, len(list)-s.policy.ReadMarkers))
}

// withoutChannel removes the markers that a channel's new marker replaces from a list, and returns the channel that
// the marker is for. The channel's earlier names keep markers of their own.
func (s *State) withoutChannel(list markers, m marker) (markers, ChannelID) {
	id := m.key.channel
	list = slices.DeleteFunc(list, func(old marker) bool {
		if !old.isChannel() || old.name != m.name {
			return false
		}
		switch c := s.chanByID[old.key.channel]; {
		case c == nil: // the channel has ended
			return true
		case s.policy.Casemapping.Fold(c.name) != m.name: // the channel has been renamed, and is found by its new name
			return old.key.channel == id
		case id == 0:
			id = c.id // the reader cannot see the channel at the moment
		}
		return old.key.channel == id
	})
	if id == 0 {
		return list, 0
	}
	at := list.find(markKey{channel: id})
	if at < 0 {
		return list, id
	}
	was := list[at]
	list = slices.Delete(list, at, at+1)
	switch known := slices.IndexFunc(list, func(x marker) bool { return x.key == markKey{} && x.name == was.name }); {
	case was.name == "":
	case known >= 0:
		list[known].time = max(list[known].time, was.time)
	default:
		was.key.channel = 0
		list = slices.Insert(list, at, was)
	}
	return list, id
}

// markersOf returns the markers that count for a user.
func (s *State) markersOf(u *User) markers {
	if u.account == nil {
		return u.markers
	}
	if a := s.marked.of(u.account.id); a != nil {
		return a.list
	}
	return nil
}

// setMarker sets a marker of a user or of their account.
func (s *State) setMarker(u *User, m marker) {
	if u.account == nil {
		u.markers = s.withMarker(u.markers, m)
		return
	}
	s.marked.put(u.account.id, s.withMarker(s.markersOf(u), m), s.policy.AccountReadMarkers)
}

// MarkTarget returns the target that a reader means by a name. Every valid name has one. A channel name means the
// channel or, if there is none that the reader may know of, the name alone. A nick means the user who has it now. If
// there is no such user, it means the first of these that exists: the party known (unless it is nobody), the
// party that the reader's own markers have under that nick, the account of that name.
func (s *State) MarkTarget(reader *User, name string, known Side) (MarkTarget, *Refusal) {
	if IsChannelName(name) {
		if c := s.ChannelFor(reader, name); c != nil {
			return s.channelTarget(c), nil
		}
		if !ValidChannelName(name) || len(name) > s.policy.ChannelBytes {
			return MarkTarget{}, refuse(BadChannelName, name)
		}
		return MarkTarget{name: name, folded: s.policy.Casemapping.Fold(name)}, nil
	}
	if !ValidNick(name) || len(name) > s.policy.NickBytes {
		return MarkTarget{}, refuseNick(BadNick, "", name)
	}
	if u := s.User(name); u != nil {
		t := MarkTarget{name: u.nick, key: markKey{party: s.PartyOf(u)}}
		if u.account != nil {
			t.was = markKey{party: Party{user: u.id}}
			t.before = markKey{unknown: s.policy.Casemapping.Fold(u.account.name)}
		}
		return t, nil
	}
	return s.absentTarget(reader, name, known), nil
}

// absentTarget is the part of MarkTarget for a nick that no user has now.
func (s *State) absentTarget(reader *User, name string, known Side) MarkTarget {
	if party := s.party(known); !party.IsZero() {
		return MarkTarget{name: name, key: markKey{party: party}}
	}
	fold := s.policy.Casemapping.Fold
	if key, found := s.markersOf(reader).called(fold(name), fold); found {
		return MarkTarget{name: name, key: key}
	}
	unknown := markKey{unknown: strings.Clone(fold(name))}
	if party := s.AccountParty(name); !party.IsZero() {
		return MarkTarget{name: name, key: markKey{party: party}, before: unknown}
	}
	return MarkTarget{name: name, key: unknown}
}

func (s *State) channelTarget(c *Channel) MarkTarget {
	return MarkTarget{name: c.name, folded: s.policy.Casemapping.Fold(c.name), key: markKey{channel: c.id}}
}

// ReadUntil returns the time until which a reader has read a target, in nanoseconds; 0: not known.
func (s *State) ReadUntil(reader *User, t MarkTarget) int64 {
	list := s.markersOf(reader)
	if t.folded != "" {
		return list.channelTime(t.key.channel, t.folded)
	}
	return max(list.time(t.key), list.time(t.was), list.time(t.before))
}

// ReadInChannel is ReadUntil for a channel.
func (s *State) ReadInChannel(reader *User, c *Channel) int64 {
	return s.ReadUntil(reader, s.channelTarget(c))
}

// apply sets a marker, at most to the present. The reader need not be in the channel: clients mark the line of a KICK
// or PART as read too, and the answer must not show whether the channel exists.
// https://ircv3.net/specs/extensions/read-marker#read-timestamp-notes
func (op *MarkRead) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	t, refusal := s.MarkTarget(u, op.Target, op.Known)
	if refusal != nil {
		return refusal
	}
	until := min(op.Time, s.wall)
	// A marker that is still to come was set while the clock was wrong.
	if known := s.ReadUntil(u, t); until <= 0 || until <= known && known <= s.wall || s.policy.ReadMarkers <= 0 {
		return nil
	}
	m := marker{t.key, t.folded, until}
	if t.folded == "" {
		m.name = t.name
	}
	// It may be a part of the received line, which must not be kept in memory.
	m.name = strings.Clone(m.name)
	s.setMarker(u, m)
	readers := s.UsersOf(u.account)
	if u.account == nil {
		readers = []*User{u}
	}
	s.emit(&MarkedRead{readers, session.id, t, until})
	return nil
}

// takeMarkers updates markers when a user's account changes. before holds the user's previous markers; guest is set if
// the user had no account. An account takes over the markers of a guest. A user who logs out or changes the account
// keeps the markers of their channels, because the windows of these channels stay open. All readers are sent the
// markers that are new to them.
func (s *State) takeMarkers(u *User, before markers, guest bool) {
	u.markers = nil
	known := slices.Clone(s.markersOf(u))
	var brought markers
	for i := range before {
		m := &before[i]
		c := s.chanByID[m.key.channel]
		if (guest || c != nil && u.Member(c) != nil) && m.time > s.markersOf(u).timeOf(m) {
			s.setMarker(u, *m)
			brought = append(brought, *m)
		}
	}
	if u.account == nil {
		return
	}
	others := slices.DeleteFunc(slices.Clone(s.UsersOf(u.account)), func(other *User) bool { return other == u })
	s.tellMarkers(others, known, brought)
	s.tellMarkers([]*User{u}, before, s.markersOf(u))
}

// tellMarkers sends the changed markers to users who share their markers: those of the channels of each user, and those
// of the parties in the list.
func (s *State) tellMarkers(readers []*User, before, parties markers) {
	for _, u := range readers {
		for _, m := range u.members {
			t := s.channelTarget(m.channel)
			if until := s.ReadUntil(u, t); until != 0 && until != before.channelTime(t.key.channel, t.folded) {
				s.emit(&MarkedRead{[]*User{u}, 0, t, until})
			}
		}
	}
	for _, m := range parties {
		if !m.isChannel() && m.time != before.time(m.key) {
			s.tellParty(readers, m)
		}
	}
}

// tellParty sends the marker of a party to readers, if they can refer to the party by a name.
func (s *State) tellParty(readers []*User, m marker) {
	if len(readers) == 0 {
		return
	}
	name := m.name
	if present := s.presentNick(m.key.party, name); present != "" {
		name = present
	}
	t, refusal := s.MarkTarget(readers[0], name, Side{})
	if refusal == nil && (m.key == t.key || m.key == t.was || m.key == t.before) && m.time == s.ReadUntil(readers[0], t) {
		s.emit(&MarkedRead{readers, 0, t, m.time})
	}
}

// presentNick returns the current nick of a party, preferably the known one; "" when the party is offline.
func (s *State) presentNick(p Party, known string) string {
	if u := s.User(known); u != nil && s.PartyOf(u) == p {
		return u.nick
	}
	for _, u := range s.usersOf(p) {
		return u.nick
	}
	return ""
}

package state

import (
	"slices"
	"strings"
)

// How far somebody has read. The markers of who is logged in belong to his account and outlive his sessions; those of a
// guest go with him. Nobody else ever learns of them.
// https://ircv3.net/specs/extensions/read-marker

// MarkRead says that the user of the stamp's session has read what was said in Target, a channel that he is in or a nick,
// until Time in nanoseconds. A marker never moves back, and never beyond the present; where nothing changes there is no event.
type MarkRead struct {
	Target string
	Time   int64
	// Known is whom the actor has talked with by that nick before, if nobody has it now.
	Known Side
}

func (*MarkRead) kind() byte { return 65 }

// MarkedRead: a marker has another time for these readers: one user, or those who are logged in to one account.
type MarkedRead struct {
	Readers []*User
	// Session is where it was set, 0 when somebody has logged in.
	Session SessionID
	Target  MarkTarget
	// Time in nanoseconds.
	Time int64
}

func (*MarkedRead) event() {}

// MarkTarget is what a marker is about: a channel, or somebody with whom the reader talks in private.
type MarkTarget struct {
	channel *Channel
	nick    string
	key     markKey
	// was is the key of who has logged in since, else that of nothing.
	was markKey
}

// Name is what the target is called now.
func (t MarkTarget) Name() string {
	if t.channel != nil {
		return t.channel.name
	}
	return t.nick
}

// markKey is the identity behind a target's name. One of both is set; in the key of nothing, none is.
type markKey struct {
	channel ChannelID
	party   Party
}

// marker is until when one target has been read.
type marker struct {
	key markKey
	// nick is what a party was last called when the marker was set; "" for a channel.
	nick string
	time int64
}

// markers are one reader's, in the order in which they were set.
type markers []marker

func (list markers) find(key markKey) int {
	return slices.IndexFunc(list, func(m marker) bool { return m.key == key })
}

// time is until when a target has been read; 0: that is not known.
func (list markers) time(key markKey) int64 {
	if at := list.find(key); at >= 0 {
		return list[at].time
	}
	return 0
}

// called is the party that was last known by a nick.
func (list markers) called(folded string, fold func(string) string) (Party, bool) {
	for _, m := range slices.Backward(list) {
		if m.nick != "" && fold(m.nick) == folded {
			return m.key.party, true
		}
	}
	return Party{}, false
}

// set puts a marker last; the oldest go while there are more than most.
func (list markers) set(m marker, most int) markers {
	if at := list.find(m.key); at >= 0 {
		list = slices.Delete(list, at, at+1)
	}
	list = append(list, m)
	return slices.Delete(list, 0, max(0, len(list)-most))
}

// markersOf are the markers that count for a user.
func (s *State) markersOf(u *User) markers {
	if u.account == "" {
		return u.markers
	}
	if a := s.marked.of(s.policy.Casemapping.Fold(u.account)); a != nil {
		return a.list
	}
	return nil
}

// setMarker sets a marker of a user or of his account.
func (s *State) setMarker(u *User, m marker) {
	if u.account == "" {
		u.markers = u.markers.set(m, s.policy.ReadMarkers)
		return
	}
	s.marked.set(s.policy.Casemapping.Fold(u.account), m, s.policy.ReadMarkers, s.policy.AccountReadMarkers)
}

// MarkTarget finds whom or what a reader means. A channel that he may not know of is not found; every valid nick is: it means
// whoever has it, else who is known to have had it (the zero Side: nobody), else whom the reader's own markers know by it, else
// the account of that name.
func (s *State) MarkTarget(reader *User, name string, known Side) (MarkTarget, *Refusal) {
	if IsChannelName(name) {
		c := s.ChannelFor(reader, name)
		switch {
		case c != nil && s.ChannelVisible(reader, c):
			return MarkTarget{channel: c, key: markKey{channel: c.id}}, nil
		case !ValidChannelName(name) || len(name) > s.policy.ChannelBytes:
			return MarkTarget{}, refuse(BadChannelName, name)
		}
		return MarkTarget{}, refuse(NoSuchChannel, name)
	}
	if !ValidNick(name) || len(name) > s.policy.NickBytes {
		return MarkTarget{}, refuseNick(BadNick, "", name)
	}
	if u := s.User(name); u != nil {
		t := MarkTarget{nick: u.nick, key: markKey{party: s.PartyOf(u)}}
		if u.account != "" {
			t.was = markKey{party: Party{user: u.id}}
		}
		return t, nil
	}
	party := s.party(known)
	if known == (Side{}) {
		fold, found := s.policy.Casemapping.Fold, false
		if party, found = s.markersOf(reader).called(fold(name), fold); !found {
			party = s.AccountParty(name)
		}
	}
	return MarkTarget{nick: name, key: markKey{party: party}}, nil
}

// ReadUntil is until when a reader has read, in nanoseconds; 0: that is not known.
func (s *State) ReadUntil(reader *User, t MarkTarget) int64 {
	list := s.markersOf(reader)
	return max(list.time(t.key), list.time(t.was))
}

// ReadInChannel is ReadUntil for a channel.
func (s *State) ReadInChannel(reader *User, c *Channel) int64 {
	return s.markersOf(reader).time(markKey{channel: c.id})
}

// apply: what is not in the past has not been read, and who is not in a channel reads nothing there.
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
	if t.channel != nil && u.Member(t.channel) == nil {
		return refuse(NotOnChannel, t.channel.name)
	}
	until := min(op.Time, s.now)
	if until <= s.ReadUntil(u, t) || s.policy.ReadMarkers <= 0 {
		return nil
	}
	key := t.key
	key.party.account = strings.Clone(key.party.account) // it may be a part of the line that the nick came in
	s.setMarker(u, marker{key, strings.Clone(t.nick), until})
	readers := s.UsersOf(u.account)
	if u.account == "" {
		readers = []*User{u}
	}
	s.emit(&MarkedRead{readers, session.id, t, until})
	return nil
}

// takeMarkers gives a user who has logged in the markers of his account. What he has read as a guest, the account has read.
// Each learns what is other than before.
func (s *State) takeMarkers(u *User, before markers, guest bool) {
	if guest {
		u.markers = nil
		others := slices.DeleteFunc(slices.Clone(s.UsersOf(u.account)), func(other *User) bool { return other == u })
		for _, m := range before {
			if m.time > s.markersOf(u).time(m.key) {
				s.setMarker(u, m)
				s.tellMarker(others, m)
			}
		}
	}
	for _, m := range s.markersOf(u) {
		if m.time != before.time(m.key) {
			s.tellMarker([]*User{u}, m)
		}
	}
}

// tellMarker makes a marker known, if the target has a name that means it to the readers, who share their markers.
func (s *State) tellMarker(readers []*User, m marker) {
	t := MarkTarget{channel: s.chanByID[m.key.channel], nick: m.nick, key: m.key}
	var told []*User
	for _, u := range readers {
		if t.channel == nil || u.Member(t.channel) != nil {
			told = append(told, u)
		}
	}
	switch {
	case len(told) == 0, m.key.channel != 0 && t.channel == nil:
		return
	case t.channel == nil:
		if present := s.presentNick(m.key.party, m.nick); present != "" {
			t.nick = present
		}
		meant, refusal := s.MarkTarget(told[0], t.nick, Side{})
		if refusal != nil || m.key != meant.key && m.key != meant.was || m.time != s.ReadUntil(told[0], meant) {
			return
		}
	}
	s.emit(&MarkedRead{told, 0, t, m.time})
}

// presentNick is what a party is called now: by the nick it was known by if it has that still; "" when it is not here.
func (s *State) presentNick(p Party, known string) string {
	if u := s.User(known); u != nil && s.PartyOf(u) == p {
		return u.nick
	}
	for _, u := range s.usersOf(p) {
		return u.nick
	}
	return ""
}

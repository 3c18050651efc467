package state

import (
	"encoding/binary"
	"fmt"
	"reflect"
)

// The encoded form of a whole state. References are ids. Slices are in the order of ids, or in the order that matters.
type (
	snapshot struct {
		Policy      Policy
		Now         int64
		Order       uint64
		NextUser    UserID
		NextChannel ChannelID
		MostUsers   int
		Nodes       []snapshotNode
		Users       []snapshotUser
		Channels    []snapshotChannel
		Redirects   []snapshotRedirect
		Whowas      []Whowas
		NextBan     uint64
		Bans        []snapshotBan
		Alert       int
		AlertUntil  int64
		NextFilter  uint64
		Filters     []Filter
		Marked      []snapshotMarked
		Wall        int64
		Steps       []clockStep
		NextAccount AccountID
		Accounts    []snapshotAccount
	}
	snapshotAccount struct {
		ID   AccountID
		Name string
	}
	snapshotBan struct {
		Action                 BanAction
		Target, Reason, Setter string
		Time, Until            int64
		Number                 uint64
	}
	snapshotNode struct {
		ID                  NodeID
		Incarnation, Number uint64
	}
	snapshotUser struct {
		ID                                      UserID
		Nick, Username, Host, Address, Realname string
		Oper, Away                              string
		Modes                                   uint64
		Signon, Active                          int64
		Sessions                                []snapshotSession
		Channels                                []ChannelID // in the order of joining
		Invites                                 []snapshotInvite
		Fingerprint                             string
		Class, Title, Vhost, PlainHost          string
		Privileges                              []string
		Snomask                                 uint64
		RealHost, FirstHost                     string
		Score                                   int
		ScoreSince                              int64
		Accepts                                 []UserID
		Silences                                []string
		CallerTold                              int64
		Metadata                                []Metadatum
		Markers                                 []snapshotMarker
		Unshown                                 uint64
		Marks                                   []string
		Account                                 AccountID
	}
	snapshotSession struct {
		ID     SessionID
		Node   NodeID
		Secure bool
		Signon int64
	}
	snapshotInvite struct {
		Channel ChannelID
		Trusted bool
		By      UserID
	}
	snapshotChannel struct {
		ID               ChannelID
		Name             string
		Created, Renamed int64
		Topic            Topic
		Flags            uint64
		Params           []snapshotParam
		Lists            []snapshotList
		Members          []snapshotMember
		Invited          []UserID
		Sequence         uint64
		Memory           []snapshotMemory
		Knocked          int64
		Metadata         []Metadatum
		Opened           Position
	}
	snapshotParam struct {
		Letter byte
		Value  string
	}
	snapshotList struct {
		Letter  byte
		Entries []snapshotEntry
	}
	snapshotEntry struct {
		Mask, Setter string
		Time         int64
		Until        int64
		Reason       string
		Order        uint64
		Behind       bool
		By           UserID
	}
	snapshotMember struct {
		User            UserID
		Ranks           Rank
		Joined, Granted uint64
		Memory          []snapshotMemory
		Hidden          bool
		Since           Position
	}
	snapshotMarked struct {
		Account AccountID
		Markers []snapshotMarker
	}
	snapshotMarker struct {
		Channel ChannelID
		Account AccountID
		User    UserID
		Nick    string
		Time    int64
		Unknown string
	}
	snapshotRedirect struct {
		Name    string
		Channel ChannelID
		Until   int64
	}
)

// Snapshot encodes the whole state. Equal states give equal bytes.
func (s *State) Snapshot() []byte {
	out := snapshot{
		Policy: s.policy, Now: s.now, Order: s.order, NextUser: s.nextUser, NextChannel: s.nextChannel, MostUsers: s.mostUsers,
		NextBan: s.nextBan, Alert: s.alert, AlertUntil: s.alertUntil, NextFilter: s.nextFilter, Filters: s.filters,
		Marked: s.marked.snapshot(), Wall: s.wall, Steps: s.steps, NextAccount: s.accounts.next,
	}
	for _, b := range s.bans.all {
		out.Bans = append(out.Bans, snapshotBan{b.Action, b.Target, b.Reason, b.Setter, b.Time, b.Until, b.number})
	}
	for _, a := range s.accounts.list {
		out.Accounts = append(out.Accounts, snapshotAccount{a.id, a.name})
	}
	for _, n := range s.nodes {
		out.Nodes = append(out.Nodes, snapshotNode{n.id, n.incarnation, n.number})
	}
	for _, c := range s.channels {
		for _, r := range c.oldNames {
			out.Redirects = append(out.Redirects, snapshotRedirect{r.name, c.id, r.until})
		}
	}
	for i := range s.whowas {
		out.Whowas = append(out.Whowas, s.whowas[(s.whowasAt+i)%len(s.whowas)])
	}
	return s.appendSnapshot(&out)
}

// appendSnapshot encodes a snapshot, with users and channels one at a time, because there are many.
func (s *State) appendSnapshot(out *snapshot) []byte {
	const aboutUser, aboutMember = 384, 24
	members := 0
	for _, c := range s.channels {
		members += len(c.members)
	}
	b := append(make([]byte, 0, 1<<16+aboutUser*(len(s.users)+len(s.channels))+aboutMember*members), encodingVersion)
	start, v := len(b), reflect.ValueOf(out).Elem()
	for i := range v.NumField() {
		switch v.Type().Field(i).Name {
		case "Users":
			var one snapshotUser
			b = appendEach(b, s.users, &one, func(u *User) { u.snapshot(&one) })
		case "Channels":
			var one snapshotChannel
			b = appendEach(b, s.channels, &one, func(c *Channel) { c.snapshot(&one) })
		default:
			b = appendValue(b, v.Field(i))
		}
	}
	return insertLength(b, start)
}

// appendEach appends the encoding of a slice of T. fill makes one, in place, of an element of the list.
func appendEach[E, T any](b []byte, list []E, one *T, fill func(E)) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	v := reflect.ValueOf(one).Elem()
	for _, x := range list {
		fill(x)
		b = appendValue(b, v)
	}
	return b
}

// snapshot makes the encoded form of a user in the memory of an earlier one.
func (u *User) snapshot(out *snapshotUser) {
	*out = snapshotUser{
		Accepts: out.Accepts[:0], Sessions: out.Sessions[:0], Channels: out.Channels[:0], Invites: out.Invites[:0],
		ID: u.id, Nick: u.nick, Username: u.username, Host: u.host, Address: u.address, Realname: u.realname,
		Oper: u.oper, Away: u.away, Modes: uint64(u.modes), Signon: u.signon, Active: u.active,
		Fingerprint: u.fingerprint,
		Class:       u.class, Title: u.title, Vhost: u.vhost, PlainHost: u.plainHost, Privileges: u.privileges.names(), Snomask: uint64(u.snomask),
		RealHost: u.realHost, FirstHost: u.firstHost,
		Score: u.score, ScoreSince: u.scoreSince,
		Silences: u.Silences(), CallerTold: u.callerTold, Metadata: u.metadata, Markers: u.markers.snapshot(),
		Unshown: u.unshown, Marks: u.marks, Account: u.AccountID(),
	}
	for _, other := range u.accepts {
		out.Accepts = append(out.Accepts, other.id)
	}
	for _, x := range u.sessions {
		out.Sessions = append(out.Sessions, snapshotSession{x.id, x.node, x.secure, x.signon})
	}
	for _, m := range u.members {
		out.Channels = append(out.Channels, m.channel.id)
	}
	for _, i := range u.invites {
		out.Invites = append(out.Invites, snapshotInvite{i.Channel.id, i.Trusted, i.by})
	}
}

// snapshot makes the encoded form of a channel in the memory of an earlier one.
func (c *Channel) snapshot(out *snapshotChannel) {
	*out = snapshotChannel{
		Params: out.Params[:0], Lists: out.Lists[:0], Members: out.Members[:0], Invited: out.Invited[:0],
		ID: c.id, Name: c.name, Created: c.created, Renamed: c.renamed, Topic: c.topic, Flags: uint64(c.flags), Sequence: c.sequence,
		Memory: c.memory.snapshot(), Knocked: c.knocked, Metadata: c.metadata, Opened: c.opened,
	}
	for _, p := range c.params {
		out.Params = append(out.Params, snapshotParam{p.letter, p.value})
	}
	for _, l := range c.lists {
		list := snapshotList{Letter: l.letter}
		for _, e := range l.entries {
			list.Entries = append(list.Entries, snapshotEntry{e.Mask, e.Setter, e.Time, e.Until, e.Reason, e.order, e.behind, e.by})
		}
		out.Lists = append(out.Lists, list)
	}
	for _, m := range c.members {
		out.Members = append(out.Members, snapshotMember{m.user.id, m.ranks, m.joined, m.granted, m.memory.snapshot(), m.hidden, m.since})
	}
	for _, u := range c.invited {
		out.Invited = append(out.Invited, u.id)
	}
}

// Restore creates the state that Snapshot encoded. Its errors wrap ErrEncoding.
func Restore(b []byte) (*State, error) {
	if len(b) == 0 || b[0] != encodingVersion {
		return nil, fmt.Errorf("%w: version", ErrEncoding)
	}
	var in snapshot
	d := decoder{rest: b[1:]}
	d.value(reflect.ValueOf(&in).Elem())
	if d.err == nil && len(d.rest) > 0 {
		d.fail("trailing bytes")
	}
	if d.err != nil {
		return nil, d.err
	}
	s := New()
	s.policy = in.Policy
	s.now, s.order, s.nextUser, s.nextChannel, s.mostUsers = in.Now, in.Order, in.NextUser, in.NextChannel, in.MostUsers
	s.whowas = in.Whowas
	s.restoreClock(&in)
	for _, n := range in.Nodes {
		s.nodes = append(s.nodes, node{n.ID, n.Incarnation, n.Number})
	}
	s.restoreAccounts(&in)
	for i := range in.Users {
		s.restoreUser(&in.Users[i])
	}
	for i := range in.Channels {
		if err := s.restoreChannel(&in.Channels[i]); err != nil {
			return nil, err
		}
	}
	places := map[place]*Member{}
	for _, c := range s.channels {
		for _, m := range c.members {
			places[place{m.user, c}] = m
		}
	}
	for i := range in.Users {
		if err := s.restorePlaces(&in.Users[i], places); err != nil {
			return nil, err
		}
	}
	for _, r := range in.Redirects {
		c := s.chanByID[r.Channel]
		if c == nil {
			return nil, fmt.Errorf("%w: a redirect to nowhere", ErrEncoding)
		}
		restored := &redirect{s.policy.Casemapping.Fold(r.Name), r.Name, c, r.Until}
		c.oldNames = append(c.oldNames, restored)
		s.oldNames[restored.folded] = restored
		s.expect(restored.due())
	}
	if in.Alert < 0 || in.Alert >= Peace {
		return nil, fmt.Errorf("%w: no level of DEFCON", ErrEncoding)
	}
	s.setDefcon(Peace-in.Alert, in.AlertUntil)
	s.nextFilter, s.filters = in.NextFilter, in.Filters
	s.marked.restore(in.Marked)
	if err := s.restoreBans(&in); err != nil {
		return nil, err
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	return s, nil
}

func (s *State) restoreAccounts(in *snapshot) {
	s.accounts.next = in.NextAccount
	for _, a := range in.Accounts {
		s.accounts.list = append(s.accounts.list, &Account{id: a.ID, name: a.Name})
	}
	s.accounts.fold(s.policy.Casemapping.Fold)
}

func (s *State) restoreUser(in *snapshotUser) {
	u := &User{
		id: in.ID, nick: in.Nick, username: in.Username, host: in.Host, address: in.Address, realname: in.Realname,
		account: s.accounts.of(in.Account), oper: in.Oper, away: in.Away, modes: letterSet(in.Modes), signon: in.Signon, active: in.Active,
		fingerprint: in.Fingerprint,
		class:       in.Class, title: in.Title, vhost: in.Vhost, plainHost: in.PlainHost, snomask: letterSet(in.Snomask),
		realHost: in.RealHost, firstHost: in.FirstHost,
		score: in.Score, scoreSince: in.ScoreSince,
		callerTold: in.CallerTold, metadata: in.Metadata, markers: restoreMarkers(in.Markers),
		unshown: in.Unshown, marks: in.Marks,
	}
	for _, mask := range in.Silences {
		u.silences = append(u.silences, silence{mask, s.policy.Casemapping.Fold(mask), maskTest(&s.policy, mask)})
	}
	u.refreshSource()
	for _, x := range in.Sessions {
		session := &Session{id: x.ID, node: x.Node, user: u, secure: x.Secure, signon: x.Signon}
		u.sessions = append(u.sessions, session)
		s.sessions[x.ID] = session
	}
	if u.HasMode('i') {
		s.invisible++
	}
	if u.HasMode('o') {
		u.privileges = PrivOper | privilegesOf(in.Privileges)
		s.operators = append(s.operators, u)
	}
	s.users = append(s.users, u)
	s.byID[u.id] = u
	s.nicks[s.policy.Casemapping.Fold(u.nick)] = u
	u.enterAccount()
}

func (s *State) restoreChannel(in *snapshotChannel) error {
	c := &Channel{
		id: in.ID, name: in.Name, created: in.Created, renamed: in.Renamed, topic: in.Topic, flags: letterSet(in.Flags), sequence: in.Sequence,
		memory: restoreMemory(in.Memory), knocked: in.Knocked, metadata: in.Metadata, opened: in.Opened,
	}
	for _, p := range in.Params {
		c.params = append(c.params, newParam(p.Letter, p.Value))
	}
	for _, l := range in.Lists {
		list := modeList{letter: l.Letter}
		for _, e := range l.Entries {
			entry := ListEntry{
				Mask: e.Mask, Setter: e.Setter, Time: e.Time, Until: e.Until, Reason: e.Reason, folded: s.policy.Casemapping.Fold(e.Mask),
				order: e.Order, behind: e.Behind, by: e.By,
			}
			if row := findChannelMode(l.Letter); row != nil && row.test != nil {
				if entry.test = row.test(&s.policy, e.Mask); entry.test == nil {
					return fmt.Errorf("%w: %q is not a mask", ErrEncoding, e.Mask)
				}
			}
			list.entries = append(list.entries, entry)
			c.countLive(entry.test, 1)
			s.expect(due{at: e.Until, kind: dueListEntry, channel: c.id, letter: l.Letter, text: entry.folded})
		}
		c.lists = append(c.lists, list)
	}
	for _, m := range in.Members {
		u := s.byID[m.User]
		if u == nil {
			return fmt.Errorf("%w: a member who is nobody", ErrEncoding)
		}
		c.members = append(c.members, &Member{
			user: u, channel: c, ranks: m.Ranks, joined: m.Joined, granted: m.Granted, memory: restoreMemory(m.Memory),
			hidden: m.Hidden, since: m.Since,
		})
		c.count(c.members[len(c.members)-1], 1)
	}
	for _, id := range in.Invited {
		u := s.byID[id]
		if u == nil {
			return fmt.Errorf("%w: an invited who is nobody", ErrEncoding)
		}
		c.invited = append(c.invited, u)
	}
	s.channels = append(s.channels, c)
	s.countSecret(c, 1)
	s.chanByID[c.id] = c
	s.names[s.policy.Casemapping.Fold(c.name)] = c
	return nil
}

// place identifies a membership: a user and a channel.
type place struct {
	user    *User
	channel *Channel
}

// restorePlaces connects a user with their channels and invitations, in the user's own order.
func (s *State) restorePlaces(in *snapshotUser, places map[place]*Member) error {
	u := s.byID[in.ID]
	for _, id := range in.Channels {
		m := places[place{u, s.chanByID[id]}]
		if m == nil {
			return fmt.Errorf("%w: a user in a channel that does not have them", ErrEncoding)
		}
		u.members = append(u.members, m)
	}
	for _, id := range in.Accepts {
		other := s.byID[id]
		if other == nil {
			return fmt.Errorf("%w: an accepted who is nobody", ErrEncoding)
		}
		u.accept(other)
	}
	for _, i := range in.Invites {
		c := s.chanByID[i.Channel]
		if c == nil {
			return fmt.Errorf("%w: an invitation to nowhere", ErrEncoding)
		}
		u.invites = append(u.invites, Invite{c, i.Trusted, i.By})
	}
	return nil
}

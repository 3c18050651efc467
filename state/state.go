package state

import (
	"slices"
	"sort"
)

// State is the network. Make one with New or Restore.
type State struct {
	policy Policy
	now    int64 // the state's clock, see tick
	wall   int64 // the time of day
	steps  []clockStep
	order  uint64 // the greatest order seen

	nextUser    UserID
	nextChannel ChannelID

	users    []*User    // by id
	channels []*Channel // by id
	nicks    map[string]*User
	names    map[string]*Channel
	byID     map[UserID]*User
	chanByID map[ChannelID]*Channel
	sessions map[SessionID]*Session

	dues     dueQueue
	oldNames map[string]*redirect
	whowas   []Whowas // a ring once it is full; whowasAt is the oldest then
	whowasAt int

	nodes []node // by id

	bans    banList
	nextBan uint64

	filters    []Filter // never changed in place
	nextFilter uint64

	// alert is the distance of the level of DEFCON from Peace.
	alert      int
	alertUntil int64

	accounts accounts
	marked   accountMarkers

	invisible, mostUsers int
	secret               int     // channels
	operators            []*User // by id

	// outlooks holds the outlooks of the members whose ranks the operation has changed so far, while it gathers them.
	outlooks  []outlook
	gathering bool
	// banWork is the work that the operation has done so far to find the members that its changes of lists would ban.
	banWork int
	// work is the work of the last operation, see Work.
	work int
	// events is reused by each Apply.
	events []Event
	// attempt is the message being judged. It is kept here so that judging does not allocate.
	attempt attempt
}

// node records which operations of a machine the state has applied.
type node struct {
	id          NodeID
	incarnation uint64
	number      uint64
}

// redirect is an old name of a channel that still leads to it.
type redirect struct {
	folded  string
	name    string
	channel *Channel
	until   int64
}

// Whowas is the record of a user who has left or changed their nick.
type Whowas struct {
	Nick, Username, Host, Address, Realname string
	// Time of leaving in nanoseconds.
	Time     int64
	RealHost string
}

// New returns an empty network with DefaultPolicy. A daemon applies Configure first.
func New() *State {
	return &State{
		policy: DefaultPolicy(), nicks: map[string]*User{}, names: map[string]*Channel{}, byID: map[UserID]*User{},
		chanByID: map[ChannelID]*Channel{}, sessions: map[SessionID]*Session{}, oldNames: map[string]*redirect{},
		bans: newBanList(), accounts: accounts{byName: map[string]*Account{}},
	}
}

// Apply carries out one operation, and returns what has happened or why it was refused. It is the only way to change a
// State. The events are valid until the next Apply. An operation that has been applied before changes nothing.
func (s *State) Apply(st Stamp, op Op) ([]Event, *Refusal) {
	if cap(s.events) > keepEvents {
		s.events = nil
	}
	s.events, s.work = s.events[:0], 0
	if code := s.admit(st.Origin, op); code != OK {
		return nil, &Refusal{Code: code}
	}
	st = s.tick(st)
	s.order = max(s.order, st.Order)
	if refusal := op.apply(s, st); refusal != nil {
		return nil, refusal
	}
	return s.events, nil
}

// Skip replaces Apply for an operation that panics: only its stamp takes effect.
func (s *State) Skip(st Stamp, op Op) {
	if s.admit(st.Origin, op) == OK {
		s.order = max(s.order, s.tick(st).Order)
	}
}

// admit records the origin of an operation that is the next one of its node, and returns OK. A node's first operation
// is NodeUp. An operation that has been applied, or is of an earlier life of its node, is AlreadyApplied. If operations
// of its node are missing before it, it is OutOfOrder.
func (s *State) admit(o Origin, op Op) Code {
	at, known := s.findNode(o.Node)
	if _, starts := op.(*NodeUp); starts && (!known || o.Incarnation > s.nodes[at].incarnation) {
		if !known {
			s.nodes = slices.Insert(s.nodes, at, node{id: o.Node})
		}
		s.nodes[at].incarnation, s.nodes[at].number = o.Incarnation, o.Number
		return OK
	}
	switch n := &s.nodes; {
	case known && (o.Incarnation < (*n)[at].incarnation || o.Incarnation == (*n)[at].incarnation && o.Number <= (*n)[at].number):
		return AlreadyApplied
	case !known || o.Incarnation != (*n)[at].incarnation || o.Number != (*n)[at].number+1:
		return OutOfOrder
	}
	s.nodes[at].number = o.Number
	return OK
}

// findNode returns the index of a node, or where it would be inserted.
func (s *State) findNode(id NodeID) (at int, known bool) {
	return slices.BinarySearchFunc(s.nodes, id, func(n node, id NodeID) int { return int(n.id) - int(id) })
}

func (s *State) emit(e Event) {
	s.told(e)
	s.events = append(s.events, e)
}

// decline tells the actor that a part of the operation was refused, each reason once.
func (s *State) decline(r Refusal) {
	for _, e := range s.events {
		if d, is := e.(*Declined); is && d.Refusal == r {
			return
		}
	}
	s.emit(&Declined{Refusal: r})
}

// actor returns the acting session, which is the stamp's.
func (s *State) actor(st Stamp) (*Session, *Refusal) {
	if session := s.sessions[st.Session]; session != nil {
		return session, nil
	}
	return nil, &Refusal{Code: NoSuchSession}
}

// Policy is the configuration in force.
func (s *State) Policy() *Policy { return &s.policy }

// Order is the greatest order seen; the next operation's is greater.
func (s *State) Order() uint64 { return s.order }

// Incarnation returns the current incarnation of a node, 0 for an unknown one. The next one is greater.
func (s *State) Incarnation(id NodeID) uint64 {
	incarnation, _ := s.Life(id)
	return incarnation
}

// Life returns the current incarnation of a node and the number of its last operation; 0 for an unknown node.
func (s *State) Life(id NodeID) (incarnation, number uint64) {
	if at, known := s.findNode(id); known {
		return s.nodes[at].incarnation, s.nodes[at].number
	}
	return 0, 0
}

// User finds a user by nick, or nil.
func (s *State) User(nick string) *User { return s.nicks[s.policy.Casemapping.Fold(nick)] }

// UserByID finds a user, or nil.
func (s *State) UserByID(id UserID) *User { return s.byID[id] }

// Session finds a session, or nil.
func (s *State) Session(id SessionID) *Session { return s.sessions[id] }

// Channel finds a channel by its current name, or nil.
func (s *State) Channel(name string) *Channel { return s.names[s.policy.Casemapping.Fold(name)] }

// ChannelFor finds the channel that a user means: by its current name or, for members, by an old name. A channel that
// the user may not know of is not found, so that it has the same answers as one that does not exist.
func (s *State) ChannelFor(u *User, name string) *Channel {
	if c := s.Channel(name); c != nil {
		if !s.ChannelVisible(u, c) {
			return nil
		}
		return c
	}
	if r := s.oldNames[s.policy.Casemapping.Fold(name)]; r != nil && u.Member(r.channel) != nil {
		return r.channel
	}
	return nil
}

// ChannelByID finds a channel, or nil.
func (s *State) ChannelByID(id ChannelID) *Channel { return s.chanByID[id] }

// Users returns all users, the oldest first.
func (s *State) Users() []*User { return s.users }

// Channels returns all channels, the oldest first.
func (s *State) Channels() []*Channel { return s.channels }

// Operators returns the IRC operators, the oldest user first.
func (s *State) Operators() []*User { return s.operators }

// changeOperators adds a user to the list of IRC operators or removes them.
func (s *State) changeOperators(u *User, on bool) {
	at := sort.Search(len(s.operators), func(i int) bool { return s.operators[i].id >= u.id })
	if on {
		s.operators = slices.Insert(s.operators, at, u)
	} else {
		s.operators = slices.Delete(s.operators, at, at+1)
	}
}

// UsersFrom returns the users from an id on, for answers in pages: users who come or go in between do not move the
// others.
func (s *State) UsersFrom(id UserID) []*User {
	return s.users[sort.Search(len(s.users), func(i int) bool { return s.users[i].id >= id }):]
}

// ChannelsFrom returns the channels from an id on.
func (s *State) ChannelsFrom(id ChannelID) []*Channel {
	return s.channels[sort.Search(len(s.channels), func(i int) bool { return s.channels[i].id >= id }):]
}

// Counts holds the numbers that LUSERS shows.
type Counts struct{ Users, Invisible, Opers, Channels, MostUsers int }

// ChannelsShown returns how many channels viewer may know of.
func (s *State) ChannelsShown(viewer *User) int {
	if viewer.Can(PrivAuspex) {
		return len(s.channels)
	}
	n := len(s.channels) - s.secret
	for _, m := range viewer.members {
		if m.channel.HasMode('s') {
			n++
		}
	}
	return n
}

// Counts returns the current numbers.
func (s *State) Counts() Counts {
	return Counts{len(s.users), s.invisible, len(s.operators), len(s.channels), s.mostUsers}
}

// WhowasOf lists the former users of a nick, the latest first, at most most entries (0: all).
func (s *State) WhowasOf(nick string, most int) []Whowas {
	folded := s.policy.Casemapping.Fold(nick)
	s.spend(len(s.whowas) / whowasPerUnit)
	var list []Whowas
	at := s.whowasAt // the place after the latest entry
	for range s.whowas {
		if at--; at < 0 {
			at = len(s.whowas) - 1
		}
		w := &s.whowas[at]
		if len(w.Nick) == len(folded) && s.policy.Casemapping.Fold(w.Nick) == folded {
			list = append(list, *w)
			if len(list) == most {
				break
			}
		}
	}
	return list
}

// keepEvents bounds the list of events that is reused between operations, and with it what its old events keep in
// memory.
const keepEvents = 64

func (s *State) remember(u *User) {
	if s.policy.WhowasEntries <= 0 {
		return
	}
	w := Whowas{u.nick, u.username, u.host, u.address, u.realname, s.wall, u.realHost}
	if len(s.whowas) < s.policy.WhowasEntries {
		// It is no ring yet: whowasAt is 0, and Configure unrolls it.
		s.whowas = append(s.whowas, w)
		return
	}
	s.whowas[s.whowasAt] = w
	s.whowasAt = (s.whowasAt + 1) % len(s.whowas)
}

func (s *State) unrollWhowas() {
	if s.whowasAt == 0 {
		return
	}
	flat := make([]Whowas, 0, len(s.whowas)+1)
	flat = append(flat, s.whowas[s.whowasAt:]...)
	s.whowas, s.whowasAt = append(flat, s.whowas[:s.whowasAt]...), 0
}

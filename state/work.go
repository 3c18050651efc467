package state

// How much an operation has made the server do is counted where the loops are, in units of about ten nanoseconds: what a
// line costs its sender can grow with it. The count follows from the operations alone, never from a clock.

// What the common steps count.
const (
	// matchBytes are the bytes of a mask and a text that are compared in one unit.
	matchBytes = 8
	// subjectWork is what it takes to get a user ready for comparison with masks.
	subjectWork = 15
	// walkWork is a step of a walk through members, users or entries.
	walkWork = 1
	// tellWork is one line for one member of a channel.
	tellWork = 4
	// namesPerLine is how many members one line of a list of names shows.
	namesPerLine = 20
)

// Work is how much the last operation, and the questions asked of the state since, have made the server do, in units of
// about ten nanoseconds: bytes and entries compared, and members looked at and told.
func (s *State) Work() int { return s.work }

// spend counts n units of work.
func (s *State) spend(n int) { s.work += n }

// told counts what it takes to tell those who learn of an event.
func (s *State) told(e Event) {
	switch e := e.(type) {
	case *MessageSent:
		s.toldChannel(e.Channel)
	case *Joined:
		s.toldChannel(e.Member.channel)
	case *Appeared:
		s.toldChannel(e.Member.channel)
	case *Vanished:
		s.toldChannel(e.Member.channel)
	case *NamesGrown:
		s.toldNames(e)
	case *Parted:
		s.toldChannel(e.Channel)
	case *Kicked:
		s.toldChannel(e.Channel)
	case *TopicChanged:
		s.toldChannel(e.Channel)
	case *ModesChanged:
		s.toldChannel(e.Channel)
	case *Renamed:
		s.toldChannel(e.Channel)
	case *MetadataChanged:
		s.toldChannel(e.Channel)
		s.toldPeers(e.User)
	case *Quitted:
		s.toldMembers(e.Members)
	case *NickChanged:
		s.toldPeers(e.User)
	case *AwayChanged:
		s.toldPeers(e.User)
	case *HostChanged:
		s.toldPeers(e.User)
	case *RealnameChanged:
		s.toldPeers(e.User)
	case *AccountChanged:
		s.toldPeers(e.User)
	case *Wallops:
		s.spend(len(s.users) * walkWork)
	}
	s.spend(tellWork)
}

func (s *State) toldChannel(c *Channel) {
	if c != nil {
		s.spend(len(c.members) * tellWork)
	}
}

// toldPeers: everybody in the user's channels is looked at in each of them.
func (s *State) toldPeers(u *User) {
	if u != nil {
		s.toldMembers(u.members)
	}
}

func (s *State) toldMembers(members []*Member) {
	for _, m := range members {
		s.toldChannel(m.channel)
	}
}

// toldNames: each member who sees more than before is sent the names of all.
func (s *State) toldNames(e *NamesGrown) {
	readers := len(e.Channel.members)
	if e.Member != nil {
		readers = 1
	}
	s.spend(readers * tellWork * (1 + len(e.Channel.members)/namesPerLine))
}

package state

// The work of an operation is counted in its loops, in units of about ten nanoseconds, so that flood control can charge
// a line to its sender by the work that it caused. The count depends only on the operations, never on a clock.

// The work of common steps.
const (
	// matchBytes is how many bytes of a mask and a text one unit compares.
	matchBytes = 8
	// subjectWork is for preparing a user for comparison with masks.
	subjectWork = 15
	// walkWork is for one step through members, users or entries.
	walkWork = 1
	// tellWork is for one line to one member of a channel.
	tellWork = 4
	// whowasPerUnit is how many entries of WHOWAS one unit compares.
	whowasPerUnit = 4
	// namesPerLine is how many members one line of NAMES shows.
	namesPerLine = 20
)

// Work returns the work of the last operation and of the queries since then, in units of about ten nanoseconds: bytes
// and entries compared, and members visited and told.
func (s *State) Work() int { return s.work }

// spend adds n units of work.
func (s *State) spend(n int) { s.work += n }

// told adds the work of telling everyone who learns of an event.
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
	case *Redacted:
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

// toldPeers adds the work of visiting all members of the user's channels.
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

// toldNames adds the work of sending all names to each member who sees more than before.
func (s *State) toldNames(e *NamesGrown) {
	readers := len(e.Channel.members)
	if e.Member != nil {
		readers = 1
	}
	s.spend(readers * tellWork * (1 + len(e.Channel.members)/namesPerLine))
}

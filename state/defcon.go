package state

// Measure is a set of things that a level of DEFCON closes. Its bits are part of the encoding.
type Measure byte

// The measures.
const (
	// CloseConnections refuses all new connections.
	CloseConnections Measure = 1 << iota
	// CloseUnregistered refuses new connections without an account.
	CloseUnregistered
	// CloseChannels refuses new channels.
	CloseChannels
	// CloseTalk lets users without an account send messages only to IRC operators.
	CloseTalk
)

// MeasureInfo describes a measure for documents.
type MeasureInfo struct {
	Measure    Measure
	Name, Help string
}

// measureTable lists every measure. The configuration and the documents follow it.
var measureTable = []MeasureInfo{
	{CloseConnections, "connections", "nobody can connect, except from this machine"},
	{CloseUnregistered, "unregistered", "users without an account cannot connect"},
	{CloseChannels, "channels", "only IRC operators can create channels"},
	{CloseTalk, "talk", "users without an account can write only to IRC operators"},
}

// Measures lists the measures in the table's order.
func Measures() []MeasureInfo { return append([]MeasureInfo(nil), measureTable...) }

// MeasureOf returns the measure with this name, or 0 if there is none.
func MeasureOf(name string) Measure {
	for _, row := range measureTable {
		if row.Name == name {
			return row.Measure
		}
	}
	return 0
}

// Names returns the names of the measures in the set.
func (m Measure) Names() []string {
	var names []string
	for _, row := range measureTable {
		if m&row.Measure != 0 {
			names = append(names, row.Name)
		}
	}
	return names
}

// Peace is the level at which nothing is closed; 1 is the most severe one.
const Peace = 5

// SetDefcon sets the level, from 1 to Peace. An IRC operator or the server itself may do it.
type SetDefcon struct {
	Level int
	// Duration in nanoseconds, after which the level returns to Peace; 0: until a different level is set.
	Duration int64
}

// DefconChanged: the level has changed; see State.Defcon. By is nil when the server changed it, or it ended by itself.
type DefconChanged struct{ By *User }

func (*DefconChanged) event() {}

// Defcon returns the level in force, and when it ends by itself, by the state's clock (0: never).
func (s *State) Defcon() (level int, until int64) { return Peace - s.alert, s.alertUntil }

// Closed returns the measures in force at a level.
func (p *Policy) Closed(level int) Measure {
	switch level {
	case 4:
		return p.Defcon4
	case 3:
		return p.Defcon3
	case 2:
		return p.Defcon2
	case 1:
		return p.Defcon1
	}
	return 0
}

func (s *State) closes(m Measure) bool { return s.alert != 0 && s.policy.Closed(Peace-s.alert)&m != 0 }

func (op *SetDefcon) apply(s *State, st Stamp) *Refusal {
	var by *User
	if st.Session != 0 {
		var refusal *Refusal
		if by, refusal = s.operator(st, PrivDefcon); refusal != nil {
			return refusal
		}
	}
	if op.Level < 1 || op.Level > Peace || op.Duration < 0 {
		return &Refusal{Code: BadLevel}
	}
	until := int64(0)
	if op.Duration > 0 && op.Duration <= longestBan && op.Level != Peace {
		until = s.now + op.Duration
	}
	s.setDefcon(op.Level, until)
	s.emit(&DefconChanged{by})
	return nil
}

func (s *State) setDefcon(level int, until int64) {
	s.forget(due{at: s.alertUntil, kind: dueDefcon})
	s.alert, s.alertUntil = Peace-level, until
	s.expect(due{at: until, kind: dueDefcon})
}

// endDefcon ends a level whose time is over.
func (s *State) endDefcon(due) {
	s.alert, s.alertUntil = 0, 0
	s.emit(&DefconChanged{})
}

// ClosedTo reports whether the level in force refuses a connection of which only the address is known. Connections
// from this machine are accepted at any level, so that an operator can end it, and so are those that a server ban
// exempts. If that is not clear from the address alone, the user is judged at registration.
func (s *State) ClosedTo(address string, local bool) bool {
	if local || !s.closes(CloseConnections) || s.bans.softExempts > 0 {
		return false
	}
	who := s.banSubject(&User{address: address})
	return s.bans.find(BanExempt, &who) == nil
}

// judgeDoor refuses a new user if the level in force keeps them out.
func (s *State) judgeDoor(u *User, local bool) *Refusal {
	if !s.closes(CloseConnections) && (!s.closes(CloseUnregistered) || u.account != nil) {
		return nil
	}
	who := s.banSubject(u)
	if local || s.bans.find(BanExempt, &who) != nil {
		return nil
	}
	return s.DoorClosed()
}

// DoorClosed returns the refusal for connections that the level in force keeps out.
func (s *State) DoorClosed() *Refusal {
	if s.closes(CloseConnections) {
		return &Refusal{Code: DoorClosed, Why: "This server is not accepting new connections at the moment"}
	}
	return &Refusal{Code: DoorClosed, Why: "This server is accepting only registered users at the moment"}
}

// mayTalk reports whether the level in force lets the user send messages to a user (nil: a channel).
func (s *State) mayTalk(u, to *User) bool {
	return u.account != nil || u.IsOper() || to != nil && (to.OperTo(u) || to == u) || !s.closes(CloseTalk)
}

package state

// Line is a message of a channel as it is remembered. The state remembers none itself: history is a storage's.
type Line struct {
	// Time in nanoseconds and Order are the stamp's; the message id follows from them.
	Time  int64
	Order uint64
	// Source is nick!user@host as it was then.
	Source string
	Kind   MessageKind
	Text   string
}

// ID is the message id, the same that went out with the message.
func (l Line) ID() string { return Stamp{Time: l.Time, Order: l.Order}.MessageID() }

// TextPart is one line of a multiline message.
// https://ircv3.net/specs/extensions/multiline
type TextPart struct {
	Text string
	// Concat: the text goes on from the part before, with no line break.
	Concat bool
}

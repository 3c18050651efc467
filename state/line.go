package state

// Line is a message of a channel as it is remembered. The state remembers none itself: history is a storage's.
type Line struct {
	// ID is the message id.
	ID string
	// Time in nanoseconds.
	Time int64
	// Source is nick!user@host as it was then.
	Source string
	Kind   MessageKind
	Text   string
}

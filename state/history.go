package state

import "slices"

// The types with which history is requested. storage keeps it; these types are what it shares with its readers.

// Party is one side of a private conversation: an account, or a user who has not logged in. It is never a nick, because
// a user who takes the same nick later is a different party. The zero Party is no party.
type Party struct {
	account AccountID
	user    UserID
}

// PartyOf returns the party that a user is now.
func (s *State) PartyOf(u *User) Party {
	if u.account != nil {
		return Party{account: u.account.id}
	}
	return Party{user: u.id}
}

// PartiesOf returns the parties that a user is and was: users who logged in may have had conversations as guests
// before.
func (s *State) PartiesOf(u *User) []Party {
	guest := Party{user: u.id}
	if now := s.PartyOf(u); now != guest {
		return []Party{now, guest}
	}
	return []Party{guest}
}

// AccountParty returns the party of all users who are logged in to the account of this name. It is the zero Party if
// nobody has ever logged in to an account of that name.
func (s *State) AccountParty(name string) Party {
	if a := s.Account(name); a != nil {
		return Party{account: a.id}
	}
	return Party{}
}

// NewParty returns the party with these ids, of which at most one is not zero.
func NewParty(account AccountID, user UserID) Party { return Party{account, user} }

// IsZero reports whether this is the zero Party, which is nobody.
func (p Party) IsZero() bool { return p == Party{} }

// Account returns the party's account, 0 when it has none.
func (p Party) Account() AccountID { return p.account }

// User returns the user that the party is when it has no account, otherwise 0.
func (p Party) User() UserID { return p.user }

func (p Party) less(q Party) bool {
	if p.account != q.account {
		return p.account < q.account
	}
	return p.user < q.user
}

// Buffer identifies a conversation with a history of its own: a channel, or a private conversation of two parties. It
// can be a key of a map.
type Buffer struct {
	channel ChannelID
	parties [2]Party // in order
	only    Party
}

// ChannelBuffer returns the buffer of a channel, which is independent of the channel's name.
func ChannelBuffer(id ChannelID) Buffer { return Buffer{channel: id} }

// PairBuffer returns the buffer of two parties; their order does not matter, and both may be the same.
func PairBuffer(a, b Party) Buffer {
	if b.less(a) {
		a, b = b, a
	}
	return Buffer{parties: [2]Party{a, b}}
}

// OneSidedBuffer returns the buffer of the messages from a party to a peer who ignores that party. Only the first party
// may read it, so that they cannot find out that they are ignored.
func OneSidedBuffer(only, peer Party) Buffer {
	b := PairBuffer(only, peer)
	b.only = only
	return b
}

// Channel returns the buffer's channel, 0 for a private conversation.
func (b Buffer) Channel() ChannelID { return b.channel }

// Parties returns the two sides of a private conversation; zero for a channel.
func (b Buffer) Parties() [2]Party { return b.parties }

// Holds reports whether a party may read the buffer of a private conversation.
func (b Buffer) Holds(p Party) bool {
	return b.channel == 0 && (p == b.parties[0] || p == b.parties[1]) && (b.only == Party{} || b.only == p)
}

// OneSided reports whether only one of the two parties may read the conversation.
func (b Buffer) OneSided() bool { return b.only != Party{} }

// Peer returns the other side of a private conversation.
func (b Buffer) Peer(of Party) Party {
	if b.parties[0] == of {
		return b.parties[1]
	}
	return b.parties[0]
}

// Page selects some of a buffer's lines.
type Page struct {
	// After and Before are exclusive bounds. The zero After is before all lines, the zero Before after all lines.
	After, Before Position
	// Most is the greatest number of lines. If there are more, Newest keeps the newest ones, otherwise the oldest are kept.
	Most   int
	Newest bool
	// Events includes other events than messages, Redacted includes deleted messages.
	Events, Redacted bool
	// Without lists the verbs of events to leave out.
	Without []string
}

// Wants reports whether the page includes this line, apart from the bounds.
func (q *Page) Wants(l *Line) bool {
	if l.IsMessage() {
		return q.Redacted || l.Redaction == nil
	}
	return q.Events && l.Redaction == nil && !slices.Contains(q.Without, l.Verb)
}

// Conversation is a private conversation as one of its parties sees it.
type Conversation struct {
	Buffer Buffer
	// Nick is the peer's latest nick, and Was their nick when the last line was written.
	Nick, Was string
	// Last is when the latest message was sent, by the state's clock.
	Last int64
}

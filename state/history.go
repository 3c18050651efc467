package state

import "slices"

// How history is asked for. It is kept elsewhere; these are the words that the storage and its reader share.

// Party is one side of a private conversation: an account, or a user who has not logged in. It is never a nick: whoever
// takes a nick later is another party. The zero Party is nobody.
type Party struct {
	account string // folded
	user    UserID
}

// PartyOf is the party that a user is now.
func (s *State) PartyOf(u *User) Party {
	if u.account != "" {
		return s.AccountParty(u.account)
	}
	return Party{user: u.id}
}

// PartiesOf are the parties that a user is and was: who has logged in had his conversations as a guest before.
func (s *State) PartiesOf(u *User) []Party {
	guest := Party{user: u.id}
	if now := s.PartyOf(u); now != guest {
		return []Party{now, guest}
	}
	return []Party{guest}
}

// AccountParty is the party of everybody who is logged in to an account.
func (s *State) AccountParty(account string) Party {
	return Party{account: s.policy.Casemapping.Fold(account)}
}

// Account is the folded name of the party's account, "" when it has none.
func (p Party) Account() string { return p.account }

// User is who the party is when it has no account, else 0.
func (p Party) User() UserID { return p.user }

func (p Party) less(q Party) bool {
	if p.account != q.account {
		return p.account < q.account
	}
	return p.user < q.user
}

// Buffer is what has one history: a channel, or two parties who talk in private. It is made to be a key.
type Buffer struct {
	channel ChannelID
	parties [2]Party // in order
	only    Party
}

// ChannelBuffer is a channel's history, whatever its name.
func ChannelBuffer(id ChannelID) Buffer { return Buffer{channel: id} }

// PairBuffer is the history of two parties, in whichever order they stand; one who talks to himself is both.
func PairBuffer(a, b Party) Buffer {
	if b.less(a) {
		a, b = b, a
	}
	return Buffer{parties: [2]Party{a, b}}
}

// OneSidedBuffer is the history of what a party has said to another one that does not hear it, and does not know. It is the
// first one's alone.
func OneSidedBuffer(only, peer Party) Buffer {
	b := PairBuffer(only, peer)
	b.only = only
	return b
}

// Channel is whose history it is, 0 for a private conversation's.
func (b Buffer) Channel() ChannelID { return b.channel }

// Parties are who talks in private; nobody in a channel's.
func (b Buffer) Parties() [2]Party { return b.parties }

// Holds tells whether a party may read the buffer of a private conversation.
func (b Buffer) Holds(p Party) bool {
	return b.channel == 0 && (p == b.parties[0] || p == b.parties[1]) && (b.only == Party{} || b.only == p)
}

// OneSided tells whether only one of the two knows of the conversation.
func (b Buffer) OneSided() bool { return b.only != Party{} }

// Peer is the other one of a private conversation.
func (b Buffer) Peer(of Party) Party {
	if b.parties[0] == of {
		return b.parties[1]
	}
	return b.parties[0]
}

// Page asks for some of a buffer's lines.
type Page struct {
	// Only lines between the two places are meant, these not included. The zero After is before all, the zero Before after
	// all.
	After, Before Position
	// Most is how many lines there may be, and Newest tells to leave out the oldest ones then, not the newest.
	Most   int
	Newest bool
	// Events: not only messages; Redacted: also messages that have been taken back.
	Events, Redacted bool
	// Without are verbs of events that are left out.
	Without []string
}

// Wants tells whether a page has this line, wherever it stands.
func (q *Page) Wants(l *Line) bool {
	if l.IsMessage() {
		return q.Redacted || l.Redaction == nil
	}
	return q.Events && l.Redaction == nil && !slices.Contains(q.Without, l.Verb)
}

// Conversation is a private one, as one of its parties sees it.
type Conversation struct {
	Buffer Buffer
	// Nick is what the peer was last known as, and Was what he was called when the last line was written.
	Nick, Was string
	// Last is the time of the latest message, in nanoseconds.
	Last int64
}

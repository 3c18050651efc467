package state

import "slices"

// Redact deletes a message. The state keeps no messages: the caller has looked this one up, and whether the actor may
// delete it is judged by the fields of the operation.
// https://ircv3.net/specs/extensions/message-redaction
type Redact struct {
	// Channel is the channel that the message was sent to; 0: it was private.
	Channel ChannelID
	// At is the message's place, from which its id is derived.
	At Position
	// Author sent it, and Peer is the other side of a private conversation.
	Author, Peer Side
	// Nick is the nick by which the actor addresses the other side, who is told only if they still have that nick.
	Nick   string
	Reason string
	// Unheard: the other side never received the private message, and must not learn of it now.
	Unheard bool
}

// Side is a Party in the form that an operation carries: an account, or a user without one.
type Side struct {
	// Account is an account's name. Encodings from before accounts had ids have it instead of AccountID.
	Account   string
	User      UserID
	AccountID AccountID
}

// SideOf returns a party in that form.
func SideOf(p Party) Side { return Side{User: p.user, AccountID: p.account} }

func (s *State) party(x Side) Party {
	switch {
	case x.Account != "":
		return s.AccountParty(x.Account)
	case x.AccountID == 0:
		return Party{user: x.User}
	case s.accounts.of(x.AccountID) == nil:
		return Party{}
	}
	return Party{account: x.AccountID}
}

// Redacted: a message has been deleted.
type Redacted struct {
	By      *User
	Session SessionID
	// Channel is the channel that the message was sent to, nil for a private message. Target is then the recipient, nil if
	// they are offline or have changed their nick, and Nick is the nick by which By addressed them.
	Channel *Channel
	Target  *User
	Nick    string
	Buffer  Buffer
	At      Position
	Reason  string
	// Unheard: Target does not receive messages from By now, or did not receive this message when it was sent.
	Unheard bool
	// Override: By needed an IRC operator's privilege for it.
	Override bool
}

func (*Redacted) event() {}

// apply allows the author within the policy's window and, in a channel, members who could kick the author, and IRC
// operators with the privilege.
func (op *Redact) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	e := &Redacted{By: session.user, Session: session.id, Nick: op.Nick, At: op.At}
	if op.Channel != 0 {
		refusal = s.redactInChannel(e, op)
	} else {
		refusal = s.redactInPrivate(e, op)
	}
	if refusal != nil {
		return refusal
	}
	s.emit(e)
	return nil
}

// redactInChannel deletes a message in a channel. Users who may not speak there may delete their own messages but give
// no reason, because others would read it.
func (s *State) redactInChannel(e *Redacted, op *Redact) *Refusal {
	c := s.chanByID[op.Channel]
	if c == nil {
		return &Refusal{Code: NoSuchChannel}
	}
	author, m := s.party(op.Author), e.By.Member(c)
	own := slices.Contains(s.PartiesOf(e.By), author)
	switch {
	case m != nil && (own && s.redactable(op.At.Elapsed) || s.moderates(m, author, own)):
		e.Reason = keep(s.said(RedactionText, m, op.Reason), s.policy.KickBytes)
		s.reveal(m)
	case e.By.Can(PrivRedact):
		e.Override = true
		e.Reason = keep(op.Reason, s.policy.KickBytes)
	case m == nil:
		return refuse(NotOnChannel, c.name)
	case own:
		return refuse(RedactExpired, c.name)
	default:
		return refuse(RedactForbidden, c.name)
	}
	e.Channel, e.Buffer = c, ChannelBuffer(c.id)
	return nil
}

// moderates reports whether a member has the rank to kick and outranks the author of a message, if the author is in the
// channel. Members with that rank may always delete their own messages.
func (s *State) moderates(m *Member, author Party, own bool) bool {
	if !m.ranks.AtLeast(s.lowestInUse(HalfOperator)) {
		return false
	}
	if own {
		return true
	}
	for _, u := range s.usersOf(author) {
		if other := u.Member(m.channel); other != nil && !s.policy.outranks(m.ranks, other.ranks) {
			return false
		}
	}
	return true
}

// redactInPrivate deletes a private message, which only its author may do.
func (s *State) redactInPrivate(e *Redacted, op *Redact) *Refusal {
	author, peer := s.party(op.Author), s.party(op.Peer)
	switch {
	case !slices.Contains(s.PartiesOf(e.By), author):
		return refuseNick(RedactForbidden, "", op.Nick)
	case !s.redactable(op.At.Elapsed):
		return refuseNick(RedactExpired, "", op.Nick)
	}
	e.Reason, e.Buffer = keep(op.Reason, s.policy.KickBytes), PairBuffer(author, peer)
	if op.Unheard {
		e.Buffer = OneSidedBuffer(author, peer)
	}
	if u := s.User(op.Nick); u != nil && slices.Contains(s.PartiesOf(u), peer) {
		e.Target, e.Nick = u, u.nick
		if RedactionText.asks(askTalk) && !s.mayTalk(e.By, u) {
			e.Reason = ""
		}
		// It is judged as a NOTICE, so that neither side is told anything when it is held back.
		unheard, _, refusal := s.toUser(e.By, u, &Message{Kind: Notice, Target: u.nick, Text: e.Reason})
		e.Unheard = op.Unheard || unheard || refusal != nil
	}
	return nil
}

// redactable reports whether the author of a message of that time may still delete it.
func (s *State) redactable(time int64) bool {
	return s.policy.RedactWindow == 0 || s.now-time <= s.policy.RedactWindow
}

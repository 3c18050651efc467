package state

import "slices"

// Redact takes a message back. The state knows no messages: what the operation says of this one was looked up before, and
// whether the actor may is judged by that.
// https://ircv3.net/specs/extensions/message-redaction
type Redact struct {
	// Channel is where it was said; 0: in private.
	Channel ChannelID
	// At is the message's place, from which its id follows.
	At Position
	// Author said it, and Peer is the other side of a private conversation.
	Author, Peer Side
	// Nick is what the actor calls the other side, whom the redaction is sent to if he has that nick.
	Nick   string
	Reason string
	// Unheard: the other side of a private conversation was never told the message, and is not to learn of it now.
	Unheard bool
}

// Side is a party as an operation carries it: an account, or a user who has none.
type Side struct {
	Account string
	User    UserID
}

// SideOf is a party in that form.
func SideOf(p Party) Side { return Side{p.account, p.user} }

func (s *State) party(x Side) Party {
	if x.Account != "" {
		return s.AccountParty(x.Account)
	}
	return Party{user: x.User}
}

func (*Redact) kind() byte { return 64 }

// Redacted: a message has been taken back.
type Redacted struct {
	By      *User
	Session SessionID
	// Channel is where it was said, or nil; then Target is who it was said to or, if the other side has taken his nick since or
	// is not here, nil, and Nick is how By calls him.
	Channel *Channel
	Target  *User
	Nick    string
	Buffer  Buffer
	At      Position
	Reason  string
	// Unheard: Target does not let what By says through, or did not when it was said.
	Unheard bool
	// Override: only a privilege let By do it.
	Override bool
}

func (*Redacted) event() {}

// apply: the author may within a time; in a channel also whoever could kick him, and with the privilege any IRC operator.
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

// redactInChannel: who may not speak there may take back what he has said, but gives no reason: it would be read.
func (s *State) redactInChannel(e *Redacted, op *Redact) *Refusal {
	c := s.chanByID[op.Channel]
	if c == nil {
		return &Refusal{Code: NoSuchChannel}
	}
	author, m := s.party(op.Author), e.By.Member(c)
	own := slices.Contains(s.PartiesOf(e.By), author)
	switch {
	case m != nil && (own && s.redactable(op.At.Time) || s.moderates(m, author, own)):
		if s.mayTalk(e.By, nil) {
			e.Reason = keep(s.lastWords(m, op.Reason), s.policy.KickBytes)
		}
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

// moderates tells whether a member stands above the author of a message: the rank that kicks, and a higher one than the author
// has if he is in the channel. He stands above himself.
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

// redactInPrivate: what was said in private is its author's alone.
func (s *State) redactInPrivate(e *Redacted, op *Redact) *Refusal {
	author, peer := s.party(op.Author), s.party(op.Peer)
	switch {
	case !slices.Contains(s.PartiesOf(e.By), author):
		return refuseNick(RedactForbidden, "", op.Nick)
	case !s.redactable(op.At.Time):
		return refuseNick(RedactExpired, "", op.Nick)
	}
	e.Reason, e.Buffer = keep(op.Reason, s.policy.KickBytes), PairBuffer(author, peer)
	if op.Unheard {
		e.Buffer = OneSidedBuffer(author, peer)
	}
	if u := s.User(op.Nick); u != nil && slices.Contains(s.PartiesOf(u), peer) {
		e.Target, e.Nick = u, u.nick
		if !s.mayTalk(e.By, u) {
			e.Reason = ""
		}
		// As a notice: nobody is told that he is not heard, and nobody that there was somebody.
		unheard, _, refusal := s.toUser(e.By, u, &Message{Kind: Notice, Target: u.nick, Text: e.Reason})
		e.Unheard = op.Unheard || unheard || refusal != nil
	}
	return nil
}

// redactable tells whether a message of that time is still its author's to take back.
func (s *State) redactable(time int64) bool {
	return s.policy.RedactWindow == 0 || s.now-time <= s.policy.RedactWindow
}

package state

// Knock asks the operators of a channel that the user cannot join for an invitation.
type Knock struct{ Channel string }

// Knocked: a user has asked for an invitation.
type Knocked struct {
	Channel *Channel
	By      *User
}

func (*Knocked) event() {}

// knockEvery is the shortest time between two KNOCKs on a channel, even from different users, in nanoseconds.
const knockEvery = 60 * 1e9

// apply refuses banned users, and KNOCK on a channel that the user can join.
func (op *Knock) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	c := s.ChannelFor(u, op.Channel)
	switch {
	case c == nil:
		return refuse(NoSuchChannel, op.Channel)
	case u.Member(c) != nil:
		return refuse(AlreadyInside, c.name)
	case s.matches(c, 'b', u) && !s.matches(c, 'e', u):
		return &Refusal{Code: ModeForbids, Channel: c.name, Mode: 'b', Doing: Knocking, Why: "you are banned"}
	}
	if refusal := s.MayKnock(u, c); refusal != nil {
		return refusal
	}
	if (&attempt{state: s, doing: Joining, user: u, channel: c}).mayEnter() == nil {
		return refuse(ChannelOpen, c.name)
	}
	if c.knocked > 0 && s.now < c.knocked+knockEvery {
		return refuse(TooManyKnocks, c.name)
	}
	c.knocked = s.now
	s.emit(&Knocked{c, u})
	return nil
}

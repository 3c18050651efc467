package state

// The operations with which an IRC operator acts on a different user, and those that change how a user is shown. Most
// need a privilege of their own.
type (
	// ForceJoin joins a user to a channel, ignoring its modes and bans.
	ForceJoin struct{ Nick, Channel string }
	// ForcePart removes a user from a channel. Others see a PART.
	ForcePart struct{ Nick, Channel, Reason string }
	// ForceNick gives a user a new nick.
	ForceNick struct{ Nick, New string }
	// SetRealname changes the user's own real name.
	SetRealname struct{ Text string }
	// Cycle leaves a channel and joins it again at once, without the ranks. It is refused if the user could not join again.
	Cycle struct{ Channel, Reason string }
	// ChangeHost changes the host that others see and, unless it is "", the user name. Without a Nick it changes the
	// actor's own.
	ChangeHost struct{ Nick, Username, Host string }
)

// RealnameChanged: a user has a new real name; see User.Realname.
type RealnameChanged struct{ User *User }

func (*RealnameChanged) event() {}

// forcedUser returns the acting operator, who needs this privilege, and the user that they act on.
func (s *State) forcedUser(st Stamp, need Privilege, nick string) (by, target *User, refusal *Refusal) {
	if by, refusal = s.operator(st, need); refusal != nil {
		return nil, nil, refusal
	}
	if target = s.User(nick); target == nil {
		return nil, nil, refuseNick(NoSuchNick, "", nick)
	}
	return by, target, nil
}

func (op *ForceJoin) apply(s *State, st Stamp) *Refusal {
	_, u, refusal := s.forcedUser(st, PrivSajoin, op.Nick)
	if refusal != nil {
		return refusal
	}
	c := s.Channel(op.Channel)
	if old := s.oldNames[s.policy.Casemapping.Fold(op.Channel)]; old != nil {
		c = old.channel
	}
	created := c == nil
	switch {
	case !created && u.Member(c) != nil:
		return refuseNick(UserOnChannel, c.name, u.nick)
	case created && (!ValidChannelName(op.Channel) || len(op.Channel) > s.policy.ChannelBytes):
		return refuse(BadChannelName, op.Channel)
	case len(u.members) >= s.policy.ChannelsPerUser:
		return refuse(TooManyChannels, op.Channel)
	case created:
		c = s.createChannel(op.Channel)
	}
	s.enter(u, c)
	return nil
}

func (op *ForcePart) apply(s *State, st Stamp) *Refusal {
	_, u, refusal := s.forcedUser(st, PrivSapart, op.Nick)
	if refusal != nil {
		return refusal
	}
	c := s.Channel(op.Channel)
	if c == nil {
		return refuse(NoSuchChannel, op.Channel)
	}
	m := u.Member(c)
	if m == nil {
		return refuseNick(UserNotInChannel, c.name, u.nick)
	}
	s.removeMember(m)
	s.emit(&Parted{c, u, keep(op.Reason, s.policy.KickBytes), m})
	s.settle(c)
	return nil
}

// apply refuses a nick with which a server ban would match the user, as NICK does.
func (op *ForceNick) apply(s *State, st Stamp) *Refusal {
	_, u, refusal := s.forcedUser(st, PrivSanick, op.Nick)
	if refusal != nil {
		return refusal
	}
	if len(op.New) > s.policy.NickBytes || !ValidNick(op.New) {
		return refuseNick(BadNick, "", op.New)
	}
	if other := s.User(op.New); other != nil && other != u {
		return refuseNick(NickInUse, "", op.New)
	}
	if refusal := s.judgeRenamed(u, op.New); refusal != nil {
		return refusal
	}
	if u.nick != op.New {
		s.changeNick(u, op.New)
	}
	return nil
}

// overrides is the rank of an IRC operator who overrides a channel's ranks. It is above all ranks, and no member has
// it.
const overrides Rank = 1 << 7

// standing returns the actor's membership of a channel or, when they override its ranks by a privilege, a temporary
// one that outranks all others.
func (s *State) standing(st Stamp, channel string, override bool, need Privilege) (*Member, *Refusal) {
	if !override {
		return s.place(st, channel)
	}
	u, refusal := s.operator(st, need)
	if refusal != nil {
		return nil, refusal
	}
	c := s.Channel(channel)
	if c == nil {
		return nil, refuse(NoSuchChannel, channel)
	}
	return &Member{user: u, channel: c, ranks: overrides}, nil
}

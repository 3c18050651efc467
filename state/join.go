package state

// apply: https://modern.ircdocs.horse/#join-message
func (op *Join) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	c := s.Channel(op.Channel)
	old := s.oldNames[s.policy.Casemapping.Fold(op.Channel)]
	if old != nil {
		c = old.channel
	}
	created := c == nil
	switch {
	case !created && u.Member(c) != nil:
		return s.redirectMember(op, c, old)
	case created && (!ValidChannelName(op.Channel) || len(op.Channel) > s.policy.ChannelBytes):
		return refuse(BadChannelName, op.Channel)
	case s.isReserved(op.Channel, c, u):
		return s.refuseReserved(op.Channel, c)
	case len(u.members) >= s.policy.ChannelsPerUser:
		return refuse(TooManyChannels, op.Channel)
	case created && s.closes(CloseChannels) && !u.IsOper():
		return refuse(NoNewChannels, op.Channel)
	case created:
		c = s.createChannel(op.Channel)
	default:
		if refusal := (&attempt{state: s, doing: Joining, user: u, channel: c, key: op.Key}).mayEnter(); refusal != nil {
			// Users who cannot join must not learn the new name.
			if old != nil {
				refusal.Channel = op.Channel
			}
			to := s.forward(u, c, refusal)
			if to == nil {
				return refusal
			}
			s.emit(&Forwarded{to, refusal.Channel})
			s.tryEnter(u, to)
			return nil
		}
	}
	if old != nil {
		if !op.Follow {
			return &Refusal{Code: ChannelRenamed, Channel: op.Channel, Param: c.name}
		}
		s.emit(&Redirected{c, old.name})
	}
	s.tryEnter(u, c)
	return nil
}

// tryEnter is enter for a user who joins by their own choice: modes count the join, and may stop it.
func (s *State) tryEnter(u *User, c *Channel) {
	if !s.done(&attempt{state: s, doing: Joining, user: u, channel: c}) {
		s.enter(u, c)
	}
}

// enter makes a user a member of a channel. The first member of a new or empty channel becomes its founder.
func (s *State) enter(u *User, c *Channel) {
	u.dropInvite(c)
	m := &Member{user: u, channel: c, joined: c.next(), since: s.here()}
	if len(c.members) == 0 {
		m.setRank(s.firstRank(), true)
	}
	if c.HasMode('D') && m.ranks == NoRank {
		m.hidden = true
		c.unseen++
	}
	knowPace(m)
	c.members = append(c.members, m)
	u.members = append(u.members, m)
	s.emit(&Joined{m})
	s.done(&attempt{state: s, doing: Entered, user: u, channel: c, member: m})
}

// redirectMember answers the JOIN of a member. By an old name, they are told the new one.
func (s *State) redirectMember(op *Join, c *Channel, old *redirect) *Refusal {
	if old == nil {
		return nil
	}
	if !op.Follow {
		return &Refusal{Code: ChannelRenamed, Channel: op.Channel, Param: c.name}
	}
	s.emit(&Redirected{c, old.name})
	return nil
}

package state

import "slices"

// apply: https://modern.ircdocs.horse/#invite-message
func (op *InviteUser) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	target := s.User(op.Nick)
	if target == nil {
		return refuseNick(NoSuchNick, "", op.Nick)
	}
	c := s.ChannelFor(session.user, op.Channel)
	if c == nil {
		return refuse(NoSuchChannel, op.Channel)
	}
	m := session.user.Member(c)
	if m == nil {
		return refuse(NotOnChannel, c.name)
	}
	if m.finds(target) != nil {
		return refuseNick(UserOnChannel, c.name, target.nick)
	}
	if !m.MayInvite() {
		return needRank(c.name, Operator)
	}
	if InvitationText.asks(askTalk) && !s.mayTalk(session.user, target) {
		return refuseNick(TalkClosed, "", target.nick)
	}
	if s.silenced(target, session.user) {
		s.emit(&Invited{c, session.user, target, true})
		return nil
	}
	trusted := m.ranks.AtLeast(Operator)
	if old, found := target.invite(c); found && old.Trusted && !trusted {
		s.emit(&Invited{c, session.user, target, false})
		return nil // the operator's invitation stays
	}
	target.dropInvite(c)
	if len(target.invites) > 0 && len(target.invites) >= s.policy.InvitesPerUser {
		target.dropInvite(target.invites[0].Channel)
	}
	if len(c.invited) >= invitesPerChannel {
		c.invited[0].dropInvite(c)
	}
	target.addInvite(Invite{c, trusted, session.user.id})
	s.emit(&Invited{c, session.user, target, false})
	return nil
}

// MayInvite reports whether the member may invite users: in an invite-only channel, only operators may.
// https://modern.ircdocs.horse/#invite-message
func (m *Member) MayInvite() bool { return !m.channel.HasMode('i') || m.ranks.AtLeast(Operator) }

// Invite lets a user into a channel once.
type Invite struct {
	Channel *Channel
	// Trusted: the inviter is an operator, who could unset the modes that keep the user out. The invitation therefore
	// overrides +i, +k, +l and +b. It ends when the inviter loses that rank.
	Trusted bool
	by      UserID
}

// endInvites ends the invitations that depend on the rank that the member has lost.
func (m *Member) endInvites() {
	for _, u := range slices.Clone(m.channel.invited) {
		if i, _ := u.invite(m.channel); i.Trusted && i.by == m.user.id {
			u.dropInvite(m.channel)
		}
	}
}

// Invites returns the invitations that have not been used, the oldest first.
func (u *User) Invites() []Invite { return u.invites }

func (u *User) invite(c *Channel) (Invite, bool) {
	for _, i := range u.invites {
		if i.Channel == c {
			return i, true
		}
	}
	return Invite{}, false
}

func (u *User) addInvite(i Invite) {
	u.invites = append(u.invites, i)
	i.Channel.invited = append(i.Channel.invited, u)
}

// invitesPerChannel bounds the invitations into one channel that have not been used; the oldest go first.
const invitesPerChannel = 1000

// forgetInvite removes the invitation from the user's end.
func (u *User) forgetInvite(c *Channel) {
	for i := range u.invites {
		if u.invites[i].Channel == c {
			u.invites = append(u.invites[:i], u.invites[i+1:]...)
			break
		}
	}
}

// dropInvite removes the invitation from both ends.
func (u *User) dropInvite(c *Channel) {
	u.forgetInvite(c)
	for i := range c.invited {
		if c.invited[i] == u {
			c.invited = append(c.invited[:i], c.invited[i+1:]...)
			break
		}
	}
}

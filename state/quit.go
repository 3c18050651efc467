package state

import (
	"slices"
	"sort"
	"strings"
)

// quitPrefix precedes a reason that the user gave.
// https://modern.ircdocs.horse/#quit-message
const quitPrefix = "Quit: "

func (op *Quit) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	reason := op.Reason
	// A user's own reason must be allowed in every channel that sees it. Reasons from the server are.
	if said, own := strings.CutPrefix(reason, quitPrefix); own {
		for _, m := range session.user.members {
			said = s.said(QuitText, m, said)
		}
		reason = quitPrefix + said
	}
	s.endSession(session, reason)
	return nil
}

// endSession ends a connection, and its user with the last one.
func (s *State) endSession(session *Session, reason string) {
	u := session.user
	if len(u.sessions) == 1 {
		s.endUser(u, reason)
		return
	}
	for i, other := range u.sessions {
		if other == session {
			u.sessions = append(u.sessions[:i:i], u.sessions[i+1:]...)
			break
		}
	}
	delete(s.sessions, session.id)
	s.emit(&SessionEnded{session, reason})
}

// endUser removes a user from the network: it keeps them for WHOWAS, tells the other members of their channels, and
// settles these channels.
func (s *State) endUser(u *User, reason string) {
	s.remember(u)
	s.emit(&Quitted{u, reason, u.members})
	for _, session := range u.sessions {
		delete(s.sessions, session.id)
		s.emit(&SessionEnded{session, reason})
	}
	for _, m := range u.members {
		m.channel.removeMember(m)
		s.settle(m.channel)
	}
	s.setUserMode(u, 'i', false)
	if u.IsOper() {
		s.changeOperators(u, false) // the user stays an operator for the renderer of these events
	}
	u.members = nil
	for len(u.invites) > 0 {
		u.dropInvite(u.invites[0].Channel)
	}
	u.dropAccepts()
	u.leaveAccount()
	delete(s.nicks, s.policy.Casemapping.Fold(u.nick))
	delete(s.byID, u.id)
	at := sort.Search(len(s.users), func(i int) bool { return s.users[i].id >= u.id })
	s.users = slices.Delete(s.users, at, at+1)
}

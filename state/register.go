package state

import "strings"

// apply adds a session and its user. If it is refused, for example because the nick is taken, the session stays
// unknown.
func (op *Register) apply(s *State, st Stamp) *Refusal {
	if s.sessions[st.Session] != nil || st.Session == 0 {
		return &Refusal{Code: AlreadyRegistered}
	}
	if refusal := s.judgeNick(op.Nick, nil); refusal != nil {
		return refusal
	}
	if op.Account != "" && !ValidAccount(op.Account) {
		return &Refusal{Code: BadAccount, Param: op.Account}
	}
	u := &User{
		id: s.nextUser + 1, nick: strings.Clone(op.Nick), username: keep(op.Username, s.policy.UserBytes),
		host: strings.Clone(op.Host), address: strings.Clone(op.Address),
		realname: keep(op.Realname, s.policy.RealnameBytes), modes: lettersOf(s.policy.UserModes), signon: s.wall, active: s.now,
		fingerprint: strings.Clone(op.Fingerprint), realHost: strings.Clone(op.RealHost), account: s.accountFor(op.Account),
	}
	u.metadata = s.policy.keepMetadata(op.Metadata)
	u.firstHost = u.host
	if u.realHost == "" {
		u.realHost = u.host
	}
	for _, mark := range op.Marks {
		u.marks = append(u.marks, s.policy.Casemapping.Fold(strings.Clone(mark)))
	}
	u.modes.set('Z', op.Secure)
	u.refreshSource()
	if ban := s.judgeBans(u); ban != nil {
		return &Refusal{Code: ServerBanned, Why: ban.Reason}
	}
	if refusal := s.judgeDoor(u, op.Local); refusal != nil {
		return refusal
	}
	u.shunned = s.judgeFor(u, BanShun) != nil
	if s.judgeSelf(MetadataText, u) != "" {
		u.metadata = nil
	}
	if u.away = keep(op.Away, s.policy.AwayBytes); u.away != "" && s.judgeSelf(AwayText, u) != "" {
		u.away = AwayUnspecified
	}
	s.nextUser++
	s.know(u.account, op.Account)
	u.enterAccount()
	session := &Session{id: st.Session, node: st.Origin.Node, user: u, secure: op.Secure, signon: s.wall}
	u.sessions = []*Session{session}
	s.sessions[session.id] = session
	s.users = append(s.users, u)
	s.byID[u.id] = u
	s.nicks[s.policy.Casemapping.Fold(u.nick)] = u
	if u.HasMode('i') {
		s.invisible++
	}
	s.mostUsers = max(s.mostUsers, len(s.users))
	s.emit(&Registered{u, session})
	return nil
}

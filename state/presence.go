package state

import (
	"slices"
	"sort"
	"strings"
)

// apply: a nick that is taken or not valid is refused, and the session stays unknown.
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
		realname: keep(op.Realname, s.policy.RealnameBytes), modes: lettersOf(s.policy.UserModes), signon: s.now, active: s.now,
		fingerprint: strings.Clone(op.Fingerprint), realHost: strings.Clone(op.RealHost), account: strings.Clone(op.Account),
	}
	u.metadata = s.policy.keepMetadata(op.Metadata)
	u.firstHost = u.host
	if u.realHost == "" {
		u.realHost = u.host
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
	if u.away = keep(op.Away, s.policy.AwayBytes); u.shunned && u.away != "" {
		u.away = AwayUnspecified // nobody is to hear what he says
	}
	s.nextUser++
	s.enterAccount(u)
	session := &Session{id: st.Session, node: st.Origin.Node, user: u, secure: op.Secure, signon: s.now}
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

// JudgeFirstNick tells what is wrong with a nick for somebody new, or nil.
func (s *State) JudgeFirstNick(nick string) *Refusal { return s.judgeNick(nick, nil) }

// judgeNick tells what is wrong with a nick for u (nil: a new user).
// https://modern.ircdocs.horse/#nick-message
func (s *State) judgeNick(nick string, u *User) *Refusal {
	if len(nick) > s.policy.NickBytes || !ValidNick(nick) {
		return refuseNick(BadNick, "", nick)
	}
	if other := s.User(nick); other != nil && other != u {
		return refuseNick(NickInUse, "", nick)
	}
	if b := s.reservedNick(nick); b != nil && (u == nil || !u.IsOper()) {
		return &Refusal{Code: ReservedNick, Nick: nick, Why: b.Reason}
	}
	return nil
}

func (op *ChangeNick) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	if refusal := s.judgeNick(op.Nick, u); refusal != nil {
		return refusal
	}
	if u.nick == op.Nick {
		return nil
	}
	for _, m := range u.members {
		a := attempt{state: s, doing: ChangingNick, user: u, channel: m.channel, member: m}
		if row := s.forbidden(&a); row != nil {
			refusal := a.refusal(row)
			refusal.Nick = op.Nick
			return refusal
		}
	}
	if refusal := s.judgeRenamed(u, op.Nick); refusal != nil {
		return refusal
	}
	stopped := false
	for _, m := range slices.Clone(u.members) { // a mode may end a membership
		a := attempt{state: s, doing: ChangingNick, user: u, channel: m.channel, member: m}
		stopped = s.done(&a) || stopped
	}
	if !stopped {
		s.changeNick(u, op.Nick)
	}
	return nil
}

// judgeRenamed refuses a nick with which a server ban would hit the user.
func (s *State) judgeRenamed(u *User, nick string) *Refusal {
	if len(s.bans.all) == 0 {
		return nil
	}
	renamed := *u
	renamed.nick = nick
	if ban := s.judgeBans(&renamed); ban != nil {
		return &Refusal{Code: ReservedNick, Nick: nick, Why: ban.Reason}
	}
	return nil
}

// changeNick gives the user a nick that has been judged.
func (s *State) changeNick(u *User, nick string) {
	old, oldSource := s.policy.Casemapping.Fold(u.nick), u.source
	nick = strings.Clone(nick)
	if folded := s.policy.Casemapping.Fold(nick); folded != old {
		s.remember(u)
		delete(s.nicks, old)
		s.nicks[folded] = u
	}
	u.nick = nick
	u.refreshSource()
	s.emit(&NickChanged{u, oldSource})
	s.judgeShun(u)
}

func (op *SetAway) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	text := keep(op.Text, s.policy.AwayBytes)
	if text == u.away {
		return nil
	}
	u.away = text
	s.emit(&AwayChanged{u})
	return nil
}

func (op *SetUserModes) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	var done []ModeChange
	unknown := false
	for _, c := range op.Changes {
		row := findUserMode(c.Letter)
		switch {
		case row == nil:
			unknown = true
		case row.change != nil:
			change, refusal := row.change(u, c)
			done = append(done, change...)
			if refusal != nil {
				s.decline(*refusal)
			}
		case u.HasMode(c.Letter) == c.On, c.On && !row.set, !c.On && !row.unset:
		case c.On && row.oper && !u.IsOper():
			s.decline(Refusal{Code: NotOper})
		case c.Letter == 'o':
			done = append(done, s.endOper(u)...)
		default:
			s.setUserMode(u, c.Letter, c.On)
			done = append(done, ModeChange{On: c.On, Letter: c.Letter})
		}
	}
	if done = netChanges(done); len(done) > 0 {
		s.emit(&UserModesChanged{u, done})
	}
	if unknown {
		s.decline(Refusal{Code: UnknownUserMode, Nick: u.nick})
	}
	return nil
}

func (s *State) setUserMode(u *User, letter byte, on bool) {
	if u.HasMode(letter) == on {
		return
	}
	step := 1
	if !on {
		step = -1
	}
	switch letter {
	case 'i':
		s.invisible += step
	case 'o':
		s.changeOperators(u, on)
		if !on {
			u.oper, u.class, u.title, u.privileges = "", "", "", 0
		}
	}
	u.modes.set(letter, on)
}

// quitPrefix stands before a reason that the user gave himself.
// https://modern.ircdocs.horse/#quit-message
const quitPrefix = "Quit: "

func (op *Quit) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	reason := op.Reason
	// What the user says himself must be fit for every channel that hears it; what the server says of him is.
	if said, own := strings.CutPrefix(reason, quitPrefix); own {
		for _, m := range session.user.members {
			said = s.lastWords(m, said)
		}
		reason = quitPrefix + said
	}
	s.endSession(session, reason)
	return nil
}

func (op *Kill) apply(s *State, st Stamp) *Refusal {
	by, refusal := s.operator(st, PrivKill)
	if refusal != nil {
		return refusal
	}
	target := s.User(op.Nick)
	if target == nil {
		return refuseNick(NoSuchNick, "", op.Nick)
	}
	reason := keep(op.Reason, s.policy.KickBytes)
	s.emit(&Killed{by, target, reason})
	s.endUser(target, "Killed ("+by.nick+" ("+reason+"))")
	return nil
}

// endSession takes a connection away, and its user with the last one.
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

// endUser takes a user off the network: files him for WHOWAS, tells his peers, and leaves his channels to the next in
// line.
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
		s.changeOperators(u, false) // he himself stays one, for who reads of his end
	}
	u.members = nil
	for len(u.invites) > 0 {
		u.dropInvite(u.invites[0].Channel)
	}
	u.dropAccepts()
	s.leaveAccount(u)
	delete(s.nicks, s.policy.Casemapping.Fold(u.nick))
	delete(s.byID, u.id)
	at := sort.Search(len(s.users), func(i int) bool { return s.users[i].id >= u.id })
	s.users = slices.Delete(s.users, at, at+1)
}

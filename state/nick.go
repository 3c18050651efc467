package state

import (
	"slices"
	"strings"
)

// JudgeFirstNick returns what is wrong with a nick for a new user, or nil.
func (s *State) JudgeFirstNick(nick string) *Refusal { return s.judgeNick(nick, nil) }

// judgeNick returns what is wrong with a nick for u (nil: a new user), or nil.
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
	// A nick that no other user sees conveys nothing, so a user without channels may change it.
	if NickText.asks(askTalk) && len(u.members) > 0 && !s.mayTalk(u, nil) {
		return &Refusal{Code: TalkClosed, Nick: op.Nick, Doing: ChangingNick}
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

// judgeRenamed refuses a nick with which a server ban would match the user.
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

// changeNick gives the user a nick that has been judged before.
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

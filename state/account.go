package state

import (
	"slices"
	"strings"
)

// SetAccount logs the user of the stamp's session in to an account, with all their sessions; "" logs them out. The
// user has been authenticated before.
type SetAccount struct{ Account string }

// AccountChanged: a user has logged in or out; see User.Account. Old is the previous account. Either may be "".
type AccountChanged struct {
	User *User
	Old  string
}

func (*AccountChanged) event() {}

// MaxAccountBytes is the greatest length of an account name.
const MaxAccountBytes = 64

// ValidAccount reports whether an account may have this name. "*" and "0" mean "no account" in protocols, and other
// characters have a meaning in masks and sources. Other alphabets are not allowed, as in nicks.
// https://ircv3.net/specs/extensions/account-notify
func ValidAccount(name string) bool {
	for i := 0; i < len(name); i++ {
		if b := name[i]; b <= ' ' || b > '~' || strings.IndexByte("*?!@,:", b) >= 0 {
			return false
		}
	}
	return name != "" && name != "0" && len(name) <= MaxAccountBytes
}

// apply refuses an account with which a server ban would match the user, as for nicks. A user who logs out of the
// account that exempted them from a ban is disconnected.
func (op *SetAccount) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	if op.Account != "" {
		if refusal := s.judgeLogin(u, op.Account); refusal != nil {
			return refusal
		}
	}
	next := s.accountFor(op.Account)
	if next == u.account && (next == nil || next.name == op.Account || len(next.users) > 1) {
		return nil // a different spelling counts if it changes nobody else's
	}
	old, before, guest := u.Account(), slices.Clone(s.markersOf(u)), u.account == nil
	u.leaveAccount()
	s.know(next, op.Account)
	u.account = next
	u.enterAccount()
	u.identity++ // for bans of accounts
	s.emit(&AccountChanged{u, old})
	s.takeMarkers(u, before, guest)
	if ban := s.judgeBans(u); ban != nil {
		s.endByBan(u, ban)
		return nil
	}
	s.judgeShun(u)
	return nil
}

func (s *State) judgeLogin(u *User, account string) *Refusal {
	if !ValidAccount(account) {
		return &Refusal{Code: BadAccount, Param: account}
	}
	as := *u
	as.account = s.accountFor(account)
	if ban := s.judgeBans(&as); ban != nil {
		return &Refusal{Code: ServerBanned, Why: ban.Reason}
	}
	return nil
}

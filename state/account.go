package state

import (
	"slices"
	"strings"
)

// SetAccount says to which account the user of the stamp's session is logged in, for all his sessions; "" logs him out.
// That the account is his has been proved before.
type SetAccount struct{ Account string }

func (*SetAccount) kind() byte { return 60 }

// AccountChanged: User.Account tells, and Old is the account before; either may be "".
type AccountChanged struct {
	User *User
	Old  string
}

func (*AccountChanged) event() {}

// MaxAccountBytes bounds the name of an account.
const MaxAccountBytes = 64

// ValidAccount tells whether an account may be called so. The name must fit where protocols put it: "*" and "0" mean that
// somebody has no account, and the other characters that are left out stand for something in masks and sources. Other
// alphabets are left out as they are of nicks.
// https://ircv3.net/specs/extensions/account-notify
func ValidAccount(name string) bool {
	for i := 0; i < len(name); i++ {
		if b := name[i]; b <= ' ' || b > '~' || strings.IndexByte("*?!@,:", b) >= 0 {
			return false
		}
	}
	return name != "" && name != "0" && len(name) <= MaxAccountBytes
}

// apply: an account with which a server ban would hit the user is refused, as a nick is. Who logs out of the one that
// exempted him from a ban goes.
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
	if op.Account == u.account {
		return nil
	}
	old, before, guest := u.account, slices.Clone(s.markersOf(u)), u.account == ""
	s.leaveAccount(u)
	u.account = strings.Clone(op.Account)
	s.enterAccount(u)
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
	as.account = account
	if ban := s.judgeBans(&as); ban != nil {
		return &Refusal{Code: ServerBanned, Why: ban.Reason}
	}
	return nil
}

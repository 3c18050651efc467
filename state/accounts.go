package state

import (
	"slices"
	"sort"
	"strings"
)

// AccountID is the identity of an account. An account's name can change, and so can the rule by which names are equal.
type AccountID uint64

// Account is an account that somebody has logged in to. The state does not know how its owner proves who they are.
type Account struct {
	id   AccountID
	name string
	// users are logged in to the account, the oldest user first.
	users []*User
}

// ID returns the account's identity, which never changes.
func (a *Account) ID() AccountID { return a.id }

// Name returns the account's name.
func (a *Account) Name() string { return a.name }

// accounts has all accounts. An account stays known when nobody is logged in to it, because its history and its read
// markers stay too.
type accounts struct {
	list   []*Account // by id
	byName map[string]*Account
	next   AccountID // the last id that was given
}

// of returns the account with an id, or nil.
func (a *accounts) of(id AccountID) *Account {
	at := sort.Search(len(a.list), func(i int) bool { return a.list[i].id >= id })
	if at < len(a.list) && a.list[at].id == id {
		return a.list[at]
	}
	return nil
}

// fold indexes the names by the casemapping in force. If two names have become equal, the older account is found by the
// name.
func (a *accounts) fold(fold func(string) string) {
	a.byName = make(map[string]*Account, len(a.list))
	for _, x := range a.list {
		if folded := fold(x.name); a.byName[folded] == nil {
			a.byName[folded] = x
		}
	}
}

// Account finds an account by its name, or nil.
func (s *State) Account(name string) *Account {
	return s.accounts.byName[s.policy.Casemapping.Fold(name)]
}

// Accounts returns all accounts by their ids.
func (s *State) Accounts() []*Account { return s.accounts.list }

// AccountByID finds an account, or nil.
func (s *State) AccountByID(id AccountID) *Account { return s.accounts.of(id) }

// accountFor returns the account with this name, to judge a login before it takes place; nil for "". An account that is
// not known yet has no id until know is called.
func (s *State) accountFor(name string) *Account {
	if name == "" {
		return nil
	}
	if a := s.Account(name); a != nil {
		return a
	}
	return &Account{name: strings.Clone(name)}
}

// know makes an account known when a user logs in to it by this name. If nobody else is logged in to it, the account
// takes over the spelling of the name.
func (s *State) know(a *Account, name string) {
	switch {
	case a == nil:
	case a.id == 0:
		s.accounts.next++
		a.id = s.accounts.next
		s.accounts.list = append(s.accounts.list, a)
		s.accounts.byName[s.policy.Casemapping.Fold(a.name)] = a
	case len(a.users) == 0 && a.name != name:
		a.name = strings.Clone(name)
	}
}

// UsersOf returns the users who are logged in to an account, the oldest user first.
func (s *State) UsersOf(a *Account) []*User {
	if a == nil {
		return nil
	}
	return a.users
}

// usersOf returns the users whose PartiesOf contain this party: those who are logged in to its account, or the user who
// is or was the guest, even if they have logged in since.
func (s *State) usersOf(p Party) []*User {
	if u := s.byID[p.user]; u != nil {
		return []*User{u}
	}
	return s.UsersOf(s.accounts.of(p.account))
}

// enterAccount and leaveAccount keep Account.users up to date when a user's account changes.
func (u *User) enterAccount() {
	if a := u.account; a != nil {
		at := sort.Search(len(a.users), func(i int) bool { return a.users[i].id > u.id })
		a.users = slices.Insert(a.users, at, u)
	}
}

func (u *User) leaveAccount() {
	if a := u.account; a != nil {
		a.users = slices.DeleteFunc(a.users, func(other *User) bool { return other == u })
	}
}

package state

import (
	"slices"
	"sort"
)

// UsersOf returns the users who are logged in to an account, the oldest user first.
func (s *State) UsersOf(account string) []*User {
	if account == "" {
		return nil
	}
	return s.loggedIn[s.policy.Casemapping.Fold(account)]
}

// usersOf returns the users for whom PartiesOf has this party: those who are logged in to its account, or the user who
// was the guest, even if they have logged in since.
func (s *State) usersOf(p Party) []*User {
	if u := s.byID[p.user]; u != nil {
		return []*User{u}
	}
	return s.loggedIn[p.account]
}

// enterAccount and leaveAccount follow each change of a user's account.
func (s *State) enterAccount(u *User) {
	if u.account != "" {
		name := s.policy.Casemapping.Fold(u.account)
		list := s.loggedIn[name]
		at := sort.Search(len(list), func(i int) bool { return list[i].id > u.id })
		s.loggedIn[name] = slices.Insert(list, at, u)
	}
}

func (s *State) leaveAccount(u *User) {
	if u.account == "" {
		return
	}
	name := s.policy.Casemapping.Fold(u.account)
	left := slices.DeleteFunc(s.loggedIn[name], func(other *User) bool { return other == u })
	if len(left) == 0 {
		delete(s.loggedIn, name)
	} else {
		s.loggedIn[name] = left
	}
}

package state

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// The encoded form of markers, and their invariants.

func (list markers) snapshot() []snapshotMarker {
	var out []snapshotMarker
	for _, m := range list {
		out = append(out, snapshotMarker{m.key.channel, m.key.party.account, m.key.party.user, m.name, m.time, m.key.unknown})
	}
	return out
}

func restoreMarkers(in []snapshotMarker) markers {
	var list markers
	for _, m := range in {
		list = append(list, marker{markKey{m.Channel, Party{m.Account, m.User}, m.Unknown}, m.Nick, m.Time})
	}
	return list
}

// snapshot returns the encoded form, in the order of the accounts.
func (a *accountMarkers) snapshot() []snapshotMarked {
	var out []snapshotMarked
	for x := a.longest; x != nil; x = x.later {
		out = append(out, snapshotMarked{x.id, x.list.snapshot()})
	}
	return out
}

func (a *accountMarkers) restore(in []snapshotMarked) {
	for _, account := range in {
		a.put(account.Account, restoreMarkers(account.Markers), math.MaxInt)
	}
}

// checkMarkerBounds is a part of CheckBounds.
func (s *State) checkMarkerBounds() error {
	if s.marked.count > s.policy.AccountReadMarkers {
		return fmt.Errorf("%d read markers of accounts", s.marked.count)
	}
	for x := s.marked.longest; x != nil; x = x.later {
		if len(x.list) > s.policy.ReadMarkers {
			return fmt.Errorf("%d read markers of account %d", len(x.list), x.id)
		}
	}
	for _, u := range s.users {
		if len(u.markers) > s.policy.ReadMarkers {
			return fmt.Errorf("%d read markers of %s", len(u.markers), u.nick)
		}
	}
	return nil
}

// checkMarkers checks that the markers of accounts are found and counted, that only guests have markers of their own,
// and that the index of users by account is right.
func (s *State) checkMarkers() error {
	count, accounts := 0, 0
	for x := s.marked.longest; x != nil; x = x.later {
		count += len(x.list)
		accounts++
		last := x.later == nil
		if s.marked.byAccount[x.id] != x || last != (s.marked.shortest == x) || !last && x.later.earlier != x || len(x.list) == 0 ||
			s.accounts.of(x.id) == nil {
			return fmt.Errorf("the read markers of account %d are out of place", x.id)
		}
		if err := s.checkMarkerList(x.list); err != nil {
			return fmt.Errorf("account %d: %w", x.id, err)
		}
	}
	if count != s.marked.count || accounts != len(s.marked.byAccount) {
		return fmt.Errorf("%d read markers of %d accounts; kept %d of %d", count, accounts, s.marked.count, len(s.marked.byAccount))
	}
	in := 0
	for _, u := range s.users {
		if err := s.checkMarkerList(u.markers); err != nil {
			return fmt.Errorf("user %s: %w", u.nick, err)
		}
		if u.account == nil {
			continue
		}
		if in++; len(u.markers) > 0 || !slices.Contains(s.UsersOf(u.account), u) {
			return fmt.Errorf("user %s is not known to be logged in, or has markers of their own", u.nick)
		}
	}
	for i, a := range s.accounts.list {
		in -= len(a.users)
		if i > 0 && s.accounts.list[i-1].id >= a.id || a.id > s.accounts.next || !ValidAccount(a.name) || s.Account(a.name) == nil {
			return fmt.Errorf("account %q is out of place", a.name)
		}
		if !slices.IsSortedFunc(a.users, func(a, b *User) int { return cmp.Compare(a.id, b.id) }) {
			return fmt.Errorf("users of an account out of order")
		}
	}
	if in != 0 {
		return fmt.Errorf("more are known to be logged in than are, by %d", -in)
	}
	return nil
}

func (s *State) checkMarkerList(list markers) error {
	for i, m := range list {
		account, user, unknown := m.key.party.account != 0, m.key.party.user != 0, m.key.unknown != ""
		known := m.name != "" && m.name == s.policy.Casemapping.Fold(m.name) && ValidChannelName(m.name)
		switch {
		case slices.IndexFunc(list, func(other marker) bool { return other.key == m.key && (m.key != markKey{} || other.name == m.name) }) != i:
			return fmt.Errorf("two read markers of one target at %d", i)
		case m.time <= 0:
			return fmt.Errorf("read until %d", m.time)
		case m.isChannel() && !known && (m.key.channel == 0 || m.name != ""), !m.isChannel() && (m.key.channel != 0 || account && user || account && unknown || user && unknown || !ValidNick(m.name)):
			return fmt.Errorf("a read marker of no target at %d", i)
		}
	}
	return nil
}

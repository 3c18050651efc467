package state

import "slices"

// accountMarkers holds the markers of all accounts, in the order in which the accounts last set one. When there are
// too many in total, the account that has not set one for the longest time loses its oldest.
type accountMarkers struct {
	byAccount         map[AccountID]*markedAccount
	longest, shortest *markedAccount // the ends of the order
	count             int            // of all markers
}

// markedAccount is one account with its markers; there is at least one.
type markedAccount struct {
	id             AccountID
	list           markers
	earlier, later *markedAccount
}

func (a *accountMarkers) of(id AccountID) *markedAccount { return a.byAccount[id] }

// put replaces the markers of an account by at least one. mostInAll bounds those of all accounts together.
func (a *accountMarkers) put(id AccountID, list markers, mostInAll int) {
	x := a.byAccount[id]
	if x == nil {
		x = &markedAccount{id: id}
		if a.byAccount == nil {
			a.byAccount = map[AccountID]*markedAccount{}
		}
		a.byAccount[id] = x
	} else {
		a.unlink(x)
	}
	a.link(x)
	a.count += len(list) - len(x.list)
	x.list = list
	for a.count > mostInAll && a.longest != nil {
		a.dropOldest()
	}
}

func (a *accountMarkers) dropOldest() {
	x := a.longest
	x.list = slices.Delete(x.list, 0, 1)
	a.count--
	if len(x.list) == 0 {
		a.unlink(x)
		delete(a.byAccount, x.id)
	}
}

// link appends an account to the order.
func (a *accountMarkers) link(x *markedAccount) {
	x.earlier, x.later = a.shortest, nil
	if a.shortest == nil {
		a.longest = x
	} else {
		a.shortest.later = x
	}
	a.shortest = x
}

func (a *accountMarkers) unlink(x *markedAccount) {
	if x.earlier == nil {
		a.longest = x.later
	} else {
		x.earlier.later = x.later
	}
	if x.later == nil {
		a.shortest = x.earlier
	} else {
		x.later.earlier = x.earlier
	}
}

// refold follows a change of the casemapping. Of markers whose names have become equal, the greatest counts.
func (a *accountMarkers) refold(fold func(string) string) {
	for x := a.longest; x != nil; x = x.later {
		var list markers
		for _, m := range x.list {
			if m.key.isChannel() {
				m.name = fold(m.name)
			}
			m.key.unknown = fold(m.key.unknown)
			same := slices.IndexFunc(list, func(other marker) bool { return other.key == m.key && (m.key != markKey{} || other.name == m.name) })
			if same < 0 {
				list = append(list, m)
				continue
			}
			list[same].time = max(list[same].time, m.time)
			a.count--
		}
		x.list = list
	}
}

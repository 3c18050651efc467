package state

import "slices"

// accountMarkers holds the markers of all accounts, in the order in which the accounts last set one. When there are
// too many in total, the account that has not set one for the longest time loses its oldest.
type accountMarkers struct {
	byAccount         map[string]*markedAccount // by folded name
	longest, shortest *markedAccount            // the ends of the order
	count             int                       // of all markers
}

// markedAccount is one account with its markers; there is at least one.
type markedAccount struct {
	name           string // folded
	list           markers
	earlier, later *markedAccount
}

func (a *accountMarkers) of(name string) *markedAccount { return a.byAccount[name] }

// put replaces the markers of an account by at least one. mostInAll bounds those of all accounts together.
func (a *accountMarkers) put(name string, list markers, mostInAll int) {
	x := a.byAccount[name]
	if x == nil {
		x = &markedAccount{name: name}
		if a.byAccount == nil {
			a.byAccount = map[string]*markedAccount{}
		}
		a.byAccount[name] = x
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
		delete(a.byAccount, x.name)
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

package state

import (
	"cmp"
	"slices"
)

// dueKind says what ends.
type dueKind byte

const (
	dueRedirect dueKind = iota + 1
	dueListEntry
	dueServerBan
	dueDefcon
)

// due is something that ends by itself. What it is follows from the kind and the other fields, which also order those
// that end at the same moment: the order must not depend on when they were made known, or a restored state would end
// them in another one.
type due struct {
	at      int64
	kind    dueKind
	channel ChannelID
	letter  byte
	text    string
}

// expiries: how each kind ends. A row for every kind. It is filled by init because what ends may set another end.
var expiries map[dueKind]func(*State, due)

func init() {
	expiries = map[dueKind]func(*State, due){
		dueRedirect:  (*State).endRedirect,
		dueListEntry: (*State).endListEntry,
		dueServerBan: (*State).endServerBan,
		dueDefcon:    (*State).endDefcon,
	}
}

// expireMost bounds what one Expire ends; the daemon offers the next at once.
const expireMost = 200

// apply ends what is due.
func (*Expire) apply(s *State, _ Stamp) *Refusal {
	for range expireMost {
		if len(s.dues) == 0 || s.dues[0].at > s.now {
			break
		}
		first := s.dues[0]
		s.dues = slices.Delete(s.dues, 0, 1)
		expiries[first.kind](s, first)
	}
	return nil
}

// NextDue is when the next thing ends by itself, in nanoseconds; 0: nothing does. An Expire is due then. It is compared
// with the state's clock, which never runs back: after a clock that was ahead for a while, things end late by as much.
func (s *State) NextDue() int64 {
	if len(s.dues) == 0 {
		return 0
	}
	return s.dues[0].at
}

func compareDue(a, b due) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind), cmp.Compare(a.channel, b.channel),
		cmp.Compare(a.letter, b.letter), cmp.Compare(a.text, b.text))
}

// expect makes an end known; at 0 there is none.
func (s *State) expect(d due) {
	if d.at == 0 {
		return
	}
	if at, found := slices.BinarySearchFunc(s.dues, d, compareDue); !found {
		s.dues = slices.Insert(s.dues, at, d)
	}
}

// forget takes an end back: the thing has ended otherwise.
func (s *State) forget(d due) {
	if at, found := slices.BinarySearchFunc(s.dues, d, compareDue); found {
		s.dues = slices.Delete(s.dues, at, at+1)
	}
}

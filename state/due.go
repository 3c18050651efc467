package state

import "cmp"

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

// expireMost bounds the number of expiries in one Expire. The daemon applies the next Expire at once, and other
// operations can come in between. The end of a shun or an exemption checks all users, and the end of a list entry is
// sent to all members: expireUsers of these count as one more expiry.
const (
	expireMost  = 200
	expireUsers = 50
)

// apply ends the things that are due.
func (*Expire) apply(s *State, _ Stamp) *Refusal {
	for left := expireMost; left > 0; left-- {
		first, found := s.dues.first()
		if !found || first.at > s.now {
			break
		}
		s.dues.remove(first)
		expiries[first.kind](s, first)
		if action := BanAction(first.letter); first.kind == dueServerBan && (action == BanShun || action == BanExempt) {
			left -= len(s.users) / expireUsers
		} else if c := s.chanByID[first.channel]; first.kind == dueListEntry && c != nil {
			left -= len(c.members) / expireUsers
		}
	}
	return nil
}

// NextDue returns when the next thing ends by itself, by the state's clock; 0: nothing does. An Expire is due then.
func (s *State) NextDue() int64 {
	first, _ := s.dues.first()
	return first.at
}

func compareDue(a, b due) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind), cmp.Compare(a.channel, b.channel),
		cmp.Compare(a.letter, b.letter), cmp.Compare(a.text, b.text))
}

// expect makes an end known; at 0 there is none.
func (s *State) expect(d due) {
	if d.at != 0 {
		s.dues.add(d)
	}
}

// forget takes an end back: the thing has ended otherwise.
func (s *State) forget(d due) { s.dues.remove(d) }

// dueQueue is a heap that knows where each of its items is: there may be hundreds of thousands, and most are taken back
// before they end. What comes first depends on the items alone, never on the order in which they came.
type dueQueue struct {
	heap []due
	at   map[due]int
}

func (q *dueQueue) first() (due, bool) {
	if len(q.heap) == 0 {
		return due{}, false
	}
	return q.heap[0], true
}

func (q *dueQueue) add(d due) {
	if _, found := q.at[d]; found {
		return
	}
	if q.at == nil {
		q.at = map[due]int{}
	}
	q.heap = append(q.heap, d)
	q.at[d] = len(q.heap) - 1
	q.up(len(q.heap) - 1)
}

func (q *dueQueue) remove(d due) {
	i, found := q.at[d]
	if !found {
		return
	}
	last := len(q.heap) - 1
	q.swap(i, last)
	q.heap[last] = due{}
	q.heap = q.heap[:last]
	delete(q.at, d)
	if i < last {
		q.down(i)
		q.up(i)
	}
}

func (q *dueQueue) up(i int) {
	for i > 0 && compareDue(q.heap[i], q.heap[(i-1)/2]) < 0 {
		q.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (q *dueQueue) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(q.heap); child++ {
			if compareDue(q.heap[child], q.heap[least]) < 0 {
				least = child
			}
		}
		if least == i {
			return
		}
		q.swap(i, least)
		i = least
	}
}

func (q *dueQueue) swap(i, j int) {
	q.heap[i], q.heap[j] = q.heap[j], q.heap[i]
	q.at[q.heap[i]], q.at[q.heap[j]] = i, j
}

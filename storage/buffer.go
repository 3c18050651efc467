package storage

import (
	"container/list"
	"slices"
	"sort"

	"bavard/state"
)

// The memory that things use in addition to their texts, in rings that may be half empty: a line with its entry in the
// order of all lines; an item of one of a line's lists; a redaction; a buffer with its places in the lists of
// conversations.
const (
	lineOverheadBytes      = 336
	itemOverheadBytes      = 32
	redactionOverheadBytes = 80
	bufferOverheadBytes    = 640
)

// buffer is the history of a channel or a conversation. It has two rings, each ordered by position, so that many joins
// and quits do not displace messages.
type buffer struct {
	key              state.Buffer
	messages, events records
	// The following are for conversations only: the nicks of the two parties in the last line, and the parties that
	// have the conversation in their list, with its place there. A party is nil if it does not have the conversation in
	// its list, or if there is no message in it.
	nicks  [2]string
	people [2]*person
	talks  [2]*list.Element
}

// record is a line with its number.
type record struct {
	number uint64
	line   *state.Line
}

// records is a ring of records, ordered by position.
type records struct{ ring[record] }

func (b *buffer) ringOf(event bool) *records {
	if event {
		return &b.events
	}
	return &b.messages
}

// insert adds a line in its place, which is at the end or close to it. The numbers stay in the order in which lines
// were added.
func (r *records) insert(item record) {
	r.push(item)
	for i := r.len() - 1; i > 0 && r.at(i-1).line.Compare(r.at(i).line.Position) > 0; i-- {
		r.at(i).line, r.at(i-1).line = r.at(i-1).line, r.at(i).line
	}
}

// between returns the range of records between two positions.
func (r *records) between(after, before state.Position) span {
	s := span{records: r, to: r.len()}
	s.from = sort.Search(s.to, func(i int) bool { return r.at(i).line.Compare(after) > 0 })
	if !before.IsZero() {
		s.to = max(s.from, sort.Search(s.to, func(i int) bool { return r.at(i).line.Compare(before) >= 0 }))
	}
	return s
}

// span is the rest of a range while a page is filled from it.
type span struct {
	records  *records
	from, to int
}

// next returns the next line at the end from which the page is filled, or nil.
func (s *span) next(newest bool) *state.Line {
	switch {
	case s.from >= s.to:
		return nil
	case newest:
		return s.records.at(s.to - 1).line
	}
	return s.records.at(s.from).line
}

func (s *span) take(newest bool) {
	if newest {
		s.to--
	} else {
		s.from++
	}
}

// page merges lines from the two rings, starting at the end that the query asks for.
func (b *buffer) page(q state.Page) []state.Line {
	var out []state.Line
	messages := b.ringOf(false).between(q.After, q.Before)
	var events span
	if q.Events {
		events = b.ringOf(true).between(q.After, q.Before)
	}
	for len(out) < q.Most {
		from, other := &messages, &events
		line, second := from.next(q.Newest), other.next(q.Newest)
		if line == nil || second != nil && (second.Compare(line.Position) > 0) == q.Newest {
			from, line = other, second
		}
		if line == nil {
			break
		}
		from.take(q.Newest)
		if q.Wants(line) {
			out = append(out, *line)
		}
	}
	if q.Newest {
		slices.Reverse(out)
	}
	return out
}

// find returns the record at a position, or nil.
func (b *buffer) find(at state.Position) *record {
	for _, event := range [...]bool{false, true} {
		r := b.ringOf(event)
		i := sort.Search(r.len(), func(i int) bool { return r.at(i).line.Compare(at) >= 0 })
		if i < r.len() && r.at(i).line.Position == at {
			return r.at(i)
		}
	}
	return nil
}

// last returns the moment of the latest message, or 0.
func (b *buffer) last() int64 {
	if r := b.ringOf(false); r.len() > 0 {
		return r.at(r.len() - 1).line.Elapsed
	}
	return 0
}

// size returns how many bytes a line uses.
func size(l *state.Line) int {
	n := lineOverheadBytes + len(l.Source) + len(l.Account) + len(l.Target) + len(l.Relayer)
	for _, p := range l.Params {
		n += itemOverheadBytes + len(p)
	}
	for _, t := range l.Tags {
		n += itemOverheadBytes + len(t.Key) + len(t.Value)
	}
	for _, p := range l.Parts {
		n += itemOverheadBytes + len(p.Text)
	}
	if r := l.Redaction; r != nil {
		n += redactionOverheadBytes + len(r.Source) + len(r.Account) + len(r.Reason)
	}
	return n
}

package storage

import (
	"container/list"
	"sort"
	"strings"

	"bavard/state"
)

// live has the part of a buffer that is in memory: the lines that the database does not have yet, and the newest of
// those that it has.
type live struct {
	key   state.Buffer
	place *list.Element // in SQLite.recent
	// loaded: what the database has of the buffer is known. Before that, lines are numbered from 0, and the streams'
	// other fields are zero.
	loaded bool
	id     int64 // of the row; 0: there is none
	// gone: the buffer was dropped, but its row still exists. drops counts how often the buffer was dropped.
	gone    bool
	drops   int
	streams [kinds]stream
	// redactions has those that the database does not have yet.
	redactions map[state.Position]state.Redaction
	// last is the place at which the database lists a conversation, zero if it does not. nicks are the parties' nicks in
	// the latest line; nicksChanged: the database does not have them yet.
	last         state.Position
	nicks        [2]string
	nicksChanged bool
	// queued: the buffer is in SQLite.dirty. inFlight: it is part of the transaction that the writer is working on.
	queued, inFlight bool
}

// The two kinds of lines that a buffer has, each with its own limit, as the database numbers them.
const (
	messages = iota
	events
	kinds
)

func kindOf(l *state.Line) int {
	if l.IsMessage() {
		return messages
	}
	return events
}

// stream has the lines of one kind of a buffer. They are numbered in their order, and a number is not reused while the
// buffer exists.
type stream struct {
	// lines are the newest lines, without a gap; the first of them has the number first. The database has the first ones
	// of them, as many as saved says.
	lines ring[*state.Line]
	first uint64
	saved int
	// floor is the number of the oldest line that exists, in the database or in memory.
	floor uint64
	// head is the number after the last line of the oldest block, 0 if not known. tail is the newest block.
	head uint64
	tail block
}

// block is a row of the table blocks, without its data. The zero value means that there is no block.
type block struct {
	id    int64
	start uint64
	lines int
	bytes int
}

// end returns the number after that of the block's last line.
func (b block) end() uint64 { return b.start + uint64(b.lines) }

// open reports whether the block has space for more lines.
func (b block) open() bool { return b.id != 0 && b.lines < blockLines && b.bytes < blockBytes }

// next returns the number of the next line.
func (st *stream) next() uint64 { return st.first + uint64(st.lines.len()) }

// visible returns the number of the oldest line that can be shown, if the buffer keeps at most this many.
func (st *stream) visible(most int) uint64 {
	if n := st.next(); n > uint64(most) {
		return max(st.floor, n-uint64(most))
	}
	return st.floor
}

// needed returns the number of the first line that must stay in memory: the next transaction encodes the last block
// again, with the new lines.
func (st *stream) needed() uint64 {
	if st.tail.open() {
		return st.tail.start
	}
	return st.first + uint64(st.saved)
}

// search returns the index in memory of the first line for which reached is true; it is true for all later ones.
func (st *stream) search(reached func(l *state.Line) bool) int {
	return sort.Search(st.lines.len(), func(i int) bool { return reached(*st.lines.at(i)) })
}

// find returns the index in memory of the line at a position, or -1.
func (st *stream) find(at state.Position) int {
	i := st.search(func(l *state.Line) bool { return l.Compare(at) >= 0 })
	if i < st.lines.len() && (*st.lines.at(i)).Position == at {
		return i
	}
	return -1
}

// hasOlder reports whether the database has lines that are not in memory and are after a position.
func (v *live) hasOlder(kind int, after state.Position) bool {
	st := &v.streams[kind]
	return v.id != 0 && !v.gone && st.floor < st.first && (st.lines.len() == 0 || (*st.lines.at(0)).Compare(after) > 0)
}

// clean reports whether the database has everything that the entry has.
func (v *live) clean() bool { return !v.queued && !v.inFlight }

// push adds a line. Its place among the lines that are not saved yet is at the end or close to it.
func (s *SQLite) push(v *live, line *state.Line) {
	kind := kindOf(line)
	st := &v.streams[kind]
	st.lines.push(line)
	for i := st.lines.len() - 1; i > st.saved && (*st.lines.at(i - 1)).Compare((*st.lines.at(i)).Position) > 0; i-- {
		*st.lines.at(i), *st.lines.at(i - 1) = *st.lines.at(i - 1), *st.lines.at(i)
	}
	n := size(line)
	s.cachedBytes += n
	s.pendingBytes += n
	s.trim(v, kind)
	if v.key.Channel() == 0 {
		s.learnNicks(v, line)
	}
}

// pop removes the first line of a stream from memory.
func (s *SQLite) pop(st *stream) {
	n := size(st.lines.pop())
	st.first++
	s.cachedBytes -= n
	if st.saved > 0 {
		st.saved--
	} else {
		s.pendingBytes -= n
	}
}

// trim removes from memory the lines that are no longer shown, and those that it need not have.
func (s *SQLite) trim(v *live, kind int) {
	st := &v.streams[kind]
	visible := st.visible(s.limits.most[kind])
	for st.lines.len() > 0 && (st.first < visible || st.lines.len() > cachedLines && st.first < st.needed()) {
		s.pop(st)
	}
	st.first = max(st.first, st.floor)
	if st.lines.len() == 0 {
		st.saved = 0
	}
}

// clear removes a dropped buffer's lines from memory.
func (s *SQLite) clear(v *live) {
	for kind := range v.streams {
		st := &v.streams[kind]
		for st.lines.len() > 0 {
			s.pop(st)
		}
		*st = stream{first: st.first, floor: st.first}
	}
	s.pendingRedactions -= len(v.redactions)
	v.redactions, v.last, v.nicks, v.nicksChanged = nil, state.Position{}, [2]string{}, false
	v.loaded = true
	v.drops++
}

// learnNicks records the nicks of a conversation's parties.
func (s *SQLite) learnNicks(v *live, l *state.Line) {
	nick, _, _ := strings.Cut(l.Source, "!")
	for i, party := range v.key.Parties() {
		v.nicks[i] = l.Target
		if party == l.From {
			v.nicks[i] = nick
		}
		s.nicks[party] = v.nicks[i]
	}
	v.nicksChanged = true
}

// redact deletes a message, or records that the database has to look for it.
func (s *SQLite) redact(v *live, at state.Position, by state.Redaction) {
	for kind := range v.streams {
		st := &v.streams[kind]
		i := st.find(at)
		if i < 0 {
			continue
		}
		line := *st.lines.at(i)
		if !redactable(line) {
			return
		}
		redacted := line.Redacted(by)
		*st.lines.at(i) = &redacted // readers may still use the old one
		change := size(&redacted) - size(line)
		s.cachedBytes += change
		if i >= st.saved {
			s.pendingBytes += change
			if !v.inFlight {
				return
			}
		}
		s.awaitRedaction(v, at, by)
		return
	}
	if !v.loaded || v.hasOlder(messages, state.Position{}) || v.hasOlder(events, state.Position{}) {
		s.awaitRedaction(v, at, by)
	}
}

// redactable reports whether a line is a message or reaction that has not been redacted.
func redactable(l *state.Line) bool {
	return l.Redaction == nil && (l.IsMessage() || l.Verb == "TAGMSG")
}

func (s *SQLite) awaitRedaction(v *live, at state.Position, by state.Redaction) {
	if _, is := v.redactions[at]; is {
		return // the first redaction counts
	}
	if v.redactions == nil {
		v.redactions = map[state.Position]state.Redaction{}
	}
	v.redactions[at] = by
	s.pendingRedactions++
	s.queue(v)
}

// queue makes the next transaction save what is new in a buffer.
func (s *SQLite) queue(v *live) {
	if !v.queued {
		v.queued = true
		s.dirty = append(s.dirty, v)
	}
}

// Package storage keeps the history of channels and private conversations: on disk (SQLite), or only in memory
// (Memory).
//
// It enforces the limits on what is kept. It never decides who can read. Its invariants: a buffer shows no more than
// the given numbers of messages and of other events, and all together use about the given number of bytes at most; the
// oldest lines are dropped first; lines that were returned never change; readers see all that Keep was given; the
// history on disk is complete up to one operation, and has nothing of later ones.
package storage

import (
	"strings"
	"sync"

	"bavard/state"
)

// Memory is a history that is lost when the process ends.
type Memory struct {
	// mu protects all fields between the goroutine that renders events and sessions that read. It is held for one
	// method at a time.
	mu                       sync.Mutex
	mostMessages, mostEvents int
	mostBytes                int
	usedBytes, usedLines     int
	eventBytes               int // the part of usedBytes for events other than messages
	buffers                  index[*buffer]
	// people holds the parties that have conversations.
	people map[state.Party]*person
	// sequence is the number of the latest line.
	sequence uint64
	// messages and events list all lines in the order in which they were added. When a line is dropped, its entry stays
	// and is skipped, until there are too many such entries.
	messages, events ring[entry]
}

// entry refers to one line in the order of all lines of its kind.
type entry struct {
	buffer *buffer
	number uint64
	event  bool
}

// NewMemory returns a history that keeps at most mostMessages and mostEvents per buffer, and about mostBytes in total.
func NewMemory(mostMessages, mostEvents, mostBytes int) *Memory {
	return &Memory{
		mostMessages: mostMessages, mostEvents: mostEvents, mostBytes: mostBytes,
		buffers: newIndex[*buffer](), people: map[state.Party]*person{},
	}
}

// SetLimits changes the limits, and drops the lines that exceed them.
func (m *Memory) SetLimits(mostMessages, mostEvents, mostBytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mostMessages, m.mostEvents, m.mostBytes = mostMessages, mostEvents, mostBytes
	for b := range m.buffers.all {
		m.trim(b)
	}
	m.shrink()
}

// Append adds a line to buffers. It keeps the line, so the caller must not change it afterwards. Lines must be added in
// the order of their positions, except lines from the same operation.
func (m *Memory) Append(line *state.Line, to ...state.Buffer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	event := !line.IsMessage()
	if len(to) == 0 || event && m.mostEvents <= 0 || !event && m.mostMessages <= 0 {
		return
	}
	for _, key := range to {
		b := m.buffers.of(key)
		if b == nil {
			b = &buffer{key: key}
			m.buffers.add(key, b)
			m.usedBytes += bufferOverheadBytes
		}
		m.sequence++
		m.orderOf(event).push(entry{b, m.sequence, event})
		b.ringOf(event).insert(record{m.sequence, line})
		m.usedLines++
		m.charge(event, size(line))
		if key.Channel() == 0 {
			if !event {
				m.touch(b)
			}
			m.learnNicks(b, line)
		}
		m.trim(b)
	}
	m.shrink()
}

// Page returns a page of a buffer's lines, in ascending order.
func (m *Memory) Page(of state.Buffer, q state.Page) []state.Line {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.buffers.of(of)
	if b == nil || q.Most <= 0 {
		return nil
	}
	return b.page(q)
}

// Find returns the line at a position in a buffer.
func (m *Memory) Find(in state.Buffer, at state.Position) (state.Line, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.buffers.of(in); b != nil {
		if r := b.find(at); r != nil {
			return *r.line, true
		}
	}
	return state.Line{}, false
}

// Redact deletes the text of the message at a position in a buffer. It reports whether there was such a message that
// had not been redacted yet.
func (m *Memory) Redact(in state.Buffer, at state.Position, by state.Redaction) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.buffers.of(in)
	if b == nil {
		return false
	}
	r := b.find(at)
	if r == nil || r.line.Redaction != nil || !r.line.IsMessage() && r.line.Verb != "TAGMSG" {
		return false
	}
	by.Reason = strings.Clone(by.Reason)
	redacted := r.line.Redacted(by)
	m.charge(!r.line.IsMessage(), size(&redacted)-size(r.line))
	r.line = &redacted // readers may still use the old one
	m.shrink()
	return true
}

// LastTime returns when the latest message of a buffer was sent, by the state's clock, or 0 if there is none.
func (m *Memory) LastTime(of state.Buffer) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.buffers.of(of); b != nil {
		return b.last()
	}
	return 0
}

// Conversations returns a party's conversations whose latest message is between the two positions, ordered by these
// messages. If there are more than most, it leaves out the oldest if newest is set, and otherwise the newest.
func (m *Memory) Conversations(of state.Party, after, before state.Position, most int, newest bool) []state.Conversation {
	m.mu.Lock()
	defer m.mu.Unlock()
	if who := m.people[of]; who != nil {
		return m.conversations(who, of, after, before, most, newest)
	}
	return nil
}

// Rename sets a party's current nick, if the party has conversations.
func (m *Memory) Rename(who state.Party, nick string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.people[who].rename(nick)
}

// Drop drops a buffer.
func (m *Memory) Drop(key state.Buffer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.buffers.of(key); b != nil {
		m.forgetAll(b)
	}
	m.shrink()
}

// DropConversations drops all private conversations.
func (m *Memory) DropConversations() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.buffers.talks {
		m.forgetAll(b)
	}
	m.shrink()
}

func (m *Memory) forgetAll(b *buffer) {
	for b.messages.len() > 0 {
		m.forgetFirst(b, false)
	}
	for b.events.len() > 0 {
		m.forgetFirst(b, true)
	}
}

// trim drops the oldest lines of a buffer that has too many.
func (m *Memory) trim(b *buffer) {
	for b.messages.len() > m.mostMessages {
		m.forgetFirst(b, false)
	}
	for b.events.len() > m.mostEvents {
		m.forgetFirst(b, true)
	}
}

// shrink drops the oldest lines of all buffers while they use too much memory.
func (m *Memory) shrink() {
	for m.usedBytes > m.mostBytes {
		order := m.fullest()
		if order == nil {
			break
		}
		oldest := order.pop()
		m.forgetFirst(oldest.buffer, oldest.event)
	}
	tidy(&m.messages, m.usedLines)
	tidy(&m.events, m.usedLines)
}

// fullest returns the order whose oldest line must be dropped next, or nil if there are no lines. While events use more
// than half of the memory limit, that is the order of events, so that they do not displace messages. Otherwise it is
// the order with the oldest line.
func (m *Memory) fullest() *ring[entry] {
	for _, order := range [...]*ring[entry]{&m.messages, &m.events} {
		for order.len() > 0 && !order.at(0).stands() {
			order.pop()
		}
	}
	switch {
	case m.messages.len() == 0 && m.events.len() == 0:
		return nil
	case m.messages.len() == 0:
		return &m.events
	case m.events.len() == 0:
		return &m.messages
	case m.eventBytes > m.mostBytes/2 || m.events.at(0).number < m.messages.at(0).number:
		return &m.events
	}
	return &m.messages
}

func (m *Memory) orderOf(event bool) *ring[entry] {
	if event {
		return &m.events
	}
	return &m.messages
}

// charge adds to the memory in use; bytes can be negative.
func (m *Memory) charge(event bool, bytes int) {
	m.usedBytes += bytes
	if event {
		m.eventBytes += bytes
	}
}

// stands reports whether the entry's line still exists. A ring drops only its oldest records.
func (e entry) stands() bool {
	r := e.buffer.ringOf(e.event)
	return r.len() > 0 && e.number >= r.at(0).number
}

// tidy removes the entries of dropped lines once they are the majority, so that the size of an order is limited by the
// number of lines.
func tidy(order *ring[entry], usedLines int) {
	const few = 64
	if order.len() < 2*usedLines+few {
		return
	}
	var kept ring[entry]
	for order.len() > 0 {
		if e := order.pop(); e.stands() {
			kept.push(e)
		}
	}
	*order = kept
}

// forgetFirst drops a buffer's oldest message or other event, and also the buffer if that was its last line.
func (m *Memory) forgetFirst(b *buffer, event bool) {
	r := b.ringOf(event)
	m.charge(event, -size(r.pop().line))
	m.usedLines--
	if b.messages.len() == 0 {
		m.untouch(b)
	}
	if b.messages.len() == 0 && b.events.len() == 0 {
		m.buffers.remove(b.key)
		m.usedBytes -= bufferOverheadBytes
	}
}

// Package storage keeps what outlives a moment: for now the history of channels and of private conversations, in memory.
//
// It owns the bounds of what is kept. It never decides who may read, and never blocks. Its invariants: no more than the
// given numbers of messages and of other events for a buffer, and of bytes in all; the oldest go first; what is handed
// out is never changed.
package storage

import (
	"strings"
	"sync"

	"bavard/state"
)

// Memory is a history that ends with the process.
type Memory struct {
	// mu guards all. Who renders events meets here with the sessions that read; it is held for one method at a time.
	mu                       sync.Mutex
	mostMessages, mostEvents int
	mostBytes                int
	usedBytes, usedLines     int
	eventBytes               int // of usedBytes, what events take that are no messages
	buffers                  buffers
	// people are the parties that have conversations.
	people map[state.Party]*person
	// sequence numbers all lines.
	sequence uint64
	// messages and events name the place of each line, the oldest first. Lines that are gone leave their entry behind, to be
	// skipped, until there are too many of those.
	messages, events ring[entry]
}

// entry is one line in the order of all of its kind.
type entry struct {
	buffer *buffer
	number uint64
	event  bool
}

// NewMemory keeps at most mostMessages and mostEvents for each buffer, and about mostBytes bytes in all.
func NewMemory(mostMessages, mostEvents, mostBytes int) *Memory {
	return &Memory{
		mostMessages: mostMessages, mostEvents: mostEvents, mostBytes: mostBytes,
		buffers: newBuffers(), people: map[state.Party]*person{},
	}
}

// SetLimits changes the bounds and forgets what is over them.
func (m *Memory) SetLimits(mostMessages, mostEvents, mostBytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mostMessages, m.mostEvents, m.mostBytes = mostMessages, mostEvents, mostBytes
	for b := range m.buffers.all {
		m.trim(b)
	}
	m.shrink()
}

// Append adds a line to these buffers. It keeps the line and what that points to. Lines come in the order of their positions, but for
// those of one operation.
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
			m.buffers.add(b)
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

// Page are lines of a buffer, in ascending order.
func (m *Memory) Page(of state.Buffer, q state.Page) []state.Line {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.buffers.of(of)
	if b == nil || q.Most <= 0 {
		return nil
	}
	return b.page(q)
}

// Find is the line at this place of a buffer.
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

// Redact takes back the message at this place of a buffer. It tells whether there is one that had not been yet.
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
	r.line = &redacted // readers may still hold the old one
	m.shrink()
	return true
}

// LastTime is when the latest message of a buffer was sent, in nanoseconds; 0 when there is none.
func (m *Memory) LastTime(of state.Buffer) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.buffers.of(of); b != nil {
		return b.last()
	}
	return 0
}

// Conversations are those of a party whose latest message stands between the two places, in the order of these
// messages. When there are more than most, the oldest ones are left out if newest is set, else the newest.
func (m *Memory) Conversations(of state.Party, after, before state.Position, most int, newest bool) []state.Conversation {
	m.mu.Lock()
	defer m.mu.Unlock()
	if who := m.people[of]; who != nil {
		return m.conversations(who, of, after, before, most, newest)
	}
	return nil
}

// Rename tells what a party is called now, if it has conversations.
func (m *Memory) Rename(who state.Party, nick string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.people[who].rename(nick)
}

// Drop forgets a buffer.
func (m *Memory) Drop(key state.Buffer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.buffers.of(key); b != nil {
		m.forgetAll(b)
	}
	m.shrink()
}

// DropConversations forgets what was said in private.
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

// trim forgets what is too much of one buffer.
func (m *Memory) trim(b *buffer) {
	for b.messages.len() > m.mostMessages {
		m.forgetFirst(b, false)
	}
	for b.events.len() > m.mostEvents {
		m.forgetFirst(b, true)
	}
}

// shrink forgets the oldest lines of all while there is too much.
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

// fullest is the order from which the next line must go, nil when there is none left: that of the events while they take
// more than half of what may be kept, so that they do not push out what was said; else that of the oldest line.
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

// charge counts what a line takes, or gives back.
func (m *Memory) charge(event bool, bytes int) {
	m.usedBytes += bytes
	if event {
		m.eventBytes += bytes
	}
}

// stands tells whether the entry's line is still there: from a ring only the oldest go.
func (e entry) stands() bool {
	r := e.buffer.ringOf(e.event)
	return r.len() > 0 && e.number >= r.at(0).number
}

// tidy drops the entries of lines that are gone once they are the greater part, so that the orders stay bounded by what
// is kept.
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

// forgetFirst forgets a buffer's oldest message or other event, and the buffer with its last line.
func (m *Memory) forgetFirst(b *buffer, event bool) {
	r := b.ringOf(event)
	m.charge(event, -size(r.pop().line))
	m.usedLines--
	if b.messages.len() == 0 {
		m.untouch(b)
	}
	if b.messages.len() == 0 && b.events.len() == 0 {
		m.buffers.remove(b)
		m.usedBytes -= bufferOverheadBytes
	}
}

// Package storage keeps what outlives a moment: for now the history of channels, in memory.
//
// It owns the bounds of what is kept. It never decides who may read, and never blocks: its methods are called under the
// state's lock. Its invariant: no more than the given number of lines for a channel, and of bytes in all; the oldest go
// first.
package storage

import (
	"container/list"

	"bavard/state"
)

// lineOverheadBytes is what a line costs beside its texts: the element, the record and their pointers.
const lineOverheadBytes = 160

// Memory is a history that ends with the process. It is not safe for concurrent use: its caller holds a lock.
type Memory struct {
	mostLines, mostBytes int
	usedBytes            int
	all                  *list.List // of record, the oldest first
	channels             map[state.ChannelID]*list.List
}

// record is one line and where it stands: in the order of all lines, and in its channel's.
type record struct {
	channel state.ChannelID
	line    state.Line
	inAll   *list.Element
}

// NewMemory keeps at most mostLines lines for each channel and about mostBytes bytes in all.
func NewMemory(mostLines, mostBytes int) *Memory {
	return &Memory{mostLines: mostLines, mostBytes: mostBytes, all: list.New(), channels: map[state.ChannelID]*list.List{}}
}

// SetLimits changes the bounds and forgets what is over them.
func (m *Memory) SetLimits(mostLines, mostBytes int) {
	m.mostLines, m.mostBytes = mostLines, mostBytes
	for _, lines := range m.channels {
		for lines.Len() > m.mostLines {
			m.forgetFirst(lines)
		}
	}
	m.shrink()
}

// Append adds a line to a channel's history.
func (m *Memory) Append(c state.ChannelID, l state.Line) {
	if m.mostLines <= 0 {
		return
	}
	lines := m.channels[c]
	if lines == nil {
		lines = list.New()
		m.channels[c] = lines
	}
	if lines.Len() >= m.mostLines {
		m.forgetFirst(lines)
	}
	r := &record{channel: c, line: l}
	r.inAll = m.all.PushBack(r)
	lines.PushBack(r)
	m.channels[c] = lines
	m.usedBytes += size(l)
	m.shrink()
}

// Last are the channel's last lines, at most most, the oldest first.
func (m *Memory) Last(c state.ChannelID, most int) []state.Line {
	lines := m.channels[c]
	if lines == nil || most <= 0 {
		return nil
	}
	out := make([]state.Line, min(most, lines.Len()))
	at := len(out)
	for e := lines.Back(); at > 0; e = e.Prev() {
		at--
		out[at] = e.Value.(*record).line
	}
	return out
}

// Drop forgets a channel.
func (m *Memory) Drop(c state.ChannelID) {
	lines := m.channels[c]
	for lines != nil && lines.Len() > 0 {
		m.forgetFirst(lines)
	}
	delete(m.channels, c)
}

// shrink forgets the oldest lines of all while there is too much. The oldest of all is the first of its channel.
func (m *Memory) shrink() {
	for m.usedBytes > m.mostBytes && m.all.Len() > 0 {
		m.forgetFirst(m.channels[m.all.Front().Value.(*record).channel])
	}
}

func (m *Memory) forgetFirst(lines *list.List) {
	r := lines.Remove(lines.Front()).(*record)
	m.all.Remove(r.inAll)
	m.usedBytes -= size(r.line)
	if lines.Len() == 0 {
		delete(m.channels, r.channel)
	}
}

func size(l state.Line) int { return lineOverheadBytes + len(l.ID) + len(l.Source) + len(l.Text) }

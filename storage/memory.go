// Package storage keeps what outlives a moment: for now the history of channels, in memory.
//
// It owns the bounds of what is kept. It never decides who may read, and never blocks: its methods are called under the
// state's lock. Its invariant: no more than the given number of lines for a channel, and of bytes in all; the oldest go
// first.
package storage

import (
	"strings"

	"bavard/state"
)

// lineOverheadBytes is what a line costs beside its texts: the line itself and its entry in the order of all lines, in
// rings that may be half empty.
const lineOverheadBytes = 192

// Memory is a history that ends with the process. It is not safe for concurrent use: its caller holds a lock.
type Memory struct {
	mostLines, mostBytes int
	usedBytes, usedLines int
	channels             map[state.ChannelID]*ring[record]
	// sequence numbers all lines.
	sequence uint64
	// order names the channel of each line, the oldest first. Lines that are gone leave their entry behind, to be
	// skipped, until there are too many of those.
	order ring[entry]
}

// record is a line with its number among all.
type record struct {
	number uint64
	line   state.Line
}

// entry is one line in the order of all: its channel and its number.
type entry struct {
	channel state.ChannelID
	number  uint64
}

// NewMemory keeps at most mostLines lines for each channel and about mostBytes bytes in all.
func NewMemory(mostLines, mostBytes int) *Memory {
	return &Memory{mostLines: mostLines, mostBytes: mostBytes, channels: map[state.ChannelID]*ring[record]{}}
}

// SetLimits changes the bounds and forgets what is over them.
func (m *Memory) SetLimits(mostLines, mostBytes int) {
	m.mostLines, m.mostBytes = mostLines, mostBytes
	for id, l := range m.channels {
		for l.len() > m.mostLines {
			m.forgetFirst(id, l)
		}
	}
	m.shrink()
}

// Append adds a line to a channel's history.
func (m *Memory) Append(c state.ChannelID, line state.Line) {
	if m.mostLines <= 0 {
		return
	}
	l := m.channels[c]
	if l == nil {
		l = new(ring[record])
		m.channels[c] = l
	}
	line.Text = strings.Clone(line.Text) // a part of the line that it came in, which need not be kept
	m.sequence++
	m.order.push(entry{c, m.sequence})
	l.push(record{m.sequence, line})
	m.usedLines++
	m.usedBytes += size(line)
	if l.len() > m.mostLines {
		m.forgetFirst(c, l)
	}
	m.shrink()
}

// Last are the channel's last lines, at most most, the oldest first.
func (m *Memory) Last(c state.ChannelID, most int) []state.Line {
	l := m.channels[c]
	if l == nil || most <= 0 {
		return nil
	}
	out := make([]state.Line, min(most, l.len()))
	for i := range out {
		out[i] = l.at(l.len() - len(out) + i).line
	}
	return out
}

// Drop forgets a channel.
func (m *Memory) Drop(c state.ChannelID) {
	if l := m.channels[c]; l != nil {
		for l.len() > 0 {
			m.forgetFirst(c, l)
		}
	}
	m.tidy()
}

// shrink forgets the oldest lines of all while there is too much.
func (m *Memory) shrink() {
	for m.usedBytes > m.mostBytes && m.order.len() > 0 {
		oldest := m.order.pop()
		if l := m.channels[oldest.channel]; l != nil && l.at(0).number == oldest.number {
			m.forgetFirst(oldest.channel, l)
		}
	}
	m.tidy()
}

// tidy drops the entries of lines that are gone once they are the greater part, so that the order stays bounded by what
// is kept.
func (m *Memory) tidy() {
	const few = 64
	if m.order.len() < 2*m.usedLines+few {
		return
	}
	var kept ring[entry]
	for m.order.len() > 0 {
		e := m.order.pop()
		if l := m.channels[e.channel]; l != nil && e.number >= l.at(0).number {
			kept.push(e)
		}
	}
	m.order = kept
}

func (m *Memory) forgetFirst(c state.ChannelID, l *ring[record]) {
	m.usedBytes -= size(l.pop().line)
	m.usedLines--
	if l.len() == 0 {
		delete(m.channels, c)
	}
}

func size(l state.Line) int { return lineOverheadBytes + len(l.Source) + len(l.Text) }

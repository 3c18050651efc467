package state

import "slices"

// memory holds the numbers that modes remember about a channel or a member: for each letter, in order, a few numbers
// that only the mode understands. It is part of the snapshot.
type memory []remembered

type remembered struct {
	letter  byte
	numbers []int64
}

func (m memory) find(letter byte) (at int, found bool) {
	return slices.BinarySearchFunc(m, letter, func(r remembered, l byte) int { return int(r.letter) - int(l) })
}

// of returns a mode's numbers, nil when it remembers nothing.
func (m memory) of(letter byte) []int64 {
	if at, found := m.find(letter); found {
		return m[at].numbers
	}
	return nil
}

// set replaces a mode's numbers; without numbers, it forgets them.
func (m *memory) set(letter byte, numbers ...int64) {
	at, found := m.find(letter)
	switch {
	case len(numbers) == 0 && found:
		*m = slices.Delete(*m, at, at+1)
	case found:
		(*m)[at].numbers = numbers
	case len(numbers) > 0:
		*m = slices.Insert(*m, at, remembered{letter, numbers})
	}
}

// snapshotMemory is the encoded form of one mode's memory.
type snapshotMemory struct {
	Letter  byte
	Numbers []int64
}

func (m memory) snapshot() []snapshotMemory {
	var out []snapshotMemory
	for _, r := range m {
		out = append(out, snapshotMemory{r.letter, r.numbers})
	}
	return out
}

func restoreMemory(in []snapshotMemory) memory {
	var m memory
	for _, r := range in {
		m.set(r.Letter, r.Numbers...)
	}
	return m
}

// rate is a number of events within a span of nanoseconds. Events are counted in windows: a mode remembers when the
// current window began and how many events there were in it.
type rate struct {
	count int64
	span  int64
}

// full reports whether one more event now would be too many. seen is the window's start and count, or empty.
func (r rate) full(seen []int64, now int64) bool {
	return len(seen) == 2 && now-seen[0] < r.span && seen[1] >= r.count
}

// counted returns the window's start and count after one more event.
func (r rate) counted(seen []int64, now int64) (start, count int64) {
	if len(seen) != 2 || now-seen[0] >= r.span {
		return now, 1
	}
	return seen[0], seen[1] + 1
}

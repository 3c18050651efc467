package state

import "slices"

// memory is what modes remember of a channel or of a member: for each letter, in their order, a few numbers whose
// meaning is the mode's own. It is part of the snapshot.
type memory []remembered

type remembered struct {
	letter  byte
	numbers []int64
}

func (m memory) find(letter byte) (at int, found bool) {
	return slices.BinarySearchFunc(m, letter, func(r remembered, l byte) int { return int(r.letter) - int(l) })
}

// of are a mode's numbers, nil when it remembers nothing.
func (m memory) of(letter byte) []int64 {
	if at, found := m.find(letter); found {
		return m[at].numbers
	}
	return nil
}

// set replaces a mode's numbers; none forgets them.
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

// rate is so many of something within a span, in nanoseconds. It is counted in windows: a mode remembers when the
// present one began and how many there were in it.
type rate struct {
	count int64
	span  int64
}

// full tells whether one more would be too many now; seen are the beginning and the count, or nothing.
func (r rate) full(seen []int64, now int64) bool {
	return len(seen) == 2 && now-seen[0] < r.span && seen[1] >= r.count
}

// counted is what is to be remembered after one more.
func (r rate) counted(seen []int64, now int64) (start, count int64) {
	if len(seen) != 2 || now-seen[0] >= r.span {
		return now, 1
	}
	return seen[0], seen[1] + 1
}

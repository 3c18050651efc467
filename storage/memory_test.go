package storage

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

func texts(lines []state.Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return out
}

func TestMemory(t *testing.T) {
	m := NewMemory(3, 1<<20)
	for i := range 5 {
		m.Append(1, state.Line{Text: fmt.Sprint("a", i)})
	}
	m.Append(2, state.Line{Text: "b"})
	require.Equal(t, []string{"a2", "a3", "a4"}, texts(m.Last(1, 100)))
	require.Equal(t, []string{"a4"}, texts(m.Last(1, 1)))
	require.Empty(t, m.Last(1, 0))
	require.Empty(t, m.Last(9, 5))
	m.Drop(1)
	m.Drop(9)
	require.Empty(t, m.Last(1, 100))
	require.Equal(t, []string{"b"}, texts(m.Last(2, 100)))
	require.Equal(t, size(state.Line{Text: "b"}), m.usedBytes)
	require.Equal(t, 1, m.usedLines)
}

func TestMemoryIsBounded(t *testing.T) {
	one := size(state.Line{Text: "x"})
	m := NewMemory(100, 4*one)
	for i := range 50 {
		m.Append(state.ChannelID(i%5), state.Line{Text: "x"})
		require.LessOrEqual(t, m.usedBytes, 4*one)
	}
	require.Equal(t, 4, m.usedLines)
	require.Empty(t, m.Last(0, 10), "the oldest go first, whatever their channel")
	m.Append(7, state.Line{Text: string(make([]byte, 5*one))})
	require.Zero(t, m.usedLines, "a line that is larger than all is not kept")
	require.Zero(t, m.usedBytes)
	require.Empty(t, m.channels)
}

func TestMemorySetLimits(t *testing.T) {
	m := NewMemory(10, 1<<20)
	for i := range 10 {
		m.Append(1, state.Line{Text: fmt.Sprint(i)})
	}
	m.SetLimits(2, 1<<20)
	require.Equal(t, []string{"8", "9"}, texts(m.Last(1, 10)))
	m.SetLimits(0, 1<<20)
	m.Append(1, state.Line{Text: "no"})
	require.Empty(t, m.Last(1, 10))
}

// TestMemoryAgainstADefinition: the same appends and drops on a plain list of all lines.
func TestMemoryAgainstADefinition(t *testing.T) {
	const mostLines, mostBytes = 5, 20 * (lineOverheadBytes + 4)
	type said struct {
		channel state.ChannelID
		line    state.Line
	}
	var all []said
	m := NewMemory(mostLines, mostBytes)
	r := rand.New(rand.NewPCG(1, 1))
	forget := func(which func(int, said) bool) {
		kept := all[:0:0]
		for i, s := range all {
			if !which(i, s) {
				kept = append(kept, s)
			}
		}
		all = kept
	}
	for i := range 20_000 {
		c := state.ChannelID(r.IntN(8))
		if r.IntN(50) == 0 {
			m.Drop(c)
			forget(func(_ int, s said) bool { return s.channel == c })
		} else {
			line := state.Line{Order: uint64(i), Text: "text"}
			m.Append(c, line)
			all = append(all, said{c, line})
			mine := 0
			for _, s := range all {
				if s.channel == c {
					mine++
				}
			}
			if mine > mostLines {
				first := true
				forget(func(_ int, s said) bool {
					drop := first && s.channel == c
					first = first && !drop
					return drop
				})
			}
			forget(func(i int, _ said) bool { return i < len(all)-20 })
		}
		var want []state.Line
		for _, s := range all {
			if s.channel == c {
				want = append(want, s.line)
			}
		}
		if len(want) == 0 {
			require.Empty(t, m.Last(c, 100))
		} else {
			require.Equal(t, want, m.Last(c, 100))
		}
		require.LessOrEqual(t, m.order.len(), 2*m.usedLines+65)
	}
}

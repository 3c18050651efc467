package storage

import (
	"fmt"
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
	require.Equal(t, 1, m.all.Len())
}

func TestMemoryIsBounded(t *testing.T) {
	one := size(state.Line{Text: "x"})
	m := NewMemory(100, 4*one)
	for i := range 50 {
		m.Append(state.ChannelID(i%5), state.Line{Text: "x"})
		require.LessOrEqual(t, m.usedBytes, 4*one)
	}
	require.Equal(t, 4, m.all.Len())
	require.Empty(t, m.Last(0, 10), "the oldest go first, whatever their channel")
	m.Append(7, state.Line{Text: string(make([]byte, 5*one))})
	require.Zero(t, m.all.Len(), "a line that is larger than all is not kept")
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

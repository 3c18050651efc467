package commands

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// TestRecordsComeByOperation: history is never given a part of what is remembered of an operation.
func TestRecordsComeByOperation(t *testing.T) {
	var r records
	line := func(order uint64) state.Record {
		return state.Record{Line: &state.Line{Position: state.Position{Order: order}}}
	}
	r.add(line(7))
	list, upTo := r.take()
	require.Empty(t, list, "it is still being told")
	require.Zero(t, upTo)
	require.Zero(t, r.added.Load())
	r.add(line(7))
	r.done(7)
	r.add(line(8))
	list, upTo = r.take()
	require.Equal(t, []state.Record{line(7), line(7)}, list)
	require.Equal(t, uint64(7), upTo)
	require.Equal(t, uint64(2), r.added.Load())
	r.done(8)
	r.done(9) // of which nothing is remembered
	list, upTo = r.take()
	require.Equal(t, []state.Record{line(8)}, list)
	require.Equal(t, uint64(9), upTo)
}

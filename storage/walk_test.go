package storage

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

func TestWalk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bavard.db")
	s := openAt(t, path, func(o *Options) { o.MostMessages = 900 })
	pair := state.PairBuffer(alice, bob)
	talkIn(s, one, 1, 1000)
	keep(s, 1001, inBuffer(private(1001, alice, "alice!a@a", "bob"), pair), inBuffer(happened(1001, "JOIN"), two))
	walked := func(s *SQLite) map[state.Buffer][]state.Line {
		all := map[state.Buffer][]state.Line{}
		require.NoError(t, s.Walk(t.Context(), func(of state.Buffer, lines []state.Line) error {
			all[of] = append(all[of], lines...)
			return nil
		}))
		return all
	}
	all := walked(s)
	require.Len(t, all, 3)
	require.Len(t, all[one], 900)
	require.Equal(t, pageOf(t, s, one, 1000), all[one])
	require.Len(t, all[pair], 1)
	require.Len(t, all[two], 1)
	enough := errors.New("enough")
	require.ErrorIs(t, s.Walk(t.Context(), func(state.Buffer, []state.Line) error { return enough }), enough)
	require.NoError(t, s.Close())

	// A file that no daemon has open has the same, and is not changed.
	s, err := OpenForReading(path)
	require.NoError(t, err)
	require.Equal(t, all, walked(s))
	require.Equal(t, uint64(1001), s.UpTo())
	keep(s, 1002, inBuffer(said(1002, "no"), one))
	require.Error(t, s.Flush())
	require.NoError(t, s.Check(t.Context(), nil))
	require.NoError(t, s.Close())
	s = openAt(t, path, func(o *Options) { o.MostMessages = 900 })
	require.Equal(t, all, walked(s))
	pragma(t, s, fmt.Sprintf("PRAGMA user_version = %d", len(migrations())-1))
	require.NoError(t, s.Close())
	_, err = OpenForReading(path)
	require.ErrorContains(t, err, "start the daemon")
}

package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCopyBeginsWhereItMust(t *testing.T) {
	folder := folderOf(t, madeOf(t))
	j, _ := open(t, folder, Options{})
	require.NoError(t, j.PutSnapshot(12, writeAll([]byte("twelve"))))
	for upTo, want := range map[uint64]struct {
		snapshots []op
		first     uint64
	}{
		3:   {nil, 1}, // the journal still goes back to the beginning
		7:   {[]op{{7, "seven"}}, 8},
		11:  {[]op{{7, "seven"}}, 8},
		12:  {[]op{{12, "twelve"}}, 13},
		500: {[]op{{12, "twelve"}}, 13},
	} {
		to, r := t.TempDir(), &read{}
		require.NoError(t, Copy(folder, to, upTo))
		_, err := Check(to, r.snapshot, r.op)
		require.NoError(t, err)
		require.Equal(t, want.snapshots, r.snapshots, upTo)
		require.Equal(t, opsOf(want.first, 18), r.ops, upTo)
		require.NoFileExists(t, filepath.Join(to, lockName))
	}
	require.Equal(t, strconv.Itoa(os.Getpid()), User(folder))
	require.NoError(t, j.Trim(18))
	require.NoError(t, os.Truncate(filepath.Join(folder, snapshotName(12)), 50))
	to, r := t.TempDir(), &read{}
	require.NoError(t, Copy(folder, to, 500))
	_, err := Check(to, r.snapshot, r.op)
	require.NoError(t, err)
	require.Equal(t, []op{{7, "seven"}}, r.snapshots, "in the place of the damaged one")

	infos, err := Snapshots(folder)
	require.NoError(t, err)
	require.Len(t, infos, 2)
	require.NoError(t, infos[0].Problem)
	require.NotZero(t, infos[0].Time)
	require.ErrorContains(t, infos[1].Problem, "is damaged")
	require.NoError(t, j.Close())
	require.Empty(t, User(folder))
	require.ErrorContains(t, Copy(t.TempDir(), t.TempDir(), 0), "there is no journal in")
}

// TestCopyWhileInUse: copies have everything that was in the file before, while segments and snapshots come and go.
func TestCopyWhileInUse(t *testing.T) {
	folder := t.TempDir()
	j, _ := open(t, folder, Options{SegmentBytes: 5000, disk: quickDisk()})
	var shown atomic.Uint64
	var stop atomic.Bool
	var all sync.WaitGroup
	all.Go(func() { // ends after stop
		for order := uint64(1); !stop.Load(); order++ {
			appendOps(j, order, order)
			j.Barrier()
			shown.Store(order)
			if order%100 != 0 {
				continue
			}
			cut, err := j.Rotate()
			if err == nil {
				err = j.PutSnapshot(cut, writeAll(fmt.Append(nil, cut)))
			}
			if err == nil {
				err = j.Trim(cut)
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	defer all.Wait()
	defer stop.Store(true)
	for range 30 {
		to, r, least := t.TempDir(), &read{}, shown.Load()
		require.NoError(t, Copy(folder, to, least))
		var err error
		r.Loaded, err = Check(to, r.snapshot, r.op)
		require.NoError(t, err)
		require.GreaterOrEqual(t, r.Last, least)
		require.Equal(t, opsOf(r.SnapshotOrder+1, r.Last), r.ops)
		_, err = Snapshots(folder)
		require.NoError(t, err)
	}
}

package journal

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestSmallDiskIsFull fills a real file system. Without the right to mount one, it uses a file with a size limit of its
// own: the test disk refuses what exceeds it.
func TestSmallDiskIsFull(t *testing.T) {
	const bytes = 256 << 10
	mount := t.TempDir()
	d, folder := newTestDisk(), filepath.Join(mount, "journal")
	mounted := unix.Mount("none", mount, "tmpfs", 0, "size=256k") == nil
	if mounted {
		t.Cleanup(func() { require.NoError(t, unix.Unmount(mount, unix.MNT_DETACH)) })
	}
	filler := filepath.Join(mount, "filler")
	o := d.options()
	j, _ := open(t, folder, o)
	appendOps(j, 1, 100)
	j.Barrier()
	d.tick(j)
	require.NoError(t, j.Failing())

	if mounted {
		f, err := os.Create(filler)
		require.NoError(t, err)
		for err == nil {
			_, err = f.Write(make([]byte, 4096))
		}
		require.ErrorIs(t, err, unix.ENOSPC)
		require.NoError(t, f.Close())
	} else {
		d.failWith(unix.ENOSPC, "write", "reserve")
	}
	order := uint64(100)
	for j.Failing() == nil {
		require.Less(t, order, uint64(bytes))
		order++
		appendOps(j, order, order)
		j.Barrier()
	}
	require.ErrorIs(t, j.Failing(), unix.ENOSPC)
	written := j.written.Load()
	for range 3 {
		order++
		appendOps(j, order, order)
		d.tick(j)
		require.ErrorIs(t, j.Failing(), unix.ENOSPC)
	}
	_, r := open(t, copyOf(t, folder), Options{})
	require.GreaterOrEqual(t, r.Last, written)

	// A daemon can start on a full disk.
	kill(j)
	j, r = open(t, folder, o)
	require.Equal(t, opsOf(1, r.Last), r.ops)
	require.GreaterOrEqual(t, r.Last, written)
	order = r.Last + 300
	appendOps(j, r.Last+1, order)
	j.Barrier()
	require.ErrorIs(t, j.Failing(), unix.ENOSPC)

	if mounted {
		require.NoError(t, os.Remove(filler))
	}
	d.failWith(nil)
	d.pause = nil // that of the first journal
	d.tick(j)
	require.NoError(t, j.Failing())
	require.Equal(t, order, j.synced.Load())
	require.NoError(t, j.Close())
	_, r = open(t, folder, Options{})
	require.Equal(t, opsOf(1, order), r.ops)
}

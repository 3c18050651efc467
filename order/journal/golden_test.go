package journal

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var golden = flag.Bool("golden", false, "write the golden folder of the current version, if there is none")

// TestGoldenFolders reads the folders that every version so far has written. They never change: a new version of the
// format adds one. expected.txt lists what must be read.
func TestGoldenFolders(t *testing.T) {
	current := fmt.Sprintf("testdata/golden-%d", version)
	if _, err := os.Stat(current); *golden && os.IsNotExist(err) {
		writeGolden(t, current)
	}
	folders, err := filepath.Glob("testdata/golden-*")
	require.NoError(t, err)
	require.Contains(t, folders, current)
	for _, folder := range folders {
		files := filesOf(t, folder)
		expected := files["expected.txt"]
		delete(files, "expected.txt")
		j, r := open(t, folderOf(t, files), Options{})
		require.Equal(t, expected, textOf(r))
		require.Empty(t, r.log)
		before := len(r.ops)

		// With the older snapshot, and to go on.
		newest := snapshotName(r.SnapshotOrder)
		j.Append(r.Last+1, []byte("more"), false)
		require.NoError(t, j.Close())
		files[newest] = files[newest][:len(files[newest])-1]
		_, older := open(t, folderOf(t, files), Options{})
		require.Greater(t, len(older.ops), before)
		require.Equal(t, r.ops, older.ops[len(older.ops)-before:])
		_, r = open(t, j.folder, Options{})
		require.Len(t, r.ops, before+1)
	}
}

func textOf(r *read) string {
	var b strings.Builder
	for _, s := range r.snapshots {
		fmt.Fprintf(&b, "snapshot %d %q\n", s.order, s.data)
	}
	for _, o := range r.ops {
		fmt.Fprintf(&b, "operation %d %q\n", o.order, o.data)
	}
	return b.String()
}

func writeGolden(t *testing.T, folder string) {
	d := newTestDisk()
	o := d.options()
	o.disk.boot = bootID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	j, _ := open(t, folder, o)
	appendOps(j, 1, 5)
	j.Barrier()
	d.tick(j)
	appendOps(j, 6, 8) // after a mark
	require.NoError(t, j.PutSnapshot(4, writeAll([]byte("four\x00\xff"))))
	_, err := j.Rotate()
	require.NoError(t, err)
	appendOps(j, 20, 22) // after a jump
	j.Barrier()
	require.NoError(t, j.PutSnapshot(20, writeAll([]byte("twenty"))))
	j.Append(1<<40, []byte("far"), true)
	require.NoError(t, j.Close())
	_, r := open(t, copyOf(t, folder), Options{})
	require.NoError(t, os.WriteFile(filepath.Join(folder, "expected.txt"), []byte(textOf(r)), 0o644))
	require.NoError(t, os.Remove(filepath.Join(folder, lockName)))
}

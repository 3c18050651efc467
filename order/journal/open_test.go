package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestSecondDaemonIsRefused(t *testing.T) {
	folder := t.TempDir()
	j, _ := open(t, folder, Options{})
	_, _, err := tryOpen(t, folder, Options{})
	require.EqualError(t, err, fmt.Sprintf("the folder %s is in use by process %d; stop it first, or choose a different folder", folder, os.Getpid()))
	appendOps(j, 1, 3)
	j.Barrier()
	require.NoError(t, j.Close())
	_, r := open(t, folder, Options{})
	require.Equal(t, opsOf(1, 3), r.ops)
}

// TestNewerFolderIsUntouched compares all bytes and times of a folder before and after an older program refuses it.
func TestNewerFolderIsUntouched(t *testing.T) {
	made := t.TempDir()
	j, _ := open(t, made, Options{})
	appendOps(j, 1, 3)
	j.Barrier()
	require.NoError(t, j.PutSnapshot(2, writeAll([]byte("two"))))
	require.NoError(t, j.Close())

	newer := func(name string) map[string]string {
		files := filesOf(t, made)
		content := []byte(files[name])
		content[8] = 2
		files[name] = string(content)
		return files
	}
	folders := map[string]map[string]string{
		"folder":   filesOf(t, made),
		"segment":  newer(segmentName(1)),
		"snapshot": newer(snapshotName(2)),
	}
	folders["folder"][formatName] = "bavard journal 2\n"
	for name, files := range folders {
		t.Run(name, func(t *testing.T) {
			folder := folderOf(t, files)
			if name != "folder" { // Then the lock has to be taken before the newer file is seen.
				require.NoError(t, os.WriteFile(filepath.Join(folder, lockName), nil, 0o600))
			}
			old := time.Unix(1_000_000_000, 0)
			entries, err := os.ReadDir(folder)
			require.NoError(t, err)
			for _, e := range entries {
				require.NoError(t, os.Chtimes(filepath.Join(folder, e.Name()), old, old))
			}
			require.NoError(t, os.Chtimes(folder, old, old))

			_, _, err = tryOpen(t, folder, Options{})
			require.ErrorContains(t, err, "it was written by a newer version (format 2); use that version")
			require.Equal(t, files, filesOf(t, folder))
			info, err := os.Stat(folder)
			require.NoError(t, err)
			require.Equal(t, old, info.ModTime())
			for file := range files {
				info, err := os.Stat(filepath.Join(folder, file))
				require.NoError(t, err)
				require.Equal(t, old, info.ModTime(), file)
			}
		})
	}
}

func TestFormatIsChecked(t *testing.T) {
	for _, text := range []string{"", "bavard journal 1", "bavard journal 01\n", "bavard journal 0\n", "bavard journal x\n", "something else\n"} {
		folder := folderOf(t, map[string]string{formatName: text})
		_, _, err := tryOpen(t, folder, Options{})
		require.ErrorContains(t, err, `does not say which format the folder has: it should say "bavard journal 1"; restore a backup`, text)
	}
	folder := t.TempDir()
	j, _ := open(t, folder, Options{})
	appendOps(j, 1, 3)
	require.NoError(t, j.Close())
	require.NoError(t, os.Remove(filepath.Join(folder, formatName)))
	_, _, err := tryOpen(t, folder, Options{})
	require.ErrorContains(t, err, "the file "+filepath.Join(folder, formatName)+" is missing, but the folder has a journal")
}

func TestFolderThatCannotBeUsed(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, _, err := tryOpen(t, file, Options{})
	require.EqualError(t, err, fmt.Sprintf("cannot read the folder %s: %s/format: not a directory", file, file))
	_, _, err = tryOpen(t, filepath.Join(file, "folder"), Options{})
	require.ErrorContains(t, err, "not a directory")

	// A folder in the place of each file that has to be opened.
	for _, name := range []string{lockName, formatName, formatName + newSuffix, segmentName(1), snapshotName(1)} {
		folder := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(folder, name), 0o700))
		if strings.HasPrefix(name, "0") {
			require.NoError(t, os.WriteFile(filepath.Join(folder, formatName), []byte("bavard journal 1\n"), 0o600))
		}
		_, _, err := tryOpen(t, folder, Options{})
		require.ErrorContains(t, err, filepath.Join(folder, name), name)
		require.NotContains(t, err.Error(), "\n")
	}

	// What root may do anyway is refused by a test disk.
	for _, errno := range []unix.Errno{unix.EACCES, unix.EROFS} {
		d := newTestDisk()
		d.failWith(errno, "open")
		_, _, err = tryOpen(t, t.TempDir(), d.options())
		require.ErrorIs(t, err, errno)
		require.ErrorContains(t, err, "cannot write to the folder")

		d = newTestDisk()
		folder := t.TempDir()
		j, _ := open(t, folder, d.options())
		appendOps(j, 1, 2)
		require.NoError(t, j.Close())
		d.failWith(errno, "open")
		_, _, err = tryOpen(t, folder, d.options())
		require.ErrorIs(t, err, errno)
		require.ErrorContains(t, err, "cannot write to the folder "+folder+": "+filepath.Join(folder, segmentName(1)))
	}
}

// TestOldProcessIdIsReplaced: the text of the lock is exact, whatever an earlier process has left.
func TestOldProcessIdIsReplaced(t *testing.T) {
	for _, old := range []string{"", "1\n", "123456789\n", "nonsense"} {
		folder := folderOf(t, map[string]string{lockName: old})
		open(t, folder, Options{})
		text, err := os.ReadFile(filepath.Join(folder, lockName))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%d\n", os.Getpid()), string(text))
		require.NoError(t, os.WriteFile(filepath.Join(folder, lockName), []byte(old), 0o600))
		_, err = Open(folder, Options{})
		require.ErrorContains(t, err, "is in use by")
	}
}

// TestEmptyJournalContinuesAfterASnapshot: that is how a backup is restored.
func TestEmptyJournalContinuesAfterASnapshot(t *testing.T) {
	folder := t.TempDir()
	j, _ := open(t, folder, Options{})
	require.NoError(t, j.PutSnapshot(1000, writeAll([]byte("restored"))))
	require.Panics(t, func() { j.Append(1000, []byte("x"), false) })
	appendOps(j, 1001, 1003)
	require.ErrorContains(t, j.PutSnapshot(2000, writeAll(nil)), "cannot follow")
	require.NoError(t, j.Close())
	_, r := open(t, folder, Options{})
	require.Equal(t, []op{{1000, "restored"}}, r.snapshots)
	require.Equal(t, opsOf(1001, 1003), r.ops)
}

// TestCheckChangesNothing reads folders of all kinds without opening them.
func TestCheckChangesNothing(t *testing.T) {
	check := func(folder string) (*read, error) {
		before := filesOf(t, folder)
		r := &read{}
		var err error
		r.Loaded, err = Check(folder, r.snapshot, r.op)
		require.Equal(t, before, filesOf(t, folder))
		require.NoFileExists(t, filepath.Join(folder, lockName))
		return r, err
	}
	files := madeOf(t)
	r, err := check(folderOf(t, files))
	require.NoError(t, err)
	require.Equal(t, []op{{7, "seven"}}, r.snapshots)
	require.Equal(t, opsOf(8, 18), r.ops)
	require.Zero(t, r.BytesCut)

	files[lastSegment] = files[lastSegment][:len(files[lastSegment])-1]
	r, err = check(folderOf(t, files))
	require.NoError(t, err)
	require.Equal(t, opsOf(8, 17), r.ops)
	require.NotZero(t, r.BytesCut)

	delete(files, secondSegment)
	_, err = check(folderOf(t, files))
	require.ErrorContains(t, err, "is damaged")
	_, err = check(t.TempDir())
	require.ErrorContains(t, err, "there is no journal in")
}

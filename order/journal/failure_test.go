package journal

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// openFailing opens a journal on a test disk, and returns a list of what Changed was called with.
func openFailing(t *testing.T, folder string, change func(*Options)) (*testDisk, *Journal, *[]error) {
	d := newTestDisk()
	o := d.options()
	var told []error
	o.Changed = func(err error) { told = append(told, err) } // tick waits for that
	if change != nil {
		change(&o)
	}
	j, _ := open(t, folder, o)
	return d, j, &told
}

// TestDiskFailsAndWorksAgain: whatever fails, nobody waits, nothing is lost, and everything is on the disk when Changed
// says so.
func TestDiskFailsAndWorksAgain(t *testing.T) {
	tests := []struct {
		name  string
		errno unix.Errno
		fails []string
		short int
	}{
		{"full disk", unix.ENOSPC, []string{"write", "reserve"}, 0},
		{"full disk, short write", unix.ENOSPC, []string{"write", "reserve"}, 30},
		{"full disk that is noticed late", unix.ENOSPC, []string{"write"}, 7},
		{"over quota", unix.EDQUOT, []string{"write"}, 1},
		{"read-only disk", unix.EROFS, []string{"write", "open", "sync", "folder", "rename", "remove", "truncate"}, 0},
		{"I/O error", unix.EIO, []string{"write", "sync", "truncate"}, 25},
		{"failed sync", unix.EIO, []string{"sync"}, 0},
		{"failed sync of the folder", unix.EIO, []string{"folder", "sync"}, 0},
	}
	for _, test := range tests {
		for _, firstFails := range []bool{false, true} {
			for _, sync := range []Sync{Interval, Always} {
				name := test.name + map[bool]string{true: ", from the first operation on"}[firstFails] + map[Sync]string{Always: ", sync always"}[sync]
				t.Run(name, func(t *testing.T) {
					folder := t.TempDir()
					d, j, told := openFailing(t, folder, func(o *Options) { o.Sync = sync })
					d.short = test.short
					order := uint64(0)
					if !firstFails {
						appendOps(j, 1, 2)
						j.Barrier()
						d.tick(j)
						appendOps(j, 3, 4)
						j.Barrier() // written, and with Interval not synced
						order = 4
					}
					d.failWith(test.errno, test.fails...)
					appendOps(j, order+1, order+3)
					j.Barrier()
					d.tick(j) // with Interval, this tries the sync
					require.ErrorIs(t, j.Failing(), test.errno)
					require.False(t, j.MayWait())
					require.Len(t, *told, 1)
					require.ErrorIs(t, (*told)[0], test.errno)
					require.NotContains(t, (*told)[0].Error(), "\n")
					for range 3 {
						j.Append(order+4, []byte(opOf(order+4).data), true)
						order++
						j.Barrier()
						d.tick(j)
					}
					require.Len(t, *told, 1, "it is the same failure")
					require.Error(t, j.PutSnapshot(1, writeAll(nil)))
					_, err := j.Rotate()
					require.Error(t, err)
					// What was reported as written is in the file, whatever happens now.
					if !firstFails {
						_, r := open(t, copyOf(t, folder), Options{})
						require.GreaterOrEqual(t, r.Last, uint64(4))
						require.Equal(t, opsOf(1, r.Last), r.ops)
					}

					d.failWith(nil)
					d.tick(j)
					require.NoError(t, j.Failing())
					require.Equal(t, []error{nil}, (*told)[1:])
					require.Equal(t, order+3, j.synced.Load())
					appendOps(j, order+4, order+5)
					j.Barrier()
					_, r := open(t, copyOf(t, folder), Options{})
					require.Equal(t, opsOf(1, order+5), r.ops)
					// Read, Rotate and snapshots work with what the repair has left.
					cut, err := j.Rotate()
					require.NoError(t, err)
					r = &read{}
					_, err = j.Read(cut, r.snapshot, r.op)
					require.NoError(t, err)
					require.Equal(t, opsOf(1, order+5), r.ops)
					require.NoError(t, j.PutSnapshot(cut, writeAll([]byte("all"))))
					require.NoError(t, j.Close())
				})
			}
		}
	}
}

// TestFailedSyncIsNotTrusted: after a failed sync, the operating system may have dropped what was written. It is in a
// new segment, and the rest of the old one is void.
func TestFailedSyncIsNotTrusted(t *testing.T) {
	folder := t.TempDir()
	d, j, _ := openFailing(t, folder, nil)
	appendOps(j, 1, 3)
	j.Barrier()
	d.tick(j)
	synced := j.current.bytes
	appendOps(j, 4, 6)
	j.Barrier()
	d.failWith(unix.EIO, "sync", "truncate")
	d.tick(j)
	require.ErrorIs(t, j.Failing(), unix.EIO)
	d.failWith(unix.EIO, "truncate") // so that the old bytes stay
	d.tick(j)
	require.NoError(t, j.Failing())
	files := filesOf(t, folder)
	require.Len(t, files, 3)
	require.Contains(t, files, segmentName(4))
	require.Greater(t, int64(len(files[segmentName(1)])), synced)
	for name, lost := range map[string]string{
		"the old bytes":             files[segmentName(1)],
		"without them":              files[segmentName(1)][:synced],
		"with zeros in their place": files[segmentName(1)][:synced] + strings.Repeat("\x00", 100),
	} {
		files[segmentName(1)] = lost
		_, r := open(t, folderOf(t, files), Options{})
		require.Equal(t, opsOf(1, 6), r.ops, name)
		require.Empty(t, r.log)
	}
}

// hasGap reports whether operations were thrown away.
func hasGap(j *Journal) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.gap
}

// TestGap checks that only a snapshot helps when more operations fail than fit into memory.
func TestGap(t *testing.T) {
	folder := t.TempDir()
	d, j, told := openFailing(t, folder, func(o *Options) { o.MostBuffered = 2000 })
	appendOps(j, 1, 5)
	j.Barrier()
	d.tick(j)
	d.failWith(unix.ENOSPC, "write", "reserve")
	order := uint64(5)
	more := func() {
		order++
		appendOps(j, order, order)
		j.Barrier()
	}
	bounded := func() {
		j.io.Lock()
		defer j.io.Unlock()
		j.mu.Lock()
		defer j.mu.Unlock()
		require.LessOrEqual(t, len(j.buffer)+len(j.unsynced), 2000)
	}
	for !hasGap(j) {
		more()
		if order%10 == 0 { // moves what is in the buffer
			d.tick(j)
		}
		bounded()
	}
	for range 100 { // more than fits, once more
		more()
		bounded()
	}
	d.tick(j)
	require.ErrorIs(t, j.Failing(), unix.ENOSPC)
	require.Len(t, *told, 1)
	require.False(t, j.Gap(), "a snapshot cannot be written either")
	require.Error(t, j.CloseGap(order, []byte("state")))
	require.ErrorIs(t, j.Failing(), unix.ENOSPC)

	d.failWith(nil)
	d.tick(j)
	require.Equal(t, ErrGap, j.Failing())
	require.Equal(t, ErrGap, (*told)[1])
	d.tick(j)
	require.Greater(t, len(*told), 2, "it is said again")
	require.Equal(t, ErrGap, (*told)[len(*told)-1])
	require.True(t, j.Gap())

	// A snapshot from before the latest loss does not help. One after it does, even if further operations follow.
	require.ErrorIs(t, j.CloseGap(6, []byte("state")), errOldSnapshot)
	snapshot := order
	more()
	more()
	require.NoError(t, j.CloseGap(snapshot, []byte("state")))
	require.False(t, j.Gap())
	require.NoError(t, j.Failing())
	require.Equal(t, snapshot, j.SnapshotOrder())
	require.Equal(t, order, j.synced.Load())
	d.tick(j)
	require.NoError(t, (*told)[len(*told)-1])
	more()
	kill(j)

	_, r := open(t, copyOf(t, folder), Options{})
	require.Equal(t, []op{{snapshot, "state"}}, r.snapshots)
	require.Equal(t, opsOf(snapshot+1, order), r.ops)
	// Without that snapshot there is a hole, which is not overlooked.
	files := filesOf(t, folder)
	delete(files, snapshotName(snapshot))
	_, _, err := tryOpen(t, folderOf(t, files), Options{})
	require.ErrorContains(t, err, "but it continues after operation")
}

// TestGapIsClosedByChanged: the callback may close the gap itself.
func TestGapIsClosedByChanged(t *testing.T) {
	var j *Journal
	var errs []error
	d, opened, _ := openFailing(t, t.TempDir(), func(o *Options) {
		o.MostBuffered = 500
		o.Changed = func(err error) {
			errs = append(errs, err)
			if errors.Is(err, ErrGap) {
				require.NoError(t, j.CloseGap(j.appended.Load(), []byte("state")))
			}
		}
	})
	j = opened
	d.failWith(unix.EIO, "write")
	for order := range uint64(100) {
		appendOps(j, order+1, order+1)
		j.Barrier()
	}
	d.failWith(nil)
	d.tick(j)
	require.Len(t, errs, 3)
	require.ErrorIs(t, errs[0], unix.EIO)
	require.Equal(t, []error{ErrGap, nil}, errs[1:])
	require.NoError(t, j.Failing())
}

// hanging makes the next operation of a kind wait, until the returned function is called.
func (d *testDisk) hanging(what string) (hangs chan bool, goOn func()) {
	hangs, goes := make(chan bool), make(chan bool)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = func(asked, path string) error {
		if asked == what {
			d.fault = nil
			d.mu.Unlock()
			hangs <- true
			<-goes
			d.mu.Lock()
		}
		return nil
	}
	return hangs, func() { close(goes) }
}

// TestDiskHangs: when a write or a sync does not return, those who wait are let go, and nothing is lost.
func TestDiskHangs(t *testing.T) {
	for _, what := range []string{"write", "sync"} {
		t.Run(what, func(t *testing.T) {
			d, j, told := openFailing(t, t.TempDir(), nil)
			appendOps(j, 1, 1)
			j.Barrier()
			d.tick(j)
			hangs, goOn := d.hanging(what)
			var all, others sync.WaitGroup
			j.Append(2, []byte(opOf(2).data), true)
			all.Go(j.Barrier) // ends when the disk goes on
			<-hangs
			j.Append(3, []byte(opOf(3).data), true)
			others.Go(j.Barrier) // ends when watch has noticed
			d.looks <- time.Time{}
			d.looks <- time.Time{}
			others.Wait()
			d.looks <- time.Time{} // after it was told
			require.Equal(t, errHangs, j.Failing())
			require.Equal(t, []error{errHangs}, *told)
			j.Append(4, []byte(opOf(4).data), true)
			j.Barrier()
			goOn()
			all.Wait()
			d.tick(j)
			require.NoError(t, j.Failing())
			require.Equal(t, []error{errHangs, nil}, *told)
			require.EqualValues(t, 4, j.synced.Load())
			_, r := open(t, copyOf(t, j.folder), Options{})
			require.Equal(t, opsOf(1, 4), r.ops)
			// Work that goes on is not taken for one that hangs.
			for order := range uint64(5) {
				appendOps(j, order+5, order+5)
				j.Barrier()
				d.looks <- time.Time{}
			}
			require.NoError(t, j.Failing())
		})
	}
}

// TestMemoryIsBoundedWhileTheDiskHangs: what does not fit is thrown away, and those who wait are let go.
func TestMemoryIsBoundedWhileTheDiskHangs(t *testing.T) {
	d, j, _ := openFailing(t, t.TempDir(), func(o *Options) { o.MostBuffered = 1000 })
	hangs, goOn := d.hanging("open")
	var all, others sync.WaitGroup
	appendOps(j, 1, 1)
	all.Go(j.Barrier) // ends when the disk goes on
	<-hangs
	others.Go(j.Barrier) // ends when the memory is full
	for order := uint64(2); !hasGap(j); order++ {
		appendOps(j, order, order)
	}
	others.Wait()
	require.Equal(t, errFull, j.Failing())
	goOn()
	all.Wait()
	d.tick(j)
	require.Equal(t, ErrGap, j.Failing())
	require.NoError(t, j.CloseGap(j.appended.Load(), []byte("state")))
	require.NoError(t, j.Failing())
}

func TestSnapshotThatCannotBeWritten(t *testing.T) {
	for _, what := range []string{"open", "write", "sync", "rename", "folder"} {
		folder := t.TempDir()
		d, j, told := openFailing(t, folder, nil)
		appendOps(j, 1, 5)
		require.NoError(t, j.PutSnapshot(3, writeAll([]byte("three"))))
		j.Barrier()
		d.tick(j)
		d.failWith(unix.ENOSPC, what)
		require.ErrorIs(t, j.PutSnapshot(5, writeAll([]byte("five"))), unix.ENOSPC)
		d.failWith(nil)
		require.NoError(t, j.Failing(), "the journal itself works")
		require.Empty(t, *told)
		require.NoFileExists(t, filepath.Join(folder, snapshotName(5)+newSuffix))
		require.ErrorContains(t, j.PutSnapshot(4, func(io.Writer) error { return errors.New("no") }), "no")
		require.EqualValues(t, 3, j.SnapshotOrder())
		kill(j)
		_, r := open(t, folder, Options{})
		require.Equal(t, opsOf(r.SnapshotOrder+1, 5), r.ops)
	}
}

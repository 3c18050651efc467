package journal

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// op is an operation or a snapshot in a test.
type op struct {
	order uint64
	data  string
}

// opOf returns an operation whose data depend on its order, and have different sizes.
func opOf(order uint64) op {
	return op{order, fmt.Sprintf("op %d%s", order, strings.Repeat("x", int(order*order%17)))}
}

func opsOf(from, to uint64) (ops []op) {
	for order := from; order <= to; order++ {
		ops = append(ops, opOf(order))
	}
	return ops
}

func appendOps(j *Journal, from, to uint64) {
	for _, o := range opsOf(from, to) {
		j.Append(o.order, []byte(o.data), false)
	}
}

// read is what Load or Read has returned.
type read struct {
	Loaded
	snapshots, ops []op
	log            string
}

func (r *read) snapshot(order uint64, data []byte) error {
	r.snapshots = append(r.snapshots, op{order, string(data)})
	return nil
}

func (r *read) op(order uint64, data []byte) error {
	r.ops = append(r.ops, op{order, string(data)})
	return nil
}

// tryOpen opens and loads a folder. The journal is closed at the end of the test.
func tryOpen(t testing.TB, folder string, o Options) (*Journal, *read, error) {
	t.Helper()
	var log bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	if o.disk.open == nil {
		o.disk = quickDisk()
	}
	j, err := Open(folder, o)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { j.Close() })
	r := &read{}
	r.Loaded, err = j.Load(r.snapshot, r.op)
	r.log = log.String()
	if err != nil {
		j.Close()
	}
	return j, r, err
}

func open(t testing.TB, folder string, o Options) (*Journal, *read) {
	t.Helper()
	j, r, err := tryOpen(t, folder, o)
	require.NoError(t, err)
	return j, r
}

// kill ends a journal as the end of its process would: nothing is written or synced.
func kill(j *Journal) {
	if !j.ended.Swap(true) {
		close(j.quit)
		j.running.Wait()
		j.lock.Close()
	}
}

// quickDisk is the real one without its syncs, which take most of the time of tests that open many folders.
func quickDisk() disk {
	d := realDisk()
	open := d.open
	d.open = func(path string, flags int) (file, error) {
		f, err := open(path, flags)
		if err != nil {
			return nil, err
		}
		return quickFile{f}, nil
	}
	d.syncFolder = func(string) error { return nil }
	d.reserve = func(file, int64) error { return nil }
	return d
}

type quickFile struct{ file }

func (quickFile) Sync() error { return nil }

// testDisk is a disk whose operations fail when a test says so, and whose pauses end when a test says so.
type testDisk struct {
	mu sync.Mutex
	// fault is asked before each operation: "open", "write", "sync", "truncate", "rename", "remove", "folder", "reserve".
	fault func(what, path string) error
	// short is how many bytes of a failing write are written.
	short int
	calls map[string]int
	// pauses are those that the journal's goroutine makes; pause is the one that it makes now.
	pauses chan chan time.Time
	pause  chan time.Time
	looks  chan time.Time // each is one of watch
}

func newTestDisk() *testDisk {
	return &testDisk{calls: map[string]int{}, pauses: make(chan chan time.Time, 1), looks: make(chan time.Time)}
}

// failWith makes the given operations fail, or all succeed.
func (d *testDisk) failWith(err error, whats ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = func(what, path string) error {
		for _, w := range whats {
			if w == what {
				return &os.PathError{Op: what, Path: path, Err: err}
			}
		}
		return nil
	}
}

func (d *testDisk) ask(what, path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls[what]++
	if d.fault == nil {
		return nil
	}
	return d.fault(what, path)
}

func (d *testDisk) count(what string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls[what]
}

// tick lets the journal's goroutine do what is due, and returns when that is done and said.
func (d *testDisk) tick(j *Journal) {
	if d.pause == nil {
		j.poke()
		d.pause = <-d.pauses
	}
	d.pause <- time.Time{}
	j.poke()
	d.pause = <-d.pauses // It makes the next pause after that.
}

func (d *testDisk) options() Options {
	real := quickDisk()
	return Options{disk: disk{
		open: func(path string, flags int) (file, error) {
			if err := d.ask("open", path); err != nil {
				return nil, err
			}
			f, err := real.open(path, flags)
			if err != nil {
				return nil, err
			}
			return &testFile{f, d, path}, nil
		},
		rename: func(from, to string) error {
			if err := d.ask("rename", from); err != nil {
				return err
			}
			return real.rename(from, to)
		},
		remove: func(path string) error {
			if err := d.ask("remove", path); err != nil {
				return err
			}
			return real.remove(path)
		},
		syncFolder: func(path string) error {
			if err := d.ask("folder", path); err != nil {
				return err
			}
			return real.syncFolder(path)
		},
		reserve: func(f file, bytes int64) error { return d.ask("reserve", f.(*testFile).path) },
		after: func(time.Duration) <-chan time.Time {
			pause := make(chan time.Time)
			d.pauses <- pause
			return pause
		},
		look: func(time.Duration) <-chan time.Time { return d.looks },
		boot: real.boot,
	}}
}

type testFile struct {
	file
	disk *testDisk
	path string
}

func (f *testFile) WriteAt(data []byte, offset int64) (int, error) {
	if err := f.disk.ask("write", f.path); err != nil {
		n, _ := f.file.WriteAt(data[:min(len(data), f.disk.short)], offset)
		return n, err
	}
	return f.file.WriteAt(data, offset)
}

func (f *testFile) Sync() error {
	if err := f.disk.ask("sync", f.path); err != nil {
		return err
	}
	return f.file.Sync()
}

func (f *testFile) Truncate(size int64) error {
	if err := f.disk.ask("truncate", f.path); err != nil {
		return err
	}
	return f.file.Truncate(size)
}

// filesOf returns the contents of all files of a folder except the lock.
func filesOf(t testing.TB, folder string) map[string]string {
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	files := map[string]string{}
	for _, e := range entries {
		if e.Name() == lockName {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		require.NoError(t, err)
		files[e.Name()] = string(content)
	}
	return files
}

// folderOf writes files into a new folder.
func folderOf(t testing.TB, files map[string]string) string {
	folder := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	return folder
}

// copyOf copies a folder as it is now.
func copyOf(t testing.TB, folder string) string { return folderOf(t, filesOf(t, folder)) }

func TestOperationsAndSnapshotsLast(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "deep", "folder")
	j, r := open(t, folder, Options{disk: realDisk()})
	require.Equal(t, &read{}, r)
	appendOps(j, 1, 10)
	j.Barrier()
	require.NoError(t, j.PutSnapshot(7, writeAll([]byte("seven"))))
	appendOps(j, 11, 12)
	require.NoError(t, j.Close())
	require.ErrorIs(t, j.Close(), ErrClosed)

	j, r = open(t, folder, Options{})
	require.Equal(t, []op{{7, "seven"}}, r.snapshots)
	require.Equal(t, opsOf(8, 12), r.ops)
	require.Equal(t, Loaded{SnapshotOrder: 7, SnapshotBytes: snapshotHeaderBytes + 5, Operations: 5, Last: 12, Segments: 1}, r.Loaded)
	require.Empty(t, r.log)
	require.EqualValues(t, 7, j.SnapshotOrder())

	// A later life continues in a new segment.
	appendOps(j, 13, 13)
	kill(j)
	j, r = open(t, folder, Options{})
	require.Equal(t, opsOf(8, 12), r.ops, "the last one was never written")
	appendOps(j, 13, 14)
	j.Barrier()
	kill(j)
	_, r = open(t, folder, Options{})
	require.Equal(t, opsOf(8, 14), r.ops)
	require.Equal(t, 2, r.Segments)

	info, err := os.Stat(folder)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestOrdersMayJump(t *testing.T) {
	folder := t.TempDir()
	j, _ := open(t, folder, Options{})
	ops := []op{{5, "five"}, {6, "six"}, {100, "hundred"}, {1 << 60, "far"}}
	for _, o := range ops {
		j.Append(o.order, []byte(o.data), false)
	}
	j.Barrier()
	kill(j)
	j, r := open(t, folder, Options{})
	require.Equal(t, ops, r.ops)
	require.Panics(t, func() { j.Append(1<<60, []byte("again"), false) })
	require.Panics(t, func() { j.Append(1<<60-1, []byte("back"), false) })
	require.Panics(t, func() { j.Append(1<<60+1, nil, false) })
	require.Panics(t, func() { j.Append(1<<60+1, make([]byte, mostRecordBytes+1), false) })
	j.Append(1<<60+1, make([]byte, mostRecordBytes), false)
	j.Barrier()
	kill(j)
	_, r = open(t, folder, Options{})
	require.Len(t, r.ops, 5)
	require.Len(t, r.ops[4].data, mostRecordBytes)
}

// TestSyncs counts the syncs that each way of working causes.
func TestSyncs(t *testing.T) {
	t.Run("interval", func(t *testing.T) {
		d := newTestDisk()
		j, _ := open(t, t.TempDir(), d.options())
		before := d.count("sync")
		appendOps(j, 1, 3)
		require.False(t, j.MayWait())
		j.Barrier()
		appendOps(j, 4, 5)
		j.Barrier()
		require.Equal(t, before, d.count("sync"))
		require.EqualValues(t, 0, j.synced.Load())
		d.tick(j)
		require.Equal(t, before+1, d.count("sync"))
		require.EqualValues(t, 5, j.synced.Load())
		d.tick(j)
		require.Equal(t, before+1, d.count("sync"), "there was nothing to sync")
	})
	t.Run("always", func(t *testing.T) {
		d := newTestDisk()
		o := d.options()
		o.Sync = Always
		j, _ := open(t, t.TempDir(), o)
		for order := range uint64(5) {
			appendOps(j, order+1, order+1)
			require.True(t, j.MayWait())
			j.Barrier()
			require.False(t, j.MayWait())
			require.Equal(t, order+1, j.synced.Load())
		}
	})
	t.Run("one that must be synced", func(t *testing.T) {
		d := newTestDisk()
		j, _ := open(t, t.TempDir(), d.options())
		appendOps(j, 1, 2)
		j.Append(3, []byte("precious"), true)
		appendOps(j, 4, 4)
		require.True(t, j.MayWait())
		before := d.count("sync")
		j.Barrier()
		require.Equal(t, before+1, d.count("sync"))
		require.False(t, j.MayWait())
		require.GreaterOrEqual(t, j.synced.Load(), uint64(3))
		appendOps(j, 5, 5)
		require.False(t, j.MayWait())
		j.Barrier()
		require.Equal(t, before+1, d.count("sync"))
	})
}

// TestBarrierOfSomebodyElse: what a barrier writes for somebody else is not taken for synced.
func TestBarrierOfSomebodyElse(t *testing.T) {
	d := newTestDisk()
	j, _ := open(t, t.TempDir(), d.options())
	appendOps(j, 1, 1)
	// A barrier has seen only the first operation, and writes both.
	j.Append(2, []byte("precious"), true)
	j.await(1, 0)
	require.EqualValues(t, 2, j.written.Load())
	require.Zero(t, j.synced.Load())
	require.True(t, j.MayWait())
	j.Barrier()
	require.EqualValues(t, 2, j.synced.Load())

	// Sync waits for everything, and says when it cannot.
	appendOps(j, 3, 4)
	require.NoError(t, j.Sync())
	require.EqualValues(t, 4, j.synced.Load())
	before := d.count("sync")
	require.NoError(t, j.Sync())
	require.Equal(t, before, d.count("sync"))
	d.failWith(unix.EIO, "sync")
	appendOps(j, 5, 5)
	require.ErrorIs(t, j.Sync(), unix.EIO)
	require.ErrorIs(t, j.Sync(), unix.EIO)
	d.failWith(nil)
	d.tick(j)
	require.NoError(t, j.Sync())

	// Nothing on the disk is behind a snapshot.
	appendOps(j, 6, 8)
	require.NoError(t, j.PutSnapshot(7, writeAll([]byte("seven"))))
	require.GreaterOrEqual(t, j.synced.Load(), uint64(7))
}

// TestOperationsWithoutBarrier: what nobody is shown is written after a while too.
func TestOperationsWithoutBarrier(t *testing.T) {
	d := newTestDisk()
	j, _ := open(t, t.TempDir(), d.options())
	appendOps(j, 1, 3)
	d.looks <- time.Time{}
	d.looks <- time.Time{} // after the first has woken the goroutine
	d.pause = <-d.pauses
	d.tick(j)
	require.EqualValues(t, 3, j.synced.Load())
	_, r := open(t, copyOf(t, j.folder), Options{})
	require.Equal(t, opsOf(1, 3), r.ops)
}

func TestAppendDoesNotAllocate(t *testing.T) {
	j, _ := open(t, t.TempDir(), Options{})
	data := bytes.Repeat([]byte("x"), 120)
	order := uint64(0)
	work := func() {
		for range 20 {
			order++
			j.Append(order, data, false)
		}
		j.Barrier()
		j.Barrier()
	}
	work()
	// The copy of what is not synced grows at times.
	require.Less(t, testing.AllocsPerRun(1000, work), 1.0)
}

func TestSegmentsRotateAndAreTrimmed(t *testing.T) {
	d := newTestDisk()
	o := d.options()
	o.SegmentBytes = 1000
	folder := t.TempDir()
	j, _ := open(t, folder, o)
	order := uint64(0)
	segments := func() (n int) {
		f, err := list(folder)
		require.NoError(t, err)
		return len(f.segments)
	}
	for segments() < 5 {
		order++
		appendOps(j, order, order)
		j.Barrier()
		d.tick(j)
	}
	cut, err := j.Rotate()
	require.NoError(t, err)
	require.Equal(t, order, cut)
	again, err := j.Rotate()
	require.NoError(t, err)
	require.Equal(t, cut, again, "without new operations nothing changes")
	appendOps(j, cut+1, cut+1)
	j.Barrier()

	r := &read{}
	r.Loaded, err = j.Read(cut, r.snapshot, r.op)
	require.NoError(t, err)
	require.Equal(t, opsOf(1, cut), r.ops)
	require.Empty(t, r.snapshots)
	r = &read{}
	_, err = j.Read(cut-1, r.snapshot, r.op)
	require.NoError(t, err)
	require.Equal(t, opsOf(1, cut-1), r.ops)
	_, err = j.Read(cut+1, r.snapshot, r.op)
	require.ErrorContains(t, err, fmt.Sprintf("no operation %d in a closed segment", cut+1))

	// With one snapshot everything may be needed. With two, what is before the older one is not.
	before := segments()
	middle := j.closed[2].last - 1
	require.NoError(t, j.PutSnapshot(middle, writeAll([]byte("middle"))))
	require.NoError(t, j.Trim(cut))
	require.Equal(t, before, segments())
	require.NoError(t, j.PutSnapshot(cut, writeAll([]byte("cut"))))
	since, total := j.Sizes()
	require.Equal(t, j.current.bytes, since)
	require.NoError(t, j.Trim(0))
	require.Equal(t, before, segments())
	require.NoError(t, j.Trim(cut))
	require.Equal(t, before-2, segments())
	_, smaller := j.Sizes()
	require.Less(t, smaller, total)
	require.ErrorContains(t, j.PutSnapshot(middle, writeAll(nil)), "cannot follow")
	require.ErrorContains(t, j.PutSnapshot(cut+2, writeAll(nil)), "cannot follow")

	r = &read{}
	_, err = j.Read(cut, r.snapshot, r.op)
	require.NoError(t, err)
	require.Equal(t, []op{{cut, "cut"}}, r.snapshots)
	require.Empty(t, r.ops)
	r = &read{}
	_, err = j.Read(cut-1, r.snapshot, r.op)
	require.NoError(t, err)
	require.Equal(t, []op{{middle, "middle"}}, r.snapshots)
	require.Equal(t, opsOf(middle+1, cut-1), r.ops)

	// A third snapshot removes the first.
	require.NoError(t, j.PutSnapshot(cut+1, writeAll([]byte("last"))))
	f, err := list(folder)
	require.NoError(t, err)
	require.Equal(t, []uint64{cut, cut + 1}, f.snapshots)
	require.NoError(t, j.Close())
	j, r = open(t, folder, Options{})
	require.Equal(t, []op{{cut + 1, "last"}}, r.snapshots)
	require.Empty(t, r.ops)
	require.WithinDuration(t, time.Now(), j.SnapshotTime(), time.Hour)
	require.NoError(t, j.Trim(cut+1))
	require.NoError(t, os.WriteFile(filepath.Join(folder, snapshotName(cut+1)), nil, 0o600))
	j.Close()
	_, r = open(t, folder, Options{})
	require.Equal(t, []op{{cut, "cut"}}, r.snapshots, "the older one is still of use")
	require.Equal(t, opsOf(cut+1, cut+1), r.ops)
}

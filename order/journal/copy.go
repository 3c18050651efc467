package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// copyAttempts is how often a copy is tried if the journal removes or shortens a file in the meantime.
const copyAttempts = 20

// errMoved is returned when the journal has removed or shortened a file while it was being copied.
var errMoved = errors.New("the journal's files have changed while they were copied")

// Copy copies a journal into an empty folder, while a different process may use it. The copy begins with the newest
// whole snapshot that is not after the given operation, so that it also has the operations from there on. It ends with
// what was in the journal's file when Copy was called, or later.
//
// Closed segments and snapshots never change; they are only removed. The copy of the last segment may end in the middle
// of a record; every reader takes that for an unfinished write.
func Copy(from, to string, upTo uint64) error {
	if err := requireJournal(from); err != nil {
		return err
	}
	var err error
	for range copyAttempts {
		if err = copyOnce(from, to, upTo); !errors.Is(err, errMoved) {
			break
		}
		if err := emptyFolder(to); err != nil {
			return err
		}
	}
	return err
}

func copyOnce(from, to string, upTo uint64) error {
	var o opened
	defer o.close()
	if err := o.open(from); err != nil {
		return err
	}
	begin, err := o.copySnapshot(to, upTo)
	if err != nil {
		return err
	}
	for _, f := range o.segmentsAfter(begin) {
		if err := copyFile(f, filepath.Join(to, filepath.Base(f.Name()))); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(to, formatName), []byte(formatPrefix+strconv.Itoa(version)+"\n"))
}

// opened has the snapshots and the segments of a folder, each in order. An open file can be read even after it has been
// removed.
type opened struct{ snapshots, segments []*os.File }

func (o *opened) open(folder string) error {
	f, err := list(folder)
	if err != nil {
		return err
	}
	add := func(to *[]*os.File, name string) error {
		f, err := os.Open(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			return errMoved
		} else if err != nil {
			return fmt.Errorf("cannot read the journal: %w", cause(err))
		}
		*to = append(*to, f)
		return nil
	}
	for _, order := range f.snapshots {
		if err := add(&o.snapshots, snapshotName(order)); err != nil {
			return err
		}
	}
	for _, first := range f.segments {
		if err := add(&o.segments, segmentName(first)); err != nil {
			return err
		}
	}
	return nil
}

func (o *opened) close() {
	for _, f := range append(o.snapshots, o.segments...) {
		f.Close()
	}
}

// copySnapshot copies the snapshot with which the copy begins, and returns the order of its last operation, or 0 if the
// journal goes back to the beginning. If all whole snapshots are after upTo, it takes the oldest.
func (o *opened) copySnapshot(to string, upTo uint64) (order uint64, err error) {
	var content []byte
	for i := len(o.snapshots) - 1; i >= 0 && (order == 0 || order > upTo); i-- {
		path := o.snapshots[i].Name()
		whole, err := io.ReadAll(o.snapshots[i])
		if err != nil {
			return 0, fmt.Errorf("cannot read a snapshot: %w", cause(err))
		}
		_, s, err := parseSnapshot(path, whole)
		var d *damage
		if errors.As(err, &d) {
			continue
		} else if err != nil {
			return 0, err
		}
		order, content = s.order, whole
	}
	if order == 0 || order > upTo && len(o.segments) > 0 && headerOf(o.segments[0]).first != 0 && headerOf(o.segments[0]).previous == 0 {
		return 0, nil
	}
	return order, writeFile(filepath.Join(to, snapshotName(order)), content)
}

// segmentsAfter returns the segments with the operations after a snapshot.
func (o *opened) segmentsAfter(order uint64) []*os.File {
	from := 0
	for i, f := range o.segments {
		if h := headerOf(f); h.first != 0 && h.previous <= order {
			from = i
		}
	}
	return o.segments[from:]
}

// headerOf returns the header of a segment; first is 0 if it is damaged.
func headerOf(f *os.File) (h header) {
	var head [segmentHeaderBytes]byte
	if n, _ := f.ReadAt(head[:], 0); n == len(head) {
		h, _ = parseHeader(head[:])
	}
	return h
}

// copyFile copies what a file contains now, although it may still grow.
func copyFile(from *os.File, path string) error {
	info, err := from.Stat()
	if err != nil {
		return fmt.Errorf("cannot read the journal: %w", cause(err))
	}
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return cause(err)
	}
	n, err := io.Copy(to, io.NewSectionReader(from, 0, info.Size()))
	if err == nil && n < info.Size() {
		err = errMoved
	}
	return errors.Join(err, to.Sync(), to.Close())
}

func writeFile(path string, content []byte) error {
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return cause(err)
	}
	_, err = to.Write(content)
	return errors.Join(err, to.Sync(), to.Close())
}

func emptyFolder(path string) error {
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		err = errors.Join(err, os.Remove(filepath.Join(path, e.Name())))
	}
	return err
}

// User returns the id of the process that uses a folder, "" if none does. The id is "?" if it is not known.
func User(folder string) string {
	lock, err := os.Open(filepath.Join(folder, lockName))
	if err != nil {
		return ""
	}
	defer lock.Close() // releases the lock
	if unix.Flock(int(lock.Fd()), unix.LOCK_SH|unix.LOCK_NB) == nil {
		return ""
	}
	text, _ := io.ReadAll(io.LimitReader(lock, 32))
	if _, err := strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
		return "?"
	}
	return strings.TrimSpace(string(text))
}

// SnapshotInfo describes a snapshot for people.
type SnapshotInfo struct {
	Path  string
	Order uint64
	Bytes int64
	Time  time.Time
	// Problem is why it cannot be used.
	Problem error
}

// Snapshots examines all snapshots of a folder, the oldest first. A different process may use the folder.
func Snapshots(folder string) (infos []SnapshotInfo, err error) {
	f, err := list(folder)
	if err != nil {
		return nil, err
	}
	for _, order := range f.snapshots {
		path := filepath.Join(folder, snapshotName(order))
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile, after a newer one was written
		}
		info := SnapshotInfo{Path: path, Order: order, Bytes: int64(len(content)), Problem: cause(err)}
		if err == nil {
			var s snapshot
			_, s, info.Problem = parseSnapshot(path, content)
			info.Time = s.time
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// Segments returns how many segments a folder has.
func Segments(folder string) (int, error) {
	f, err := list(folder)
	return len(f.segments), err
}

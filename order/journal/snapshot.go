package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// keptSnapshots is how many snapshots are kept: if the newest is damaged, the one before it is used.
const keptSnapshots = 2

// PutSnapshot writes a snapshot of everything up to an order, which must not be after the last operation that was
// appended, nor before the newest snapshot. The snapshot gets its name only when it is on the disk. The last two are
// kept. If the journal has no operations and no snapshots, any order will do, and the journal continues after it.
func (j *Journal) PutSnapshot(order uint64, write func(io.Writer) error) error {
	// The disk always has all operations up to a snapshot, so that the one before it can replace it.
	j.begin(order)
	upTo := min(order, j.appended.Load())
	j.await(upTo, upTo)
	if err := j.Failing(); err != nil {
		return err
	}
	if err := j.putSnapshot(order, write); err != nil {
		return err
	}
	return j.removeSnapshots()
}

// begin makes an empty journal continue after an order.
func (j *Journal) begin(order uint64) {
	j.io.Lock()
	defer j.io.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.appended.Load() == 0 && j.loaded {
		j.before, j.last = order, order
		for _, position := range []*atomic.Uint64{&j.appended, &j.written, &j.synced, &j.urgent} {
			position.Store(order)
		}
	}
}

func (j *Journal) putSnapshot(order uint64, write func(io.Writer) error) error {
	j.putting.Lock()
	defer j.putting.Unlock()
	if newest, appended := j.SnapshotOrder(), j.appended.Load(); order == 0 || order < newest || order > appended {
		return fmt.Errorf("a snapshot of operation %d cannot follow that of %d, at operation %d", order, newest, appended)
	}
	s := snapshot{order: order, time: j.options.Now()}
	err := writeAside(j.options.disk, j.folder, snapshotName(order), func(f file) (err error) {
		s.bytes, err = writeSnapshot(f, order, s.time, write)
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot write a snapshot: %w", cause(err))
	}
	j.io.Lock()
	if j.newest().order == order {
		j.snapshots[len(j.snapshots)-1] = s
	} else {
		j.snapshots = append(j.snapshots, s)
	}
	j.io.Unlock()
	return nil
}

// removeSnapshots removes all snapshots except the last ones. While somebody reads, it leaves that to the next call.
func (j *Journal) removeSnapshots() error {
	if !j.files.TryLock() {
		return nil
	}
	defer j.files.Unlock()
	j.io.Lock()
	old := max(0, len(j.snapshots)-keptSnapshots)
	j.snapshots = j.snapshots[old:]
	kept := map[uint64]bool{}
	for _, s := range j.snapshots {
		kept[s.order] = true
	}
	j.io.Unlock()
	f, err := list(j.folder) // j.snapshots lacks the damaged ones
	if err != nil {
		return err
	}
	for _, order := range f.snapshots {
		if kept[order] {
			continue
		}
		if err := j.options.disk.remove(j.path(snapshotName(order))); err != nil {
			return fmt.Errorf("cannot remove an old snapshot: %w", cause(err))
		}
	}
	return nil
}

// Trim removes the segments that contain nothing after an order, and that no kept snapshot needs. As long as there are
// fewer than two snapshots, every segment may be needed. While somebody reads, it removes nothing.
func (j *Journal) Trim(upTo uint64) error {
	if !j.files.TryLock() {
		return nil
	}
	defer j.files.Unlock()
	for {
		j.io.Lock()
		if len(j.snapshots) < keptSnapshots || len(j.closed) == 0 || j.closed[0].last > min(upTo, j.snapshots[0].order) {
			j.io.Unlock()
			return nil
		}
		oldest := j.closed[0]
		j.io.Unlock()
		// The oldest is removed first, so that those that are left never have a hole.
		if err := j.options.disk.remove(j.path(segmentName(oldest.first))); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cannot remove an old segment: %w", cause(err))
		}
		j.io.Lock()
		j.closed = j.closed[1:]
		j.io.Unlock()
	}
}

// writeSnapshot writes a snapshot into an empty file.
func writeSnapshot(f file, order uint64, at time.Time, write func(io.Writer) error) (bytes int64, err error) {
	w := &snapshotWriter{file: f, offset: snapshotHeaderBytes}
	buffered := bufio.NewWriterSize(w, 256<<10)
	if err := write(buffered); err != nil {
		return 0, err
	}
	if err := buffered.Flush(); err != nil {
		return 0, err
	}
	h := make([]byte, snapshotHeaderBytes)
	copy(h, snapshotMagic)
	binary.LittleEndian.PutUint32(h[8:], version)
	binary.LittleEndian.PutUint64(h[16:], order)
	binary.LittleEndian.PutUint64(h[24:], uint64(w.offset-snapshotHeaderBytes))
	binary.LittleEndian.PutUint64(h[32:], uint64(at.UnixNano()))
	binary.LittleEndian.PutUint32(h[40:], w.check)
	binary.LittleEndian.PutUint32(h[12:], headerCheck(h))
	_, err = f.WriteAt(h, 0)
	return w.offset, err
}

// snapshotWriter writes the data of a snapshot, after the place of its header.
type snapshotWriter struct {
	file   file
	offset int64
	check  uint32
}

func (w *snapshotWriter) Write(data []byte) (int, error) {
	n, err := w.file.WriteAt(data, w.offset)
	w.offset += int64(n)
	w.check = crc32.Update(w.check, castagnoli, data[:n])
	return n, err
}

func writeAll(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// readSnapshot reads and checks a snapshot. The error is a *damage if the snapshot is not whole.
func readSnapshot(path string) (data []byte, s snapshot, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, snapshot{}, fmt.Errorf("cannot read a snapshot: %w", cause(err))
	}
	return parseSnapshot(path, content)
}

func parseSnapshot(path string, content []byte) (data []byte, s snapshot, err error) {
	if len(content) < snapshotHeaderBytes {
		return nil, snapshot{}, &damage{file: path, offset: 0, what: "it is too short for a header"}
	}
	h, data := content[:snapshotHeaderBytes], content[snapshotHeaderBytes:]
	if err := checkHeader(h, snapshotMagic); err != nil {
		return nil, snapshot{}, wrapHeaderError(path, err)
	}
	s = snapshot{
		order: binary.LittleEndian.Uint64(h[16:]),
		bytes: int64(len(content)),
		time:  time.Unix(0, int64(binary.LittleEndian.Uint64(h[32:]))),
	}
	if named, _ := numberOf(path, snapshotSuffix); named != s.order {
		return nil, snapshot{}, &damage{file: path, offset: 16, what: fmt.Sprintf("it is of operation %d, but its name says %d", s.order, named)}
	}
	if length := binary.LittleEndian.Uint64(h[24:]); length != uint64(len(data)) {
		return nil, snapshot{}, &damage{file: path, offset: 24, what: fmt.Sprintf("it has %d bytes of data instead of %d", len(data), length)}
	}
	if crc32.Checksum(data, castagnoli) != binary.LittleEndian.Uint32(h[40:]) {
		return nil, snapshot{}, &damage{file: path, offset: snapshotHeaderBytes, what: "the checksum of the data does not match"}
	}
	return data, s, nil
}

package journal

import (
	"fmt"
	"log/slog"
	"math"
	"os"
	"slices"
	"strings"
)

// Loaded says what Load or Read has found.
type Loaded struct {
	SnapshotOrder uint64 // 0 without a snapshot
	SnapshotBytes int64
	Operations    int    // after the snapshot
	Last          uint64 // the order of the last one, or of the snapshot
	BytesCut      int64  // from the torn end of the last segment
	Segments      int    // that were read
}

// found is what a folder contains, each in order.
type found struct {
	segments  []uint64 // first orders
	snapshots []uint64
	leftovers []string // unfinished files
}

func list(folder string) (f found, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return found{}, fmt.Errorf("cannot read the folder %s: %w", folder, cause(err))
	}
	for _, e := range entries {
		name := e.Name()
		if n, is := numberOf(name, segmentSuffix); is {
			f.segments = append(f.segments, n)
		} else if n, is := numberOf(name, snapshotSuffix); is {
			f.snapshots = append(f.snapshots, n)
		} else if strings.HasSuffix(name, segmentSuffix+newSuffix) || strings.HasSuffix(name, snapshotSuffix+newSuffix) ||
			name == "probe"+newSuffix {
			f.leftovers = append(f.leftovers, name)
		}
	}
	slices.Sort(f.segments)
	slices.Sort(f.snapshots)
	return f, nil
}

// handler receives a snapshot or an operation. The data is valid until it returns.
type handler = func(order uint64, data []byte) error

// Load reads the newest snapshot and all operations after it, and must be called once before the journal is used. It
// cuts off a torn end of the last segment. If the journal has no snapshot or no operations, it does not call their
// handler.
func (j *Journal) Load(snapshot, record handler) (Loaded, error) {
	j.io.Lock()
	defer j.io.Unlock()
	if j.loaded || j.appended.Load() != 0 {
		panic("journal: Load must be called once, before everything else")
	}
	f, err := list(j.folder)
	if err != nil {
		return Loaded{}, err
	}
	p := player{folder: j.folder, upTo: math.MaxUint64, record: record, boot: j.options.disk.boot, log: j.options.Log}
	if err := p.open(f.segments); err != nil {
		return Loaded{}, err
	}
	kept, err := p.start(f.snapshots, snapshot)
	if err != nil {
		return Loaded{}, err
	}
	if err := p.play(); err != nil {
		return Loaded{}, err
	}
	if err := j.cut(&p); err != nil {
		return Loaded{}, err
	}
	for _, name := range f.leftovers {
		if err := j.options.disk.remove(j.path(name)); err != nil {
			return Loaded{}, fmt.Errorf("cannot write to the folder %s: %w", j.folder, cause(err))
		}
	}
	j.closed, j.snapshots, j.loaded = p.segments, kept, true
	j.before, j.check, j.last = p.Last, p.check, p.Last
	j.appended.Store(p.Last)
	j.written.Store(p.Last)
	j.synced.Store(p.Last)
	j.urgent.Store(p.Last)
	return p.Loaded, nil
}

// cut removes the torn end of the last segment, and puts the rest on the disk: a process that was killed may have left
// it in the operating system's memory.
func (j *Journal) cut(p *player) error {
	if len(p.segments) == 0 {
		return nil
	}
	last := &p.segments[len(p.segments)-1]
	path := j.path(segmentName(last.first))
	wrap := func(err error) error { return fmt.Errorf("cannot write to the folder %s: %w", j.folder, cause(err)) }
	f, err := j.options.disk.open(path, os.O_RDWR)
	if err != nil {
		return wrap(err)
	}
	defer f.Close()
	if p.tear != nil {
		if p.BytesCut > 0 {
			j.options.Log.Warn("torn end of the journal cut", "file", path, "offset", p.tear.offset, "bytes", p.BytesCut, "last", p.Last)
		}
		if err := f.Truncate(p.tear.offset); err != nil {
			return wrap(err)
		}
	}
	if err := f.Sync(); err != nil {
		return wrap(err)
	}
	if last.bytes <= segmentHeaderBytes { // it has no operation, and the next segment may need its name
		if err := j.options.disk.remove(path); err != nil {
			return wrap(err)
		}
		p.segments = p.segments[:len(p.segments)-1]
	}
	if err := j.options.disk.syncFolder(j.folder); err != nil {
		return wrap(err)
	}
	return nil
}

// Check is like Load for a folder that no journal has open. It changes nothing: a torn end is only counted.
func Check(folder string, snapshot, record handler) (Loaded, error) {
	if err := requireJournal(folder); err != nil {
		return Loaded{}, err
	}
	f, err := list(folder)
	if err != nil {
		return Loaded{}, err
	}
	p := player{folder: folder, upTo: math.MaxUint64, record: record, boot: currentBoot(), log: slog.New(slog.DiscardHandler)}
	if err := p.open(f.segments); err != nil {
		return Loaded{}, err
	}
	if _, err := p.start(f.snapshots, snapshot); err != nil {
		return Loaded{}, err
	}
	err = p.play()
	return p.Loaded, err
}

// Read is like Load for a journal that is in use: it reads the newest snapshot that is not after an order, and the
// operations after it up to that order. They must be in closed segments: Rotate first.
func (j *Journal) Read(upTo uint64, snapshot, record handler) (Loaded, error) {
	j.files.RLock()
	defer j.files.RUnlock()
	j.io.Lock()
	segments := slices.Clone(j.closed)
	var snapshots []uint64
	for _, s := range j.snapshots {
		if s.order <= upTo {
			snapshots = append(snapshots, s.order)
		}
	}
	j.io.Unlock()
	p := player{folder: j.folder, upTo: upTo, record: record, closed: true, segments: segments, log: j.options.Log}
	if _, err := p.start(snapshots, snapshot); err != nil {
		return Loaded{}, err
	}
	if err := p.play(); err != nil {
		return Loaded{}, err
	}
	if p.Last < upTo {
		return Loaded{}, fmt.Errorf("the journal has no operation %d in a closed segment, only up to %d", upTo, p.Last)
	}
	return p.Loaded, nil
}

package journal

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
)

// player reads a journal: first a snapshot, then the segments after it.
type player struct {
	folder   string
	upTo     uint64
	record   handler
	closed   bool // no segment may have a torn end
	boot     bootID
	log      *slog.Logger
	segments []segment
	// headless: the header of the last segment is damaged. tear is the torn end of the last segment.
	headless bool
	tear     *damage
	check    uint32 // the checksum of the last operation
	Loaded
}

func (p *player) path(name string) string { return filepath.Join(p.folder, name) }

// open reads the headers of the segments. A damaged header of the last one is only noted: playHeadless decides about
// it.
func (p *player) open(firsts []uint64) error {
	for i, first := range firsts {
		path := p.path(segmentName(first))
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("cannot read the journal: %w", cause(err))
		}
		s := segment{bytes: info.Size()}
		s.header, err = readHeader(path)
		var d *damage
		if errors.As(err, &d) && i == len(firsts)-1 {
			p.headless, p.tear, s.first = true, d, first
		} else if err != nil {
			return advise(err)
		} else if i > 0 && s.previous < p.segments[i-1].first {
			return advise(&damage{file: path, offset: 24, what: fmt.Sprintf("it follows operation %d, but the file before it starts later", s.previous)})
		}
		p.segments = append(p.segments, s)
	}
	return nil
}

// advise says what to do about a damaged file.
func advise(err error) error {
	var d *damage
	if errors.As(err, &d) {
		return fmt.Errorf("%w"+seeDoctor, err)
	}
	return err
}

// start loads the newest whole snapshot, or none if the journal goes back to the beginning. It returns the snapshots
// that can be used from now on.
func (p *player) start(orders []uint64, load handler) (kept []snapshot, err error) {
	var broken error
	for i := len(orders) - 1; i >= 0; i-- {
		path := p.path(snapshotName(orders[i]))
		data, s, err := readSnapshot(path)
		var d *damage
		if errors.As(err, &d) {
			if broken == nil {
				broken = err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := p.without(broken, s.order); err != nil {
			return nil, err
		}
		if err := load(s.order, data); err != nil {
			return nil, fmt.Errorf("%s cannot be used: %w", path, err)
		}
		p.SnapshotOrder, p.SnapshotBytes, p.Last = s.order, s.bytes, s.order
		return append(olderSnapshots(p.folder, orders[:i]), s), nil
	}
	return nil, p.without(broken, 0)
}

// without checks that the journal has all operations from an order on. broken is the damage to a newer snapshot, which
// it logs, or nil.
func (p *player) without(broken error, from uint64) error {
	missing := len(p.segments) > 0 && p.segments[0].previous > from || len(p.segments) == 0 && broken != nil
	switch {
	case missing && broken != nil:
		return advise(fmt.Errorf("%w, and operations from %d on, which could replace it, are missing", broken, from+1))
	case missing:
		return advise(&damage{file: p.path(segmentName(p.segments[0].first)), offset: 24, what: fmt.Sprintf("the operations from %d to %d are missing", from+1, p.segments[0].previous), kind: fileMissing})
	case broken != nil:
		p.log.Warn("snapshot damaged", "error", broken, "instead", from)
	}
	return nil
}

// olderSnapshots describes snapshots that are kept but were not read.
func olderSnapshots(folder string, orders []uint64) (kept []snapshot) {
	for _, order := range orders {
		if info, err := os.Stat(filepath.Join(folder, snapshotName(order))); err == nil {
			kept = append(kept, snapshot{order, info.Size(), info.ModTime()})
		}
	}
	return kept
}

// play reads the segments after the snapshot.
func (p *player) play() error {
	// A segment is not needed if the next one begins before the end of the snapshot.
	from := 0
	for i := 1; i < len(p.segments); i++ {
		if p.segments[i].previous <= p.SnapshotOrder && !p.isHeadless(i) {
			from = i
			p.segments[i-1].last = p.segments[i].previous
		}
	}
	for i := from; i < len(p.segments) && p.Last < p.upTo; i++ {
		if err := p.playSegment(i); err != nil {
			return advise(err)
		}
	}
	return nil
}

func (p *player) isHeadless(i int) bool { return p.headless && i == len(p.segments)-1 }

// playSegment reads one segment, up to the operation after which the next one continues.
func (p *player) playSegment(i int) error {
	if p.isHeadless(i) {
		return p.playHeadless()
	}
	s, path := &p.segments[i], p.path(segmentName(p.segments[i].first))
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot read the journal: %w", cause(err))
	}
	defer file.Close()
	if _, err := file.Seek(segmentHeaderBytes, io.SeekStart); err != nil {
		return fmt.Errorf("cannot read the journal: %w", cause(err))
	}
	limit := uint64(math.MaxUint64)
	bounded := i+1 < len(p.segments) && !p.isHeadless(i+1)
	if bounded {
		limit = p.segments[i+1].previous
	}
	p.Segments++
	r := newReader(path, file, s.bytes, s.header)
	err = p.playRecords(r, limit)
	var d *damage
	if errors.As(err, &d) && i == len(p.segments)-1 && !p.closed {
		err = p.tearOff(r, file, d)
	}
	if err != nil {
		return err
	}
	if bounded && p.Last < p.upTo && (r.order != limit || r.check != p.segments[i+1].previousCheck) {
		what := fmt.Sprintf("after operation %d, %s should follow, but it continues after operation %d", r.order, segmentName(p.segments[i+1].first), limit)
		return &damage{file: path, offset: r.offset, what: what, kind: fileMissing}
	}
	s.last = r.order
	if r.order >= p.Last {
		p.Last, p.check = r.order, r.check
	}
	return nil
}

// playRecords hands over the operations of one segment that are after the snapshot, up to a limit.
func (p *player) playRecords(r *reader, limit uint64) error {
	for r.order < min(limit, p.upTo) {
		order, data, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if order <= p.SnapshotOrder || order > p.upTo {
			continue
		}
		if err := p.record(order, data); err != nil {
			return fmt.Errorf("operation %d in %s cannot be used: %w", order, r.file, err)
		}
		p.Operations++
		p.Last = order
	}
	return nil
}

// tearOff decides about damage in the last segment: it is an error, or it is a torn end that Load cuts.
func (p *player) tearOff(r *reader, file *os.File, d *damage) error {
	rest := make([]byte, r.size-d.offset)
	if _, err := file.ReadAt(rest, d.offset); err != nil {
		return fmt.Errorf("cannot read the journal: %w", cause(err))
	}
	s := &p.segments[len(p.segments)-1]
	if !torn(rest, r.order, s.boot != p.boot || p.boot == bootID{}) {
		return d
	}
	p.tear, p.BytesCut, s.bytes = d, int64(len(rest)), d.offset
	return nil
}

// playHeadless decides about a damaged header of the last segment. An interrupted write leaves it too short. A failure
// of the machine may lose the block, which is then zero.
func (p *player) playHeadless() error {
	s := &p.segments[len(p.segments)-1]
	content, err := os.ReadFile(p.path(segmentName(s.first)))
	if err != nil {
		return fmt.Errorf("cannot read the journal: %w", cause(err))
	}
	if len(content) >= segmentHeaderBytes && ([segmentHeaderBytes]byte(content) != [segmentHeaderBytes]byte{} || !torn(content, p.Last, true)) {
		return p.tear
	}
	p.Segments++
	p.tear.offset, p.BytesCut, s.bytes = 0, int64(len(content)), 0
	return nil
}

package journal

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// period is about how long written operations stay without a sync, and how long the journal waits before it tries to
// write again after a failure.
const period = time.Second

// fail starts a failure. From then on nobody waits for the journal, until repair succeeds. The caller holds io.
func (j *Journal) fail(err error) {
	j.failing.CompareAndSwap(nil, &err)
	j.hold()
	j.wrote.Broadcast()
	j.didSync.Broadcast()
	j.poke()
}

// hold tells Append how much memory the failure uses in addition to the buffer. The caller holds io.
func (j *Journal) hold() {
	j.mu.Lock()
	j.held = int64(len(j.unsynced))
	j.mu.Unlock()
}

func (j *Journal) poke() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// run writes and syncs whatever has not been written or synced yet, starts new segments, and repairs. It does so a
// period after it was woken. It ends with Close.
func (j *Journal) run() {
	var pause <-chan time.Time
	for {
		again := false
		select {
		case <-j.quit:
			return
		case <-j.wake:
			j.letGo()
			if pause == nil {
				pause = j.options.disk.after(period)
			}
		case <-pause:
			pause = nil
			again = j.tend()
		}
		j.tell(again)
		if pause == nil && (j.Failing() != nil || j.synced.Load() < j.written.Load()) {
			pause = j.options.disk.after(period)
		}
	}
}

// tell calls Changed if something has changed, or if again is set.
func (j *Journal) tell(again bool) {
	j.telling.Lock()
	defer j.telling.Unlock()
	for now := j.Failing(); now != j.told || again; now = j.Failing() {
		j.told, again = now, false
		j.options.Changed(now)
	}
}

// lookEvery is the time between two checks for a write or sync that does not return. One that is found by two checks in
// a row counts as hanging.
const lookEvery = 5 * time.Second

var errHangs = errors.New("the disk does not answer")

// watch starts a failure when a write or a sync takes too long, so that nobody waits for a disk that does not answer.
// When the disk has answered after all, repair ends the failure. watch ends with Close.
func (j *Journal) watch() {
	var writes, syncs uint64
	for {
		select {
		case <-j.quit:
			return
		case <-j.options.disk.look(lookEvery):
		}
		j.io.Lock()
		if j.failing.Load() == nil && (j.writing && j.writes == writes || j.syncing && j.syncs == syncs) {
			j.fail(errHangs)
		}
		writes, syncs = j.writes, j.syncs
		j.io.Unlock()
		j.tell(false)
		if j.owed.Load() { // nobody calls Barrier for an operation that nobody is shown, but it must be written too
			j.poke()
		}
	}
}

// letGo wakes the goroutines that wait for a journal that fails. Append cannot do that, because it must not take io.
func (j *Journal) letGo() {
	if j.failing.Load() != nil {
		j.io.Lock()
		j.wrote.Broadcast()
		j.didSync.Broadcast()
		j.io.Unlock()
	}
}

// tend does what is due. It reports whether Changed has to be called with ErrGap again.
func (j *Journal) tend() (again bool) {
	j.io.Lock()
	defer j.io.Unlock()
	j.due = false
	if j.failing.Load() == nil {
		if j.owed.Load() && !j.writing && j.claims == 0 {
			j.startWrite()
			j.write()
			j.writing = false
			j.wrote.Broadcast()
		}
		if j.synced.Load() < j.written.Load() && !j.syncing && j.claims == 0 && j.failing.Load() == nil {
			j.startSync()
			j.sync()
			j.syncing = false
			j.didSync.Broadcast()
		}
		if j.current.synced >= j.options.SegmentBytes && j.failing.Load() == nil {
			j.claim()
			defer j.release()
			if j.flush() == nil {
				j.closeCurrent()
			}
		}
		return false
	}
	j.claim()
	defer j.release()
	before := j.Failing()
	j.repair()
	return before == ErrGap && j.Failing() == ErrGap
}

// repair writes the operations that are not on the disk into a new segment, and thus ends the failure. It never
// continues a file for which something has failed: after a failed sync, the operating system may have dropped what it
// had accepted, and may report that only once. The caller holds io and has claimed both.
//
// https://lwn.net/Articles/752063/
func (j *Journal) repair() {
	j.mu.Lock()
	gap := j.gap
	if records := j.buffer[reservedBytes:]; !gap && len(records) > 0 {
		j.unsynced, j.last = append(j.unsynced, records...), j.appended.Load()
		j.buffer, j.before = j.buffer[:reservedBytes], j.last
		j.held = int64(len(j.unsynced))
	}
	j.mu.Unlock()
	var err error
	if len(j.unsynced) > 0 {
		err = j.renew()
	}
	if err == nil && gap {
		err = j.probe()
	}
	j.hold()
	if err != nil {
		j.replaceFailure(fmt.Errorf("cannot write the journal: %w", cause(err)))
		return
	}
	j.dropCurrent()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.gap {
		j.replaceFailure(ErrGap)
		return
	}
	j.held = 0
	j.failing.Store(nil)
}

// replaceFailure notes that the failure has a different reason. If only the file is different, the reason stays.
func (j *Journal) replaceFailure(err error) {
	var old, new unix.Errno
	now := j.Failing()
	if now == nil || now.Error() != err.Error() && !(errors.As(now, &old) && errors.As(err, &new) && old == new) {
		j.failing.Store(&err)
	}
}

// probe checks that there is space for a snapshot, before somebody makes one.
func (j *Journal) probe() error {
	path, bytes := j.path("probe"+newSuffix), j.newest().bytes+1<<20
	j.io.Unlock()
	defer j.io.Lock()
	f, err := j.options.disk.open(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	err = j.options.disk.reserve(f, bytes)
	if err == nil {
		_, err = f.WriteAt(make([]byte, 4096), 0)
	}
	if err == nil {
		err = f.Sync()
	}
	f.Close()
	if removing := j.options.disk.remove(path); err == nil {
		err = removing
	}
	return err
}

// renew writes unsynced into a new segment, syncs it, and makes it the current one. The segment says after which
// operation it continues; what the one before it holds after that is void.
func (j *Journal) renew() error {
	first, check := firstOf(j.unsynced)
	s := segment{header: header{first: first, previous: j.synced.Load(), previousCheck: check, boot: j.options.disk.boot}, last: j.last}
	records, name := j.unsynced, segmentName(first)
	s.bytes = int64(segmentHeaderBytes + len(records))
	j.io.Unlock()
	head := make([]byte, segmentHeaderBytes)
	putHeader(head, s.header)
	err := writeAside(j.options.disk, j.folder, name, func(f file) error {
		if err := j.options.disk.reserve(f, s.bytes); err != nil {
			return err
		}
		if _, err := f.WriteAt(head, 0); err != nil {
			return err
		}
		_, err := f.WriteAt(records, segmentHeaderBytes)
		return err
	})
	j.io.Lock()
	if err != nil {
		return err
	}
	j.dropCurrent()
	s.synced, s.named = s.bytes, true
	j.closed = append(j.closed, s)
	j.written.Store(j.last)
	j.synced.Store(j.last)
	j.forget(len(j.unsynced))
	return nil
}

// dropCurrent closes the current segment after a failure. Only the operations that had been synced count as its
// content. The caller holds io and has claimed both.
func (j *Journal) dropCurrent() {
	s := j.current
	if s.file == nil {
		return
	}
	j.current = segment{}
	if s.synced == 0 { // it has nothing that counts, and renew has replaced it
		s.file.Close()
		return
	}
	// Truncating only saves space: what follows is void in any case.
	if s.file.Truncate(s.synced) == nil {
		s.file.Sync()
	}
	s.file.Close()
	s.file, s.bytes, s.last = nil, s.synced, j.synced.Load()
	j.closed = append(j.closed, s)
}

var errOldSnapshot = errors.New("more operations were thrown away since this snapshot was made")

// CloseGap writes a snapshot that contains everything up to an order, which replaces the operations that were thrown
// away, and continues the journal after it. If the journal has no gap, it only writes the snapshot.
func (j *Journal) CloseGap(order uint64, data []byte) error {
	if err := j.checkGap(order); err != nil {
		return err
	}
	if err := j.putSnapshot(order, writeAll(data)); err != nil {
		return err
	}
	j.io.Lock()
	defer j.io.Unlock()
	j.claim()
	defer j.release()
	j.mu.Lock()
	if !j.gap {
		j.mu.Unlock()
		return nil
	}
	if order < j.before {
		j.mu.Unlock()
		return errOldSnapshot
	}
	j.buffer = append(j.buffer[:reservedBytes], after(j.buffer[reservedBytes:], order)...)
	j.before, j.gap, j.held = order, false, 0
	j.failing.Store(nil)
	j.mu.Unlock()
	// What was not written is in the snapshot.
	j.forget(len(j.unsynced))
	if j.current.file != nil && j.current.synced == 0 {
		j.options.disk.remove(j.path(segmentName(j.current.first))) // Load would skip it.
	}
	j.dropCurrent()
	j.written.Store(order)
	j.synced.Store(order)
	j.last = order
	j.poke()
	return j.flush()
}

// checkGap checks that a snapshot with an order can close the gap, if there is one.
func (j *Journal) checkGap(order uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.gap && order < j.before {
		return errOldSnapshot
	}
	return nil
}

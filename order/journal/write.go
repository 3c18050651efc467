package journal

import (
	"fmt"
	"os"
)

// write writes the buffer to the file. The caller holds io, which is released during the write, and has claimed
// writing.
func (j *Journal) write() {
	batch, before, last := j.take()
	if batch == nil {
		return
	}
	records := batch[reservedBytes:]
	first, check := firstOf(records)
	s, start := j.current, reservedBytes
	switch {
	case s.bytes == 0:
		s.header = header{first: first, previous: before, previousCheck: check, boot: j.options.disk.boot}
		start -= segmentHeaderBytes
		putHeader(batch[start:], s.header)
	case j.synced.Load() > j.marked:
		j.marked = j.synced.Load()
		start -= recordHeaderBytes
		appendRecord(batch[start:start], j.marked, check, nil)
	}
	j.io.Unlock()
	var err error
	if s.file == nil {
		s.file, err = j.options.disk.open(j.path(segmentName(first)), os.O_RDWR|os.O_CREATE|os.O_EXCL)
	}
	if err == nil {
		_, err = s.file.WriteAt(batch[start:], s.bytes)
	}
	j.io.Lock()
	if j.current.file == nil {
		j.current = segment{header: s.header, file: s.file}
	}
	if !j.due {
		j.due = true
		j.poke()
	}
	j.unsynced, j.last = append(j.unsynced, records...), last
	if err != nil {
		j.fail(fmt.Errorf("cannot write the journal: %w", cause(err)))
	} else {
		j.current.bytes += int64(len(batch) - start)
		j.current.last = last
		j.written.Store(last)
	}
	if cap(batch) <= keptBufferBytes {
		j.spare = batch[:reservedBytes]
	}
}

// take takes the buffer away from Append and gives it an empty one. It returns nil if there is nothing to write. The
// caller holds io and has claimed writing.
func (j *Journal) take() (batch []byte, before, last uint64) {
	if j.spare == nil {
		j.spare = make([]byte, reservedBytes, 64<<10)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.buffer) == reservedBytes || j.gap {
		return nil, 0, 0
	}
	batch, before, last = j.buffer, j.before, j.appended.Load()
	j.buffer, j.before = j.spare, last
	j.spare = nil
	return batch, before, last
}

// sync puts what is in the file on the disk. The caller holds io, which is released during the sync, and has claimed
// syncing.
func (j *Journal) sync() {
	s, upTo, done := j.current, j.written.Load(), len(j.unsynced)
	j.io.Unlock()
	err := s.file.Sync()
	if err == nil && !s.named {
		err = j.options.disk.syncFolder(j.folder)
	}
	j.io.Lock()
	if err != nil {
		j.fail(fmt.Errorf("cannot sync the journal: %w", cause(err)))
		return
	}
	j.current.synced, j.current.named = s.bytes, true
	j.synced.Store(upTo)
	j.forget(done)
}

// forget drops bytes from the beginning of unsynced. The caller holds io.
func (j *Journal) forget(bytes int) {
	if used := len(j.unsynced); cap(j.unsynced) > keptBufferBytes && used < cap(j.unsynced)/4 {
		j.unsynced = append(make([]byte, 0, used), j.unsynced[bytes:]...)
	} else {
		j.unsynced = append(j.unsynced[:0], j.unsynced[bytes:]...)
	}
}

// startWrite and startSync claim writing and syncing for the caller, who holds io.
func (j *Journal) startWrite() { j.writing, j.writes = true, j.writes+1 }
func (j *Journal) startSync()  { j.syncing, j.syncs = true, j.syncs+1 }

// claim waits until nobody writes or syncs, and lets nobody else do so until release. The caller holds io.
func (j *Journal) claim() {
	j.claims++
	j.exclusive.Store(true)
	for j.writing || j.syncing {
		if j.writing {
			j.wrote.Wait()
		} else {
			j.didSync.Wait()
		}
	}
	j.claims--
	j.startWrite()
	j.startSync()
}

// release ends a claim. The caller holds io.
func (j *Journal) release() {
	j.writing, j.syncing = false, false
	j.exclusive.Store(j.claims > 0)
	j.wrote.Broadcast()
	j.didSync.Broadcast()
}

// Sync puts all operations that were appended before the call on the disk. The error says why they are not there.
func (j *Journal) Sync() error {
	order := j.appended.Load()
	for {
		j.await(order, order)
		if j.synced.Load() >= order {
			return nil
		}
		if err := j.Failing(); err != nil {
			return err
		}
	}
}

// Rotate closes the current segment: operations that are written later go to a new one. All operations up to cut are
// then on the disk in closed segments, where Read finds them.
func (j *Journal) Rotate() (cut uint64, err error) {
	if err := j.Sync(); err != nil { // so that little is left to sync while the claims are held
		return 0, err
	}
	j.io.Lock()
	defer j.io.Unlock()
	j.claim()
	defer j.release()
	if err := j.flush(); err != nil {
		return 0, err
	}
	j.closeCurrent()
	return j.written.Load(), nil
}

// flush writes and syncs everything. The caller holds io and has claimed both.
func (j *Journal) flush() error {
	if j.failing.Load() == nil {
		j.write()
	}
	if j.failing.Load() == nil && j.synced.Load() < j.written.Load() {
		j.sync()
	}
	return j.Failing()
}

// closeCurrent closes the current segment, which has been synced. The next write starts a new one. The caller holds io
// and has claimed both.
func (j *Journal) closeCurrent() {
	s := j.current
	if s.file == nil {
		return
	}
	s.file.Close() // everything is on the disk, so an error does not matter
	s.file = nil
	j.closed, j.current = append(j.closed, s), segment{}
}

// Close writes and syncs everything and releases the folder. The error says what could not be kept. Later operations
// are not kept.
func (j *Journal) Close() error {
	if j.ended.Swap(true) {
		return ErrClosed
	}
	close(j.quit)
	j.running.Wait()
	j.io.Lock()
	defer j.io.Unlock()
	j.claim()
	defer j.release()
	if j.failing.Load() != nil {
		j.repair()
	}
	err := j.flush()
	if err == nil {
		err = j.markEnd()
	}
	if j.current.file != nil {
		j.current.file.Close()
		j.current.file = nil
	}
	closed := ErrClosed
	j.failing.Store(&closed)
	j.lock.Close()
	return err
}

// markEnd notes at the end of the file that everything in it is on the disk.
func (j *Journal) markEnd() error {
	s := j.current
	if s.file == nil || s.bytes == 0 {
		return nil
	}
	j.mu.Lock()
	mark, _ := appendRecord(nil, s.last, j.check, nil)
	complete := s.last == j.appended.Load()
	j.mu.Unlock()
	if !complete {
		return nil // an operation came after Close, and is not kept
	}
	_, err := s.file.WriteAt(mark, s.bytes)
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		// All operations are on the disk, and the next start cuts off a torn mark.
		return fmt.Errorf("cannot write the end of the journal: %w", cause(err))
	}
	return nil
}

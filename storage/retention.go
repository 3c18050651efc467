package storage

import (
	"database/sql"

	"bavard/state"
)

// work has what the writer knows about the database, and what is left to do there. Only the writer uses it.
type work struct {
	// tails has the encoders of blocks that have space for more lines.
	tails *tails
	// bytes is the size of all blocks of each kind, with blockOverheadBytes for each block.
	bytes [kinds]int
	// doomed: there are blocks of former buffers. expired: everything before this time has been deleted. freed: pages may
	// have become free. erase: the WAL may still have deleted text.
	doomed  bool
	expired int64
	freed   bool
	erase   bool
	// swept has the limits that no buffer exceeds, apart from lines that share a block with lines that are shown. While
	// swept is above the current limits, they have been enforced for the buffers up to the row cursor.
	swept, sweeping [kinds]int
	cursor          int64
	toldBehind      bool
}

const (
	// blockOverheadBytes is the space that a block uses in addition to its data: its row and its entries in two indexes.
	blockOverheadBytes = 200
	// stepBlocks bounds what one step deletes, so that it takes about a millisecond.
	stepBlocks = 8
	// stepBuffers is how many buffers a step looks at.
	stepBuffers = 32
	// freePages is how many pages must be free before some are given back. They must also be a quarter of the file.
	freePages = 256
)

// shed describes what a step has done to a block.
type shed struct {
	buffer int64
	kind   int
	block  int64
	// floor is the number of the first line that is left. rest is the block with what is left of it, zero if it was
	// deleted.
	floor uint64
	rest  block
	// unlisted: no messages are left of the conversation. gone: nothing is left of the buffer.
	unlisted, gone bool
}

// step deletes a part of what is to be deleted, in a transaction of its own. It reports whether there is more to do.
func (s *SQLite) step() (more bool, err error) {
	s.mu.Lock()
	limits, saved, horizon := s.limits, s.saved, s.savedHorizon
	s.mu.Unlock()
	w := &s.work
	switch {
	case w.doomed:
		return s.inSteps(saved, s.stepDoomed)
	case horizon > 0 && horizon != w.expired:
		return s.inSteps(saved, func() ([]shed, error) { return s.stepExpired(horizon) })
	case w.bytes[messages]+w.bytes[events] > limits.bytes:
		return s.inSteps(saved, func() ([]shed, error) { return s.stepBytes(limits.bytes) })
	case w.swept[messages] > limits.most[messages] || w.swept[events] > limits.most[events]:
		return s.inSteps(saved, func() ([]shed, error) { return s.stepSweep(limits.most) })
	case w.freed:
		return true, s.stepVacuum()
	case w.erase:
		return false, s.checkpoint()
	}
	return false, nil
}

// inSteps runs one step in a transaction, and then removes from memory what the step has deleted.
func (s *SQLite) inSteps(saved uint64, do func() ([]shed, error)) (more bool, err error) {
	before := s.work
	var all []shed
	err = s.db.transaction(func() (err error) {
		if all, err = do(); err != nil {
			return err
		}
		for i := range all {
			if err := s.afterShed(&all[i]); err != nil {
				return err
			}
		}
		return s.writeMeta(saved, s.savedHorizon)
	})
	if err != nil {
		s.work = before
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	for i := range all {
		s.shed(&all[i])
	}
	return true, nil
}

// shed removes from memory what a step has deleted.
func (s *SQLite) shed(d *shed) {
	v := s.byID[d.buffer]
	if v == nil {
		return
	}
	st := &v.streams[d.kind]
	st.floor, st.head = max(st.floor, d.floor), 0
	if st.tail.id == d.block {
		st.tail = d.rest
	}
	if d.unlisted {
		v.last = state.Position{}
	}
	if d.gone {
		s.setID(v, 0)
	}
	s.trim(v, d.kind)
}

// afterShed deletes the row of a buffer that has no lines left, and removes a conversation that has no messages left
// from the lists of its parties.
func (s *SQLite) afterShed(d *shed) error {
	if d.rest.id != 0 {
		return nil
	}
	var key, last []byte
	var left [kinds]bool
	found, err := s.db.one(`SELECT key, last, EXISTS (SELECT 1 FROM blocks WHERE buffer = ?1 AND kind = 0), EXISTS (SELECT 1 FROM blocks WHERE buffer = ?1 AND kind = 1)
		FROM buffers WHERE id = ?1`, []any{d.buffer}, &key, &last, &left[messages], &left[events])
	if err != nil || !found {
		return err // it is doomed
	}
	b, err := state.ParseBuffer(key)
	if err != nil {
		return err
	}
	d.gone = !left[messages] && !left[events]
	d.unlisted = !left[messages] && b.Channel() == 0
	switch {
	case d.gone:
		return s.deleteRow(b, d.buffer, parsePlace(last))
	case d.unlisted && last != nil:
		if _, err := s.db.exec("UPDATE buffers SET last = NULL WHERE id = ?", d.buffer); err != nil {
			return err
		}
		return s.unlist(b, d.buffer, parsePlace(last))
	}
	return nil
}

// stepDoomed deletes some blocks of a former buffer.
func (s *SQLite) stepDoomed() ([]shed, error) {
	var buffer int64
	found, err := s.db.one("SELECT buffer FROM doomed LIMIT 1", nil, &buffer)
	if err != nil || !found {
		s.work.doomed = false
		return nil, err
	}
	type doomed struct {
		block
		kind int
	}
	var list []doomed
	err = s.db.rows(func(r *sql.Rows) error {
		var b doomed
		list = append(list, b)
		return r.Scan(&list[len(list)-1].id, &list[len(list)-1].kind, &list[len(list)-1].bytes)
	}, "SELECT id, kind, length(data) FROM blocks WHERE buffer = ? LIMIT ?", buffer, stepBlocks)
	if err != nil {
		return nil, err
	}
	s.work.erase = true
	for _, b := range list {
		if err := s.deleteBlock(b.block, b.kind); err != nil {
			return nil, err
		}
	}
	if len(list) < stepBlocks {
		_, err = s.db.exec("DELETE FROM doomed WHERE buffer = ?", buffer)
	}
	return nil, err
}

// aged is a block with what is needed to delete it.
type aged struct {
	block
	buffer int64
	last   state.Position
}

// oldest returns the oldest blocks of one kind, by their first lines, as far as these are before a position.
func (s *SQLite) oldest(kind int, before state.Position) (list []aged, err error) {
	err = s.db.rows(func(r *sql.Rows) error {
		var a aged
		var last []byte
		if err := r.Scan(&a.id, &a.buffer, &a.start, &a.lines, &a.bytes, &last); err != nil {
			return err
		}
		a.last = parsePlace(last)
		list = append(list, a)
		return nil
	}, "SELECT id, buffer, start, lines, length(data), last FROM blocks WHERE kind = ? AND first < ? ORDER BY first LIMIT ?", kind, placeKey(before), stepBlocks)
	return list, err
}

// stepExpired deletes the lines before a time.
func (s *SQLite) stepExpired(horizon int64) (all []shed, err error) {
	first := state.Position{Elapsed: horizon}
	for kind := range kinds {
		list, err := s.oldest(kind, first)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			d, err := s.trimBlock(a.buffer, kind, a.block, func(l *state.Line, _ uint64) bool { return l.Compare(first) >= 0 }, a.last.Compare(first) < 0)
			if err != nil {
				return nil, err
			}
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		s.work.expired = horizon
	}
	s.work.erase = true
	return all, nil
}

// stepBytes deletes the oldest block of events while these use more than half of the bytes, and otherwise the oldest
// block of either kind.
func (s *SQLite) stepBytes(most int) (all []shed, err error) {
	w := &s.work
	for len(all) < stepBlocks && w.bytes[messages]+w.bytes[events] > most {
		kind, a, err := s.nextToGo(most)
		if err != nil {
			return nil, err
		}
		if a.id == 0 {
			w.bytes = [kinds]int{} // there are no blocks
			break
		}
		if err := s.deleteBlock(a.block, kind); err != nil {
			return nil, err
		}
		all = append(all, shed{buffer: a.buffer, kind: kind, block: a.id, floor: a.end()})
	}
	return all, nil
}

func (s *SQLite) nextToGo(most int) (kind int, a aged, err error) {
	var found [kinds]aged
	var first [kinds][]byte
	for kind := range kinds {
		a := &found[kind]
		_, err := s.db.one("SELECT id, buffer, start, lines, length(data), first FROM blocks WHERE kind = ? ORDER BY first LIMIT 1",
			[]any{kind}, &a.id, &a.buffer, &a.start, &a.lines, &a.bytes, &first[kind])
		if err != nil {
			return 0, aged{}, err
		}
	}
	older := parsePlace(first[events]).Compare(parsePlace(first[messages])) < 0
	if found[events].id != 0 && (found[messages].id == 0 || s.work.bytes[events] > most/2 || older) {
		return events, found[events], nil
	}
	return messages, found[messages], nil
}

// stepSweep deletes the lines of some buffers that exceed a limit that was lowered.
func (s *SQLite) stepSweep(most [kinds]int) (all []shed, err error) {
	w := &s.work
	if w.sweeping != most { // the limits have changed since the last step
		w.sweeping, w.cursor = most, 0
	}
	var ids []int64
	err = s.db.rows(func(r *sql.Rows) error {
		ids = append(ids, 0)
		return r.Scan(&ids[len(ids)-1])
	}, "SELECT id FROM buffers WHERE id > ? ORDER BY id LIMIT ?", w.cursor, stepBuffers)
	for _, id := range ids {
		for kind := range kinds {
			if err == nil {
				all, err = s.sweepStream(all, id, kind, most[kind])
			}
		}
		if err != nil || len(all) >= stepBlocks {
			return all, err // the next step looks at the rest of this buffer
		}
		w.cursor = id
	}
	if len(ids) < stepBuffers {
		w.swept, w.cursor = most, 0
	}
	return all, err
}

// sweepStream deletes the oldest lines of a stream that exceed a limit.
func (s *SQLite) sweepStream(all []shed, buffer int64, kind, most int) ([]shed, error) {
	var tail block
	found, err := s.db.one("SELECT start, lines FROM blocks WHERE buffer = ? AND kind = ? ORDER BY first DESC LIMIT 1", []any{buffer, kind}, &tail.start, &tail.lines)
	if err != nil || !found || tail.end() <= uint64(most) {
		return all, err
	}
	floor := tail.end() - uint64(most)
	var list []block
	err = s.db.rows(func(r *sql.Rows) error {
		var b block
		if err := r.Scan(&b.id, &b.start, &b.lines, &b.bytes); err != nil {
			return err
		}
		if b.start >= floor {
			return errEnough
		}
		list = append(list, b)
		return nil
	}, "SELECT id, start, lines, length(data) FROM blocks WHERE buffer = ? AND kind = ? ORDER BY first LIMIT ?", buffer, kind, stepBlocks)
	for _, b := range list {
		if err != nil {
			break
		}
		var d shed
		d, err = s.trimBlock(buffer, kind, b, func(_ *state.Line, number uint64) bool { return number >= floor }, b.end() <= floor)
		all = append(all, d)
	}
	return all, err
}

// trimBlock deletes a block, or writes it again with only those of its lines that stay. A damaged block is deleted.
func (s *SQLite) trimBlock(buffer int64, kind int, b block, stays func(l *state.Line, number uint64) bool, none bool) (shed, error) {
	d := shed{buffer: buffer, kind: kind, block: b.id, floor: b.end()}
	if none {
		return d, s.deleteBlock(b, kind)
	}
	var data []byte
	if _, err := s.db.one("SELECT data FROM blocks WHERE id = ?", []any{b.id}, &data); err != nil {
		return d, err
	}
	lines, err := decodeBlock(nil, data)
	if err != nil {
		return d, s.deleteBlock(b, kind)
	}
	for len(lines) > 0 && !stays(&lines[0], b.start) {
		lines = lines[1:]
		b.start++
	}
	if len(lines) == 0 {
		return d, s.deleteBlock(b, kind)
	}
	d.rest, d.floor = b, b.start
	d.rest.lines = len(lines)
	s.work.freed = true
	return d, s.rewriteBlock(&d.rest, buffer, kind, lines, b.bytes)
}

// stepVacuum gives some free pages back to the file system, if there are many.
func (s *SQLite) stepVacuum() error {
	var free, pages int
	if _, err := s.db.one("PRAGMA freelist_count", nil, &free); err != nil {
		return err
	}
	if _, err := s.db.one("PRAGMA page_count", nil, &pages); err != nil {
		return err
	}
	if free < freePages || free < pages/4 {
		s.work.freed = false
		return nil
	}
	// Each row of the result is a page.
	return s.db.rows(func(*sql.Rows) error { return nil }, "PRAGMA incremental_vacuum(64)")
}

// checkpoint transfers the WAL into the database file and empties it, so that neither has deleted text any more. While
// a reader is busy, that has to wait.
func (s *SQLite) checkpoint() error {
	var busy, frames, moved int
	_, err := s.db.one("PRAGMA wal_checkpoint(TRUNCATE)", nil, &busy, &frames, &moved)
	if err == nil {
		s.work.erase = busy != 0
	}
	return err
}

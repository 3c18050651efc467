package storage

import (
	"database/sql"
	"maps"
	"slices"

	"bavard/state"
)

// batch is what one transaction saves.
type batch struct {
	changes []change
	nicks   map[state.Party]string
	allGone int
	horizon int64
	kept    uint64
	limits  limits
}

// change has what is new in a buffer. It is made while s.mu is held, and used while it is not.
type change struct {
	live       *live
	key        state.Buffer
	id         int64
	gone       bool
	drops      int
	streams    [kinds]streamChange
	redactions map[state.Position]state.Redaction
	// last is the place at which the database lists a conversation, and newest is the place of the latest message.
	last, newest state.Position
	nicks        [2]string
	nicksChanged bool
}

// streamChange has what is new in a stream: the lines of its last block, if that has space for more, and the lines
// after them.
type streamChange struct {
	lines   []*state.Line
	start   uint64
	visible uint64 // the number of the oldest line that is shown
	floor   uint64
	head    uint64
	tail    block
}

// commit saves everything that waits, in one transaction.
func (s *SQLite) commit() error {
	b, err := s.collect()
	if b == nil || err != nil {
		return err
	}
	totals := s.work.bytes
	if s.options.Journaled != nil {
		err = s.options.Journaled(b.kept)
	}
	if err == nil {
		err = s.db.transaction(func() error { return s.store(b) })
	}
	if err != nil {
		s.work.bytes, s.work.tails = totals, newTails()
	}
	s.finish(b, err)
	return err
}

// collect returns a snapshot of everything that waits, or nil if nothing does.
func (s *SQLite) collect() (*batch, error) {
	if err := s.loadDirty(); err != nil {
		return nil, err
	}
	// Now s.mu is held, and all buffers that wait are loaded.
	defer s.mu.Unlock()
	if len(s.dirty) == 0 && len(s.nicks) == 0 && s.allGone == 0 && s.kept == s.saved && !s.expiring() && s.limits.most == s.savedLimits {
		return nil, nil
	}
	b := &batch{nicks: s.nicks, allGone: s.allGone, horizon: s.horizon, kept: s.kept, limits: s.limits}
	s.nicks, s.nicksInFlight = map[state.Party]string{}, b.nicks
	b.changes = make([]change, len(s.dirty))
	for i, v := range s.dirty {
		v.queued, v.inFlight = false, true
		b.changes[i] = s.changeOf(v)
	}
	s.inFlight, s.dirty = s.dirty, s.inFlight[:0]
	return b, nil
}

// loadDirty loads the buffers that wait to be saved, and locks s.mu, unless there is an error.
func (s *SQLite) loadDirty() error {
	s.mu.Lock()
	for i := 0; i < len(s.dirty); i++ {
		v := s.dirty[i]
		if v.loaded {
			continue
		}
		s.mu.Unlock()
		if _, err := s.acquire(v.key); err != nil { // locks s.mu again
			return err
		}
	}
	return nil
}

// changeOf returns a snapshot of what is new in a buffer. s.mu is held.
func (s *SQLite) changeOf(v *live) change {
	c := change{
		live: v, key: v.key, id: v.id, gone: v.gone, drops: v.drops, redactions: maps.Clone(v.redactions),
		last: v.last, nicks: v.nicks, nicksChanged: v.nicksChanged,
	}
	v.nicksChanged = false
	for kind := range v.streams {
		st, sc := &v.streams[kind], &c.streams[kind]
		sc.visible, sc.floor, sc.head, sc.tail = st.visible(s.limits.most[kind]), st.floor, st.head, st.tail
		if st.saved == st.lines.len() {
			continue
		}
		sc.start = max(st.needed(), st.first)
		for i := int(sc.start - st.first); i < st.lines.len(); i++ {
			sc.lines = append(sc.lines, *st.lines.at(i))
		}
		if kind == messages {
			c.newest = sc.lines[len(sc.lines)-1].Position
		}
	}
	return c
}

// store writes a batch. It runs in a transaction, and holds no lock.
func (s *SQLite) store(b *batch) error {
	if b.allGone > 0 {
		if err := s.dropTalks(); err != nil {
			return err
		}
	}
	for i := range b.changes {
		if err := s.storeChange(&b.changes[i]); err != nil {
			return err
		}
	}
	for party, nick := range b.nicks {
		const learn = `INSERT INTO people SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM talks WHERE party = ?1)
			ON CONFLICT (party) DO UPDATE SET nick = excluded.nick WHERE nick <> excluded.nick`
		if _, err := s.db.exec(learn, party.Key(), nick); err != nil {
			return err
		}
	}
	// After a higher limit, the next lower one has to be enforced in all buffers again.
	for kind, most := range b.limits.most {
		s.work.swept[kind] = max(s.work.swept[kind], most)
	}
	return s.writeMeta(b.kept, b.horizon)
}

func (s *SQLite) writeMeta(upTo uint64, horizon int64) error {
	w := &s.work
	_, err := s.db.exec("UPDATE meta SET up_to = ?, horizon = ?, message_bytes = ?, event_bytes = ?, most_messages = ?, most_events = ?",
		int64(upTo), horizon, w.bytes[messages], w.bytes[events], w.swept[messages], w.swept[events])
	return err
}

func (s *SQLite) storeChange(c *change) error {
	if c.gone {
		if err := s.dropBuffer(c.key); err != nil {
			return err
		}
		c.id = 0
	}
	if c.id == 0 && (len(c.streams[messages].lines) > 0 || len(c.streams[events].lines) > 0) {
		result, err := s.db.exec("INSERT INTO buffers (key) VALUES (?)", c.key.Key())
		if err != nil {
			return err
		}
		if c.id, err = result.LastInsertId(); err != nil {
			return err
		}
	}
	for kind := range c.streams {
		if err := s.storeStream(c.id, kind, &c.streams[kind]); err != nil {
			return err
		}
	}
	for at, by := range c.redactions {
		for kind := range c.streams {
			if err := s.redactStored(c, kind, at, by); err != nil {
				return err
			}
		}
	}
	if c.key.Channel() == 0 && c.id != 0 {
		return s.storeTalk(c)
	}
	return nil
}

// storeStream writes the new lines of a stream, and deletes the blocks that have only lines that are no longer shown.
func (s *SQLite) storeStream(buffer int64, kind int, sc *streamChange) error {
	lines, start := sc.lines, sc.start
	if len(lines) == 0 {
		return nil
	}
	replaced := sc.tail
	if !replaced.open() {
		replaced = block{}
	}
	e := s.work.tails.take(replaced, start)
	for len(lines) > 0 {
		for e.lines < len(lines) && !e.full() {
			e.add(lines[e.lines])
		}
		b := block{id: replaced.id, start: start, lines: e.lines}
		if err := s.writeBlock(&b, buffer, kind, lines[:e.lines], e.block(), replaced.bytes); err != nil {
			return err
		}
		if sc.head == 0 && sc.tail.id == 0 { // it is the oldest block
			sc.floor, sc.head = b.start, b.end()
		}
		sc.tail, replaced = b, block{}
		lines, start = lines[b.lines:], b.end()
		if len(lines) > 0 {
			e.reset()
		}
	}
	s.work.tails.put(sc.tail, e)
	if sc.visible > sc.floor && sc.visible >= sc.head {
		return s.deleteHidden(buffer, kind, sc)
	}
	return nil
}

// writeBlock writes a block: a new one if it has no id, otherwise in the place of an earlier version of it.
func (s *SQLite) writeBlock(b *block, buffer int64, kind int, lines []*state.Line, data []byte, bytesBefore int) error {
	const (
		insert = "INSERT INTO blocks (buffer, kind, first, last, start, lines, data) VALUES (?, ?, ?, ?, ?, ?, ?)"
		extend = "UPDATE blocks SET first = ?, last = ?, start = ?, lines = ?, data = ? WHERE id = ?"
	)
	first, last := placeKey(lines[0].Position), placeKey(lines[len(lines)-1].Position)
	b.bytes = len(data)
	s.work.bytes[kind] += len(data) - bytesBefore
	if b.id != 0 {
		_, err := s.db.exec(extend, first, last, int64(b.start), b.lines, data, b.id)
		return err
	}
	s.work.bytes[kind] += blockOverheadBytes
	result, err := s.db.exec(insert, buffer, kind, first, last, int64(b.start), b.lines, data)
	if err != nil {
		return err
	}
	b.id, err = result.LastInsertId()
	return err
}

// rewriteBlock writes a block again, with other lines.
func (s *SQLite) rewriteBlock(b *block, buffer int64, kind int, lines []state.Line, bytesBefore int) error {
	s.work.tails.forget(b.id)
	e := s.work.tails.take(block{}, 0)
	for i := range lines {
		e.add(&lines[i])
	}
	err := s.writeBlock(b, buffer, kind, pointers(lines), e.block(), bytesBefore)
	s.work.tails.spare = e
	return err
}

// deleteHidden deletes the oldest blocks of a stream, those that have only lines that are no longer shown. If there are
// many, the next transaction continues.
func (s *SQLite) deleteHidden(buffer int64, kind int, sc *streamChange) error {
	var hidden []block
	sc.head = 0
	err := s.db.rows(func(r *sql.Rows) error {
		var b block
		if err := r.Scan(&b.id, &b.start, &b.lines, &b.bytes); err != nil {
			return err
		}
		sc.floor, sc.head = b.start, b.end()
		if b.end() > sc.visible || b.id == sc.tail.id {
			return errEnough
		}
		hidden = append(hidden, b)
		return nil
	}, "SELECT id, start, lines, length(data) FROM blocks WHERE buffer = ? AND kind = ? ORDER BY first LIMIT 8", buffer, kind)
	for _, b := range hidden {
		if err == nil {
			err = s.deleteBlock(b, kind)
		}
	}
	return err
}

func (s *SQLite) deleteBlock(b block, kind int) error {
	s.work.bytes[kind] -= b.bytes + blockOverheadBytes
	s.work.freed = true
	s.work.tails.forget(b.id)
	_, err := s.db.exec("DELETE FROM blocks WHERE id = ?", b.id)
	return err
}

// redactStored deletes the text of a message that the database has.
func (s *SQLite) redactStored(c *change, kind int, at state.Position, by state.Redaction) error {
	var b block
	var data []byte
	found, err := s.db.one("SELECT id, start, lines, data FROM blocks WHERE buffer = ? AND kind = ? AND first <= ? ORDER BY first DESC LIMIT 1",
		[]any{c.id, kind, placeKey(at)}, &b.id, &b.start, &b.lines, &data)
	if err != nil || !found {
		return err
	}
	lines, err := decodeBlock(nil, data)
	if err != nil {
		// Nobody can read the block any more, but it may still contain the text.
		_, err = s.db.exec("UPDATE blocks SET data = zeroblob(length(data)) WHERE id = ?", b.id)
		s.work.erase = true
		return err
	}
	i := slices.IndexFunc(lines, func(l state.Line) bool { return l.Position == at })
	if i < 0 {
		return nil
	}
	s.work.erase = true // even if it is redacted already: the WAL may still have earlier versions of the block
	if !redactable(&lines[i]) {
		return nil
	}
	lines[i] = lines[i].Redacted(by)
	if err := s.rewriteBlock(&b, c.id, kind, lines, len(data)); err != nil {
		return err
	}
	if tail := &c.streams[kind].tail; tail.id == b.id {
		tail.bytes = b.bytes
	}
	return nil
}

// finish records in memory what a transaction has saved, or that it failed.
func (s *SQLite) finish(b *batch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nicksInFlight = nil
	if err != nil {
		for party, nick := range b.nicks {
			if _, is := s.nicks[party]; !is {
				s.nicks[party] = nick
			}
		}
	} else {
		s.epoch++
		s.allGone -= b.allGone
		s.saved = b.kept
		s.savedHorizon, s.savedLimits = b.horizon, b.limits.most
	}
	for i := range b.changes {
		c := &b.changes[i]
		c.live.inFlight = false
		switch {
		case err != nil:
			c.live.nicksChanged = c.live.nicksChanged || c.nicksChanged && c.drops == c.live.drops
			s.queue(c.live)
		case c.drops == c.live.drops: // otherwise the buffer has been dropped meanwhile
			s.finishChange(c)
		}
	}
	clear(s.inFlight)
	s.inFlight = s.inFlight[:0]
	s.evict()
}

func (s *SQLite) finishChange(c *change) {
	v := c.live
	v.gone = false
	s.setID(v, c.id)
	v.last = c.last
	for at := range c.redactions {
		delete(v.redactions, at)
		s.pendingRedactions--
	}
	for kind := range v.streams {
		st, sc := &v.streams[kind], &c.streams[kind]
		st.tail = sc.tail
		if len(sc.lines) > 0 {
			st.floor, st.head = sc.floor, sc.head
			saved := max(0, int(int64(sc.tail.end()-st.first))) // lines may have been trimmed meanwhile
			for i := st.saved; i < saved; i++ {
				s.pendingBytes -= size(*st.lines.at(i))
			}
			st.saved = max(st.saved, saved)
		}
		s.trim(v, kind)
	}
}

package storage

import (
	"database/sql"
	"maps"
	"math"
	"slices"

	"bavard/state"
)

// The queries of readers. The blocks of a stream do not overlap, so the places of their first lines are enough to find
// a line.
const (
	queryBuffer = "SELECT id, last, nick0, nick1 FROM buffers WHERE key = ?"
	queryNewest = "SELECT id, start, lines, data FROM blocks WHERE buffer = ? AND kind = ? ORDER BY first DESC LIMIT 2"
	queryOldest = "SELECT start, lines FROM blocks WHERE buffer = ? AND kind = ? ORDER BY first LIMIT 1"
	queryBack   = "SELECT start, data FROM blocks WHERE buffer = ? AND kind = ? AND first < ? ORDER BY first DESC"
	queryOnward = `SELECT start, data FROM blocks WHERE buffer = ?1 AND kind = ?2 AND first < ?4
		AND first >= coalesce((SELECT first FROM blocks WHERE buffer = ?1 AND kind = ?2 AND first <= ?3 ORDER BY first DESC LIMIT 1), x'') ORDER BY first`
)

var queries = []string{queryBuffer, queryNewest, queryOldest, queryBack, queryOnward, queryTalksBack, queryTalksOnward, queryNick}

// afterAll is the position after all lines.
var afterAll = state.Position{Elapsed: math.MaxInt64, Order: math.MaxUint64, Index: math.MaxUint16}

// read calls row for each row of a query, on one of the connections for readers.
func (db *database) read(row func(*sql.Rows) error, text string, args ...any) error {
	rows, err := db.reading[text].Query(args...)
	return eachRow(rows, err, row)
}

// stored is the part of a buffer that is in the database.
type stored struct {
	id      int64
	last    state.Position
	nicks   [2]string
	streams [kinds]struct {
		lines       []*state.Line // the newest
		floor, head uint64
		tail        block
	}
}

// fetch reads the part of a buffer that memory needs from the database, nil if the database does not have the buffer.
func (db *database) fetch(key state.Buffer) (found *stored, err error) {
	err = db.read(func(r *sql.Rows) error {
		found = new(stored)
		var last []byte
		err := r.Scan(&found.id, &last, &found.nicks[0], &found.nicks[1])
		found.last = parsePlace(last)
		return err
	}, queryBuffer, key.Key())
	for kind := range kinds {
		if found != nil && err == nil {
			err = db.fetchStream(found, kind)
		}
	}
	return found, err
}

// fetchStream reads the newest lines of one kind: those of the newest block, and of the one before it if it is small.
func (db *database) fetchStream(found *stored, kind int) error {
	st := &found.streams[kind]
	complete := true
	err := db.read(func(r *sql.Rows) error {
		var b block
		var data sql.RawBytes
		if err := r.Scan(&b.id, &b.start, &b.lines, &data); err != nil {
			return err
		}
		b.bytes = len(data)
		st.floor, st.head = b.start, b.end()
		newest := st.tail.id == 0
		if !newest && (len(st.lines) >= blockLines/2 || len(st.lines) != st.tail.lines) {
			complete = false
			return errEnough
		}
		lines, err := decodeBlock(nil, data)
		if err != nil || len(lines) != b.lines || !newest && b.end() != st.tail.start {
			lines, b.lines = nil, max(b.lines, blockLines) // no lines are added to a damaged block; whoever reads it gets an error
		}
		if newest {
			st.tail = b
		}
		st.lines = slices.Concat(pointers(lines), st.lines)
		complete = newest
		return nil
	}, queryNewest, found.id, kind)
	if err != nil || complete {
		return err
	}
	return db.read(func(r *sql.Rows) error {
		var b block
		err := r.Scan(&b.start, &b.lines)
		st.floor, st.head = b.start, b.end()
		return err
	}, queryOldest, found.id, kind)
}

func pointers(lines []state.Line) []*state.Line {
	list := make([]*state.Line, len(lines))
	for i := range lines {
		list[i] = &lines[i]
	}
	return list
}

// acquire returns the loaded entry of a buffer, or nil if the buffer has no lines. Unless there is an error, it locks
// s.mu, and the caller must unlock it.
func (s *SQLite) acquire(key state.Buffer) (*live, error) {
	s.mu.Lock()
	for {
		v := s.index.of(key)
		if v != nil && v.loaded {
			s.recent.MoveToFront(v.place)
			return v, nil
		}
		if v == nil && s.allGone > 0 && key.Channel() == 0 {
			return nil, nil
		}
		epoch := s.epoch
		s.mu.Unlock()
		found, err := s.db.fetch(key)
		if err != nil {
			return nil, s.db.explain(err)
		}
		s.mu.Lock()
		if s.epoch != epoch {
			continue // what was fetched may be outdated
		}
		if found == nil && s.index.of(key) == nil {
			return nil, nil
		}
		if v = s.live(key); !v.loaded {
			s.install(v, found)
		}
		s.evictExcept(v)
		return v, nil
	}
}

// evictExcept is evict, but keeps this buffer, which the caller is about to read.
func (s *SQLite) evictExcept(v *live) {
	inFlight := v.inFlight
	v.inFlight = true
	s.evict()
	v.inFlight = inFlight
}

// install completes an entry with what the database has. The lines that the entry has already are newer.
func (s *SQLite) install(v *live, found *stored) {
	v.loaded = true
	if found == nil {
		return
	}
	s.setID(v, found.id)
	v.last = found.last
	if !v.nicksChanged {
		v.nicks = found.nicks
	}
	for kind := range v.streams {
		st, from := &v.streams[kind], &found.streams[kind]
		base := from.tail.end()
		waiting := st.lines
		before := st.first // the number of waiting lines that are not shown any more
		st.floor, st.head, st.tail = from.floor, from.head, from.tail
		st.first = base + before
		if before > 0 {
			continue // then those in the database are not shown either
		}
		st.first -= uint64(len(from.lines))
		st.saved = len(from.lines)
		st.lines = ring[*state.Line]{}
		for _, line := range from.lines {
			if by, is := v.redactions[line.Position]; is && redactable(line) {
				redacted := line.Redacted(by)
				line = &redacted
			}
			st.lines.push(line)
			s.cachedBytes += size(line)
		}
		for i := range waiting.len() {
			st.lines.push(*waiting.at(i))
		}
		s.trim(v, kind)
	}
}

// shown returns the later of a position and the one up to which lines are too old to be shown.
func (s *SQLite) shown(after state.Position) state.Position {
	if s.horizon == 0 {
		return after
	}
	oldest := state.Position{Elapsed: s.horizon}.Previous()
	if after.Compare(oldest) < 0 {
		return oldest
	}
	return after
}

// part is a page of lines of one kind, while it is being filled.
type part struct {
	query *state.Page
	after state.Position
	// lines are in the direction in which the page is filled, and at most as many as the page can have.
	lines []*state.Line
	// The other fields say which lines to read from the database: those from floor to before first.
	older        bool
	buffer       int64
	kind         int
	floor, first uint64
	redactions   map[state.Position]state.Redaction
}

// Page returns a page of a buffer's lines, in ascending order.
func (s *SQLite) Page(of state.Buffer, q state.Page) ([]state.Line, error) {
	if q.Most <= 0 {
		return nil, nil
	}
	v, err := s.acquire(of)
	if err != nil {
		return nil, err
	}
	var parts [kinds]part
	if v != nil {
		parts[messages] = s.part(v, messages, &q)
		if q.Events {
			parts[events] = s.part(v, events, &q)
		}
	}
	s.mu.Unlock()
	for i := range parts {
		if p := &parts[i]; p.older {
			if err := p.readOlder(s.db); err != nil {
				return nil, s.db.explain(err)
			}
		}
	}
	return merge(parts[messages].lines, parts[events].lines, &q), nil
}

// part collects the lines of a page that are in memory. s.mu is held.
func (s *SQLite) part(v *live, kind int, q *state.Page) part {
	st := &v.streams[kind]
	p := part{query: q, after: s.shown(q.After), buffer: v.id, kind: kind, floor: st.visible(s.limits.most[kind]), first: st.first, redactions: maps.Clone(v.redactions)}
	from := st.search(func(l *state.Line) bool { return l.Compare(p.after) > 0 })
	if p.floor > st.first {
		from = max(from, int(p.floor-st.first))
	}
	to := st.lines.len()
	if !q.Before.IsZero() {
		to = st.search(func(l *state.Line) bool { return l.Compare(q.Before) >= 0 })
	}
	for from < to && len(p.lines) < q.Most {
		var line *state.Line
		if q.Newest {
			to--
			line = *st.lines.at(to)
		} else {
			line = *st.lines.at(from)
			from++
		}
		if q.Wants(line) {
			p.lines = append(p.lines, line)
		}
	}
	p.older = v.hasOlder(kind, p.after) && p.floor < st.first && (!q.Newest || len(p.lines) < q.Most)
	return p
}

// readOlder adds the lines that only the database has.
func (p *part) readOlder(db *database) error {
	before := afterAll
	if !p.query.Before.IsZero() {
		before = p.query.Before
	}
	var older []*state.Line
	enough := false
	row := func(r *sql.Rows) error {
		var start uint64
		var data sql.RawBytes
		if err := r.Scan(&start, &data); err != nil {
			return err
		}
		lines, err := decodeBlock(nil, data)
		if err != nil {
			return err
		}
		older, enough = p.choose(older, lines, start, before)
		if enough {
			return errEnough
		}
		return nil
	}
	if p.query.Newest {
		err := db.read(row, queryBack, p.buffer, p.kind, placeKey(before))
		p.lines = append(p.lines, older...)
		return err
	}
	err := db.read(row, queryOnward, p.buffer, p.kind, placeKey(p.after), placeKey(before))
	p.lines = append(older, p.lines...)
	p.lines = p.lines[:min(len(p.lines), p.query.Most)]
	return err
}

// choose appends those lines of a block that belong to the page. enough is true if the page needs no other blocks.
func (p *part) choose(to []*state.Line, lines []state.Line, start uint64, before state.Position) (_ []*state.Line, enough bool) {
	most := p.query.Most
	if p.query.Newest {
		most -= len(p.lines)
	}
	for i := range lines {
		at := i
		if p.query.Newest {
			at = len(lines) - 1 - i
		}
		line, number := &lines[at], start+uint64(at)
		late := number >= p.first || line.Compare(before) >= 0
		early := number < p.floor || line.Compare(p.after) <= 0
		switch {
		case late && !p.query.Newest, early && p.query.Newest, len(to) >= most:
			return to, true
		case late, early:
			continue
		}
		if by, is := p.redactions[line.Position]; is && redactable(line) {
			redacted := line.Redacted(by)
			line = &redacted
		}
		if p.query.Wants(line) {
			to = append(to, line)
		}
	}
	return to, len(to) >= most
}

// merge makes a page from the lines of both kinds, which are in the direction in which the page is filled.
func merge(a, b []*state.Line, q *state.Page) []state.Line {
	n := min(len(a)+len(b), q.Most)
	if n == 0 {
		return nil
	}
	page := make([]state.Line, 0, n)
	for len(page) < n {
		from := &a
		if len(a) == 0 || len(b) > 0 && (b[0].Compare(a[0].Position) > 0) == q.Newest {
			from = &b
		}
		page = append(page, *(*from)[0])
		*from = (*from)[1:]
	}
	if q.Newest {
		slices.Reverse(page)
	}
	return page
}

// Find returns the line at a position in a buffer.
func (s *SQLite) Find(in state.Buffer, at state.Position) (line state.Line, found bool, err error) {
	q := state.Page{After: at.Previous(), Before: at, Most: 1, Events: true, Redacted: true}
	v, err := s.acquire(in)
	if err != nil || v == nil {
		if err == nil {
			s.mu.Unlock()
		}
		return state.Line{}, false, err
	}
	var parts [kinds]part
	for kind := range parts {
		st := &v.streams[kind]
		if i := st.find(at); i >= 0 && st.first+uint64(i) >= st.visible(s.limits.most[kind]) && s.shown(q.After) == q.After {
			line = **st.lines.at(i)
			s.mu.Unlock()
			return line, true, nil
		}
		parts[kind] = s.part(v, kind, &q)
	}
	s.mu.Unlock()
	for i := range parts {
		if p := &parts[i]; p.older {
			if line, found, err = p.find(s.db, at); found || err != nil {
				return line, found, s.db.explain(err)
			}
		}
	}
	return state.Line{}, false, nil
}

// find looks for a line in the block in which it must be.
func (p *part) find(db *database, at state.Position) (line state.Line, found bool, err error) {
	err = db.read(func(r *sql.Rows) error {
		var start uint64
		var data sql.RawBytes
		if err := r.Scan(&start, &data); err != nil {
			return err
		}
		lines, err := decodeBlock(nil, data)
		if err != nil {
			return err
		}
		for i := range lines {
			if number := start + uint64(i); lines[i].Position == at && number >= p.floor && number < p.first && at.Compare(p.after) > 0 {
				line, found = lines[i], true
			}
		}
		return errEnough
	}, queryBack, p.buffer, p.kind, placeKey(next(at)))
	if by, is := p.redactions[at]; found && is && redactable(&line) {
		line = line.Redacted(by)
	}
	return line, found, err
}

// next returns the position right after p.
func next(p state.Position) state.Position {
	switch {
	case p.Index < math.MaxUint16:
		p.Index++
	case p.Order < math.MaxUint64:
		p.Order, p.Index = p.Order+1, 0
	}
	return p
}

// LastTime returns when the latest message of a buffer was sent, by the state's clock, or 0 if there is none.
func (s *SQLite) LastTime(of state.Buffer) (int64, error) {
	v, err := s.acquire(of)
	if err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	if v == nil {
		return 0, nil
	}
	return s.lastMessage(v).Elapsed, nil
}

// lastMessage returns the place of the latest message that can be shown, zero if there is none.
func (s *SQLite) lastMessage(v *live) state.Position {
	st := &v.streams[messages]
	n := st.lines.len()
	if n == 0 || s.limits.most[messages] <= 0 {
		return state.Position{}
	}
	last := (*st.lines.at(n - 1)).Position
	if last.Compare(s.shown(state.Position{})) <= 0 {
		return state.Position{}
	}
	return last
}

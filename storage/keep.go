package storage

import (
	"errors"
	"strings"

	"bavard/state"
)

// ErrBehind means that history could not be saved for so long that new history is no longer kept. See SQLite.Keep.
var ErrBehind = errors.New("new history is not kept any more, because too much waits to be saved")

// Keep takes over the records of operations, in their order. upTo is the order of the last operation; the first one
// follows the upTo of the previous call. Operations that were kept before are ignored. Only one goroutine may call Keep
// at a time. Readers see the records at once; the database has them after the next transaction.
//
// While more than Options.PendingBytes wait for the writer, Keep waits too. But if the writer cannot write, Keep does
// not wait: from then on it ignores what it is given, and UpTo stays where it is. The caller learns that from
// Options.Changed (ErrBehind) and from Behind, and ends it with Resume.
func (s *SQLite) Keep(records []state.Record, upTo uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.pending() >= s.options.PendingBytes && s.failing == nil && !s.closed {
		s.room.Wait()
	}
	if s.pending() >= s.options.PendingBytes && !s.behind {
		s.behind = true
		s.wakeWriter()
	}
	if upTo <= s.kept || s.behind || s.closed {
		return
	}
	for i := range records {
		s.keep(&records[i])
	}
	s.kept = upTo
	s.evict()
	s.wakeWriter()
}

// Behind reports whether Keep ignores what it is given, because too much waits for a writer that cannot write.
func (s *SQLite) Behind() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behind
}

// Resume makes Keep accept records again. The operations between UpTo and the next call of Keep are missing from
// history. Without Resume, the next start of the daemon plays the operations after UpTo, and none is missing.
func (s *SQLite) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behind = false
}

// pending returns about how many bytes wait for the writer.
func (s *SQLite) pending() int {
	const each = 200
	return s.pendingBytes + each*(len(s.nicks)+len(s.dirty)+s.pendingRedactions)
}

// keep takes over one record.
func (s *SQLite) keep(r *state.Record) {
	switch {
	case r.Line != nil:
		if r.Line.Order <= s.kept || s.limits.most[kindOf(r.Line)] <= 0 {
			return
		}
		for _, key := range r.To {
			v := s.live(key)
			s.push(v, r.Line)
			s.queue(v)
		}
	case r.Redact != nil:
		by := r.Redact.By
		by.Reason = strings.Clone(by.Reason)
		for _, key := range r.Redact.In {
			s.redact(s.live(key), r.Redact.At, by)
		}
	case r.Drop != nil:
		v := s.live(*r.Drop)
		s.clear(v)
		v.gone = true
		s.queue(v)
	case r.Rename != nil:
		s.nicks[r.Rename.Who] = strings.Clone(r.Rename.Nick)
	case r.All:
		for _, v := range s.index.talks {
			s.clear(v)
			s.setID(v, 0)
		}
		s.allGone++
	}
}

// live returns the entry of a buffer, and creates it if there is none.
func (s *SQLite) live(key state.Buffer) *live {
	if v := s.index.of(key); v != nil {
		s.recent.MoveToFront(v.place)
		return v
	}
	v := &live{key: key}
	// While the deletion of all conversations waits for the writer, those in the database do not count.
	v.loaded = s.allGone > 0 && key.Channel() == 0
	s.index.add(key, v)
	v.place = s.recent.PushFront(v)
	s.cachedBytes += liveOverheadBytes
	return v
}

// evict removes the least recently used buffers from memory while they use too much, except those that wait for the
// writer.
func (s *SQLite) evict() {
	for spared := 0; s.cachedBytes > s.options.CacheBytes && spared < mostSpared; {
		e := s.recent.Back()
		if e == nil {
			return
		}
		if v := e.Value.(*live); v.clean() {
			s.forget(v)
		} else {
			s.recent.MoveToFront(e)
			spared++
		}
	}
}

// forget removes a buffer from memory.
func (s *SQLite) forget(v *live) {
	for kind := range v.streams {
		for st := &v.streams[kind]; st.lines.len() > 0; {
			s.pop(st)
		}
	}
	s.recent.Remove(v.place)
	s.index.remove(v.key)
	s.setID(v, 0)
	s.cachedBytes -= liveOverheadBytes
}

// setID records which row of the database a buffer has.
func (s *SQLite) setID(v *live, id int64) {
	if s.byID[v.id] == v {
		delete(s.byID, v.id)
	}
	v.id = id
	if id != 0 {
		s.byID[id] = v
	}
}

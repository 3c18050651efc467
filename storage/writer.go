package storage

import (
	"fmt"
	"time"
)

type requestKind int

const (
	flush       requestKind = iota // save what waits
	settle                         // also delete all that is to be deleted
	stopFlushed                    // save what waits, and end
	stopAtOnce                     // end
)

// request is something that a different goroutine asks of the writer.
type request struct {
	kind   requestKind
	answer chan error
}

// ask asks the writer to do something, and waits until it has.
func (s *SQLite) ask(kind requestKind) error {
	r := request{kind, make(chan error, 1)}
	select {
	case s.requests <- r:
		return <-r.answer
	case <-s.stopped:
		return errStopped
	}
}

// wakeWriter tells the writer that something is waiting: once before each save, and once more when that becomes urgent.
// s.mu is held.
func (s *SQLite) wakeWriter() {
	urgent := s.urgent()
	if s.woken && (s.hurried || !urgent) {
		return
	}
	s.woken, s.hurried = true, urgent
	select {
	case s.wake <- struct{}{}:
	default: // it has been told already
	}
}

// urgent reports whether so much waits that the writer should save it at once. While the writer cannot write, nothing
// is urgent. s.mu is held.
func (s *SQLite) urgent() bool {
	return s.failing == nil && s.pending() >= min(batchBytes, s.options.PendingBytes/2)
}

// run is the writer. A timer starts when something begins to wait; when it ends, or when much waits, everything that
// waits is saved. Between transactions, the writer deletes what is to be deleted, in steps that leave time for others.
func (s *SQLite) run() {
	defer close(s.stopped)
	commit, tidy := time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	commit.Stop()
	tidy.Reset(s.options.Interval)
	waiting := false
	for {
		select {
		case r := <-s.requests:
			err := s.serve(r)
			if r.kind == stopFlushed || r.kind == stopAtOnce {
				commit.Stop()
				tidy.Stop()
				r.answer <- err
				return
			}
			r.answer <- err
			tidy.Reset(0)
			continue
		case <-s.wake:
			s.mu.Lock()
			urgent := s.urgent()
			s.hurried = urgent // it may be so later
			s.mu.Unlock()
			if !urgent {
				if !waiting {
					waiting = true
					commit.Reset(s.options.Interval)
				}
				continue
			}
		case <-commit.C:
		case <-tidy.C:
			if pause := s.tidy(); pause > 0 {
				tidy.Reset(pause)
			}
			continue
		}
		waiting = false
		commit.Stop()
		if s.save() != nil {
			waiting = true
			commit.Reset(s.options.Interval)
		}
		tidy.Reset(0)
	}
}

// serve does what was asked.
func (s *SQLite) serve(r request) error {
	if r.kind == stopAtOnce {
		return nil
	}
	if err := s.save(); err != nil {
		return err
	}
	for r.kind == settle {
		more, err := s.step()
		if err != nil || !more {
			return s.db.explain(err)
		}
	}
	return nil
}

// save saves everything that waits, and calls Options.Changed if the result is news.
func (s *SQLite) save() error {
	s.mu.Lock()
	s.woken, s.hurried = false, false
	s.mu.Unlock()
	err := s.db.explain(s.commit())
	s.mu.Lock()
	news := (err == nil) != (s.failing == nil)
	s.failing = err
	s.room.Broadcast()
	behind := s.behind && !s.work.toldBehind
	s.work.toldBehind = s.behind
	s.mu.Unlock()
	if s.options.Changed == nil {
		return err
	}
	if behind && err != nil {
		s.options.Changed(fmt.Errorf("%w: %w", ErrBehind, err))
	} else if behind {
		s.options.Changed(ErrBehind)
	}
	if news {
		s.options.Changed(err)
	}
	return err
}

// tidy deletes a part of what is to be deleted, and returns how long to wait before the next call; 0: there is nothing
// more. The pause is at least as long as the work, so it takes at most half of the time.
func (s *SQLite) tidy() (pause time.Duration) {
	from := time.Now()
	more, err := s.step()
	switch {
	case err != nil:
		return s.options.Interval // save reports errors that last, because it meets them too
	case more:
		return max(time.Millisecond, time.Since(from))
	case s.work.erase:
		return s.options.Interval
	}
	return 0
}

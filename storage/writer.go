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

// request is something that the writer does for others.
type request struct {
	kind   requestKind
	answer chan error
}

// ask has the writer do something, and waits for it.
func (s *SQLite) ask(kind requestKind) error {
	r := request{kind, make(chan error, 1)}
	select {
	case s.requests <- r:
		return <-r.answer
	case <-s.stopped:
		return errStopped
	}
}

// wakeWriter tells the writer that something is waiting: once before it saves, and once more if that is urgent. s.mu is
// held.
func (s *SQLite) wakeWriter() {
	urgent := s.urgent()
	if s.woken && (s.hurried || !urgent) {
		return
	}
	s.woken, s.hurried = true, urgent
	select {
	case s.wake <- struct{}{}:
	default: // it has been told
	}
}

// urgent reports whether so much waits that it is saved at once. While the writer cannot write, it does not hurry. s.mu
// is held.
func (s *SQLite) urgent() bool {
	return s.failing == nil && s.pending() >= min(batchBytes, s.options.PendingBytes/2)
}

// run is the writer. A timer starts when something waits; with the timer or with enough of it, all that waits is saved.
// Between transactions it deletes what is to be deleted, in steps that leave time for others.
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

// save saves all that waits, and tells how that went if it is news.
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

// tidy deletes a little of what is to be deleted, and returns when to go on; 0: there is nothing more. It takes at most
// half of the time.
func (s *SQLite) tidy() (pause time.Duration) {
	from := time.Now()
	more, err := s.step()
	switch {
	case err != nil:
		return s.options.Interval // save tells of lasting errors, because it has the same ones
	case more:
		return max(time.Millisecond, time.Since(from))
	case s.work.erase:
		return s.options.Interval
	}
	return 0
}

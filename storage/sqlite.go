package storage

import (
	"container/list"
	"errors"
	"sync"
	"time"

	"bavard/state"
)

// Options say where on the disk a history is kept, and how much of it.
type Options struct {
	// Path is the file. SQLite keeps two more beside it, with the same name followed by -wal and -shm.
	Path string
	// The greatest numbers of messages and of other events that a buffer keeps, and about how many bytes all blocks can
	// have.
	MostMessages, MostEvents, MostBytes int
	// CacheBytes bounds the memory for the newest lines of buffers in use; 0: 16 MiB. What waits for the writer can exceed
	// it.
	CacheBytes int
	// PendingBytes bounds what waits for the writer; 0: 32 MiB.
	PendingBytes int
	// Interval is how long lines wait at most before they are written; 0: two seconds. It is also the time after which the
	// writer tries again after an error.
	Interval time.Duration
	// Journaled, if set, is called by the writer before each transaction with the last operation that it saves. It returns
	// once the journal has all operations up to that one on the disk, so that the database is never ahead of the journal,
	// not even after a power failure. After an error, nothing is saved.
	Journaled func(upTo uint64) error
	// Changed is called by the writer with an error when it can no longer write, with ErrBehind when Keep begins to ignore
	// what it is given, and with nil once everything that was kept is saved. It must not call methods that wait for the
	// writer: Flush, Backup, Close.
	Changed func(error)
}

const (
	// batchBytes is the size of waiting lines from which on the writer does not wait for the end of the interval.
	batchBytes = 2 << 20
	// cachedLines is how many lines of each kind memory keeps of a buffer in use.
	cachedLines = 2 * blockLines
	// liveOverheadBytes is the memory that a buffer uses in addition to its lines.
	liveOverheadBytes = 700
	// mostSpared bounds how many buffers are tried in the search for one that need not stay in memory.
	mostSpared = 32
)

// SQLite is a history on disk.
//
// One goroutine, the writer, changes the database: it saves what Keep was given in transactions. Each also stores the
// operation up to which the database is then complete. Until lines are saved, readers get them from memory. So readers
// see everything that was kept, and after a crash at any moment, playing the operations after UpTo restores the rest.
type SQLite struct {
	options Options
	db      *database
	// requests carries what others ask of the writer. stopped is closed when the writer has ended. wake tells it that
	// something is waiting.
	requests chan request
	wake     chan struct{}
	stopped  chan struct{}
	work     work // only the writer uses it

	// mu protects the rest between the caller of Keep, readers and the writer. No query runs while it is held.
	mu     sync.Mutex
	room   *sync.Cond // for Keep, which waits for the writer
	limits limits
	// horizon is the time before which nothing is shown.
	horizon int64
	// savedHorizon and savedLimits are the horizon and the limits that the last transaction stored.
	savedHorizon int64
	savedLimits  [kinds]int
	// kept is the last operation that Keep was given, and saved is the last one that the database has.
	kept, saved uint64
	behind      bool
	failing     error // why the writer cannot write
	// woken: the writer has been told that something is waiting. hurried: it has been told that this is urgent.
	woken, hurried bool
	closed         bool
	index          index[*live]
	byID           map[int64]*live
	recent         list.List // of *live, the most recently used first
	// cachedBytes is the size of all lines in memory, and pendingBytes the size of those that are not saved.
	cachedBytes, pendingBytes, pendingRedactions int
	dirty, inFlight                              []*live
	// nicks has the nicks of parties that have changed since the last transaction.
	nicks, nicksInFlight map[state.Party]string
	// allGone counts the deletions of all conversations that the database does not have yet.
	allGone int
	// epoch counts the transactions.
	epoch uint64
}

type limits struct {
	most  [kinds]int
	bytes int
}

// Open opens a history on disk, or creates it. Its errors are one line for operators, which names the file.
func Open(o Options) (*SQLite, error) {
	if o.CacheBytes <= 0 {
		o.CacheBytes = 16 << 20
	}
	if o.PendingBytes <= 0 {
		o.PendingBytes = 32 << 20
	}
	if o.Interval <= 0 {
		o.Interval = 2 * time.Second
	}
	db, err := openDatabase(o.Path)
	if err != nil {
		return nil, err
	}
	s := newSQLite(o, db)
	if err := s.readMeta(); err != nil {
		db.close()
		return nil, db.explain(err)
	}
	go s.run() // ends with Close
	return s, nil
}

func newSQLite(o Options, db *database) *SQLite {
	s := &SQLite{
		options: o, db: db, requests: make(chan request), wake: make(chan struct{}, 1), stopped: make(chan struct{}),
		limits: limits{[kinds]int{o.MostMessages, o.MostEvents}, o.MostBytes},
		index:  newIndex[*live](), byID: map[int64]*live{}, nicks: map[state.Party]string{},
	}
	s.room = sync.NewCond(&s.mu)
	return s
}

// readMeta reads the operation up to which the database is complete, and what is left to do.
func (s *SQLite) readMeta() error {
	w := &s.work
	w.tails = newTails()
	err := s.db.pool.QueryRow("SELECT up_to, horizon, message_bytes, event_bytes, most_messages, most_events FROM meta").Scan(
		&s.saved, &s.horizon, &w.bytes[messages], &w.bytes[events], &w.swept[messages], &w.swept[events])
	if err != nil {
		return err
	}
	s.kept = s.saved
	s.savedHorizon = s.horizon
	w.doomed, w.erase = true, true
	return nil
}

// SetLimits changes how many messages and other events a buffer keeps, and about how many bytes all blocks can have.
// Lines that exceed the limits are no longer shown, and the writer deletes them. If a limit is raised before they are
// deleted, they are shown again.
func (s *SQLite) SetLimits(mostMessages, mostEvents, mostBytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = limits{[kinds]int{mostMessages, mostEvents}, mostBytes}
	for v := range s.index.all {
		for kind := range v.streams {
			s.trim(v, kind)
		}
	}
	s.wakeWriter()
}

// Expire deletes the lines whose time, by the state's clock, is before the given one. They are no longer shown from now
// on. The writer deletes them about once a minute, so Expire may be called often.
func (s *SQLite) Expire(before int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.horizon = max(s.horizon, before)
	if s.expiring() {
		s.wakeWriter()
	}
}

// expiring reports whether the horizon has moved so far since the last transaction that the writer should delete the
// lines before it.
func (s *SQLite) expiring() bool { return s.horizon-s.savedHorizon >= int64(time.Minute) }

// UpTo returns the order of the operation up to which the database is complete. What came later is only in memory.
func (s *SQLite) UpTo() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved
}

// Flush waits until the database has all that Keep was given.
func (s *SQLite) Flush() error { return s.ask(flush) }

// Close saves what waits, and closes the file. After an error, the operations after UpTo have not been saved, and have
// to be played again.
func (s *SQLite) Close() error {
	s.mu.Lock()
	s.closed = true
	s.room.Broadcast()
	s.mu.Unlock()
	return s.stop(stopFlushed)
}

// Abandon closes the file, and saves nothing more.
func (s *SQLite) Abandon() error {
	s.mu.Lock()
	s.closed = true
	s.room.Broadcast()
	s.mu.Unlock()
	return s.stop(stopAtOnce)
}

func (s *SQLite) stop(r requestKind) error {
	err := s.ask(r)
	switch {
	case s.db.connection == nil: // it was opened for reading
		return s.db.close()
	case errors.Is(err, errStopped):
		return nil // closed already
	}
	<-s.stopped
	return errors.Join(err, s.db.explain(s.db.close()))
}

// errStopped says that the writer has ended.
var errStopped = errors.New("the history database is closed")

package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Sync says when operations are put on the disk.
type Sync uint8

const (
	// Interval: within about a second after they were written. Only a failure of the machine can lose that second.
	Interval Sync = iota
	// Always: before Barrier returns.
	Always
)

// Options configure a journal. Their zero values are good choices.
type Options struct {
	Sync Sync
	// SegmentBytes is the size at which a new segment is started, within about a second. The default is 16 MiB.
	SegmentBytes int64
	// MostBuffered bounds the operations in memory while the disk fails or hangs. The default is 64 MiB.
	MostBuffered int64
	Log          *slog.Logger
	// Now returns the time of day for snapshots.
	Now func() time.Time
	// Changed is called with an error when the journal starts to fail, and with nil when it works again. When operations
	// had to be thrown away and the disk may work again, it is called with ErrGap about once a second, until CloseGap
	// succeeds. Its calls do not overlap. They are made outside all locks, and may use every method except Close.
	Changed func(error)

	disk disk
}

func (o Options) withDefaults() Options {
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = 16 << 20
	}
	if o.MostBuffered <= 0 {
		o.MostBuffered = 64 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Changed == nil {
		o.Changed = func(error) {}
	}
	if o.disk.open == nil {
		o.disk = realDisk()
	}
	return o
}

var (
	// ErrGap is the reason why nothing is kept after operations had to be thrown away: without them, what follows is of no
	// use until CloseGap has written a snapshot.
	ErrGap = errors.New("the disk failed for so long that operations had to be thrown away; a new snapshot is needed")
	// ErrClosed is the error of a journal after Close.
	ErrClosed = errors.New("the journal is closed")
)

// Journal keeps the operations and snapshots of one folder. All methods can be called at any time by any goroutine,
// except that Load comes first, and that Append is called in the order of the operations.
type Journal struct {
	folder  string
	options Options
	lock    *os.File

	// owed says whether Barrier has anything to do. It may be true although there is nothing.
	owed atomic.Bool
	// appended, written and synced are the orders of the latest operation that was appended, is in the file, and is on the
	// disk. urgent is the order of the latest operation that Barrier has to sync. Each only increases.
	appended, written, synced, urgent atomic.Uint64
	// failing is the reason why nothing is kept at present, nil if all is well.
	failing atomic.Pointer[error]
	// exclusive says whether somebody has both claims, or waits for them.
	exclusive atomic.Bool

	// mu protects the buffer, which Append fills and whoever writes takes away. It is held for at most as long as a copy
	// of the data takes.
	mu     sync.Mutex
	buffer []byte // free space of reservedBytes, then the records that nobody has taken for writing yet
	before uint64 // the order of the operation before the first one in buffer
	check  uint32 // the checksum of the latest operation
	gap    bool   // operations before those in buffer were thrown away
	held   int64  // the size of unsynced while the journal fails, otherwise 0

	// io protects everything below; goroutines that write, sync or change files meet here. It is not held during I/O:
	// whoever writes or syncs claims that by setting writing or syncing, and nobody else uses the file meanwhile. claims
	// is the number of goroutines that wait for both claims.
	io               sync.Mutex
	writing, syncing bool
	claims           int
	writes, syncs    uint64 // how often writing and syncing were claimed
	wrote, didSync   sync.Cond
	loaded           bool
	due              bool   // whether the journal's goroutine knows that there is something to sync
	spare            []byte // an empty buffer, owned by whoever has claimed writing
	// unsynced has the records after synced that are in the file, or that could not be written. last is the order of the
	// latest of them.
	unsynced []byte
	last     uint64
	marked   uint64 // the order in the latest mark
	current  segment
	closed   []segment // in order

	// putting is held while a snapshot is written.
	putting sync.Mutex
	// files is held while closed segments and snapshots are read, and exclusively while they are deleted.
	files     sync.RWMutex
	snapshots []snapshot // in order; protected by io

	// telling is held while Changed is called; told is the argument of the last call.
	telling sync.Mutex
	told    error
	// wake informs run that there is something to do. quit ends run and watch.
	wake, quit chan struct{}
	running    sync.WaitGroup
	ended      atomic.Bool // whether Close was called
}

// segment is one file of operations.
type segment struct {
	header
	last   uint64 // the order of its latest operation
	bytes  int64  // up to the end of the latest complete write
	synced int64  // the bytes that are on the disk
	file   file   // nil if the segment is closed
	named  bool   // whether its name is on the disk
}

type snapshot struct {
	order uint64
	bytes int64
	time  time.Time
}

// reservedBytes is the space that a buffer has before its records, for what may have to be written before them.
const reservedBytes = max(segmentHeaderBytes, recordHeaderBytes)

// keptBufferBytes is the size up to which a buffer is kept for later use.
const keptBufferBytes = 4 << 20

func newJournal(folder string, o Options, lock *os.File) *Journal {
	j := &Journal{
		folder: folder, options: o, lock: lock,
		buffer: make([]byte, reservedBytes, 64<<10), spare: make([]byte, reservedBytes, 64<<10),
		wake: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	j.wrote.L, j.didSync.L = &j.io, &j.io
	j.running.Go(j.run)   // ends with Close
	j.running.Go(j.watch) // ends with Close
	return j
}

// Append adds an operation to the buffer. Its order must be greater than all earlier ones. With mustSync, Barrier puts
// it on the disk whatever Options.Sync says. Append makes no system call and keeps nothing of data.
func (j *Journal) Append(order uint64, data []byte, mustSync bool) {
	if len(data) == 0 || len(data) > mostRecordBytes {
		panic(fmt.Sprintf("journal: operation %d has %d bytes", order, len(data)))
	}
	j.mu.Lock()
	if previous := j.appended.Load(); order <= previous {
		j.mu.Unlock()
		panic(fmt.Sprintf("journal: operation %d after %d", order, previous))
	}
	if int64(len(j.buffer)+recordHeaderBytes+len(data))+j.held > j.options.MostBuffered {
		j.throwAway()
	}
	j.buffer, j.check = appendRecord(j.buffer, order, j.check, data)
	if mustSync || j.options.Sync == Always {
		j.urgent.Store(order)
	}
	j.appended.Store(order)
	if !j.owed.Load() {
		j.owed.Store(true)
	}
	j.mu.Unlock()
}

// throwAway empties the buffer, which is full because the disk fails or hangs. The caller holds mu.
func (j *Journal) throwAway() {
	if len(j.buffer) == reservedBytes {
		return // it is empty: what fills the memory is being written already
	}
	j.gap = true
	j.buffer, j.before = j.buffer[:reservedBytes], j.appended.Load()
	j.failing.CompareAndSwap(nil, &errFull)
	j.poke()
}

var errFull = errors.New("the disk does not keep up, and the memory for operations is full")

// Barrier returns when all that was appended before the call is in the file, and on the disk if it must be. It returns
// at once while the journal fails. One of the callers writes for all, and the others wait for the operations that they
// need.
func (j *Journal) Barrier() {
	if !j.owed.Load() {
		return
	}
	urgent := j.urgent.Load() // read first, so that it is not greater than appended
	j.await(j.appended.Load(), urgent)
}

// await returns when the operations up to the order written are in the file and those up to the order synced are on the
// disk, or when the journal fails.
func (j *Journal) await(written, synced uint64) {
	if j.failing.Load() != nil {
		return
	}
	j.io.Lock()
	defer j.io.Unlock()
	for j.failing.Load() == nil {
		switch {
		case j.written.Load() < written:
			if j.writing || j.claims > 0 {
				j.wrote.Wait()
				continue
			}
			j.startWrite()
			j.write()
			j.writing = false
			j.wrote.Broadcast()
			if int64(len(j.unsynced)) > j.options.MostBuffered {
				synced = written
			}
		case j.synced.Load() < synced:
			if j.syncing || j.claims > 0 {
				j.didSync.Wait()
				continue
			}
			j.startSync()
			j.sync()
			j.syncing = false
			j.didSync.Broadcast()
		default:
			j.settle()
			return
		}
	}
}

// settle clears owed if Barrier has nothing to do. The caller holds io.
func (j *Journal) settle() {
	j.mu.Lock()
	if len(j.buffer) == reservedBytes && j.written.Load() == j.appended.Load() && j.synced.Load() >= j.urgent.Load() {
		j.owed.Store(false)
	}
	j.mu.Unlock()
}

// MayWait reports whether the next Barrier has to wait for the disk, and not only for a write to the operating system's
// memory.
func (j *Journal) MayWait() bool {
	return j.owed.Load() && (j.synced.Load() < j.urgent.Load() || j.exclusive.Load()) && j.failing.Load() == nil
}

// Failing returns the reason why nothing is kept at present, or nil.
func (j *Journal) Failing() error {
	if err := j.failing.Load(); err != nil {
		return *err
	}
	return nil
}

// Gap reports whether operations had to be thrown away and the disk seems to work again, so that CloseGap is due. While
// the disk does not work, making a snapshot for CloseGap would be in vain.
func (j *Journal) Gap() bool { return j.Failing() == ErrGap }

// Sizes returns the size of the operations after the newest snapshot, to the nearest segment, and of all files.
func (j *Journal) Sizes() (since, total int64) {
	j.io.Lock()
	defer j.io.Unlock()
	newest := j.newest()
	for _, s := range append(j.closed[:len(j.closed):len(j.closed)], j.current) {
		total += s.bytes
		if s.last > newest.order {
			since += s.bytes
		}
	}
	for _, s := range j.snapshots {
		total += s.bytes
	}
	return since, total
}

func (j *Journal) newest() snapshot {
	if len(j.snapshots) == 0 {
		return snapshot{}
	}
	return j.snapshots[len(j.snapshots)-1]
}

// SnapshotOrder returns the order of the last operation in the newest snapshot, or 0.
func (j *Journal) SnapshotOrder() uint64 {
	j.io.Lock()
	defer j.io.Unlock()
	return j.newest().order
}

// SnapshotTime returns when the newest snapshot was made, or the zero time.
func (j *Journal) SnapshotTime() time.Time {
	j.io.Lock()
	defer j.io.Unlock()
	return j.newest().time
}

func (j *Journal) path(name string) string { return filepath.Join(j.folder, name) }

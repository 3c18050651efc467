package order

import (
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"bavard/order/journal"
	"bavard/state"
)

// Outcome is the result of an operation.
type Outcome struct {
	Stamp state.Stamp
	Op    state.Op
	// Events are what has happened; they are valid until the next operation. Refusal is the reason why nothing has
	// happened.
	Events  []state.Event
	Refusal *state.Refusal
	// By is who asked for the operation: the value given to Do. It is nil for an operation of an earlier life.
	By any
	// Replayed: the operation comes from the journal. Users were told of it in an earlier life; this is only about what is
	// remembered of it.
	Replayed bool
}

// Teller is told the outcome of each operation, in their order.
type Teller interface {
	// Tell is called under the lock, right after the operation was applied.
	Tell(o *Outcome)
	// Replaced is called under the lock when a different State takes effect: one that was loaded, or one that was built
	// again and is equal to the one before. Pointers to users, channels and sessions of the earlier State are no longer
	// valid.
	Replaced(s *state.State)
}

// Journal keeps operations in their encoded form, and snapshots. journal.Journal implements it, and says what each
// method does.
type Journal interface {
	Load(snapshot, record func(order uint64, data []byte) error) (journal.Loaded, error)
	Read(upTo uint64, snapshot, record func(order uint64, data []byte) error) (journal.Loaded, error)
	Append(order uint64, data []byte, mustSync bool)
	Barrier()
	MayWait() bool
	Failing() error
	Rotate() (cut uint64, err error)
	PutSnapshot(order uint64, write func(io.Writer) error) error
	Trim(upTo uint64) error
	Gap() bool
	CloseGap(order uint64, data []byte) error
	Sizes() (since, total int64)
	SnapshotTime() time.Time
	Close() error
}

// Options configure a Queue and give it its collaborators.
type Options struct {
	Log *slog.Logger
	// Now returns the time of day; nil means time.Now.
	Now func() time.Time
	// Elapsed returns the time since New, by a clock that is never set; nil means the monotonic reading in the result of
	// Now.
	Elapsed func() time.Duration
	Teller  Teller
	// Journal keeps the operations; nil: nothing outlives the process.
	Journal Journal
	// Stored returns the order up to which everything that is remembered has been stored. The journal keeps the operations
	// after that, and Start tells Teller of them again.
	Stored func() uint64
	// SnapshotBytes and SnapshotAge say when a snapshot is due: when the journal has grown by this much since the last
	// one, or when the last one has reached this age and the journal has grown at all.
	SnapshotBytes int64
	SnapshotAge   time.Duration
	// Aside keeps an operation that has panicked for a bug report; nil: the panic is only logged.
	Aside func(name string, content []byte) error
	// Recorded, if set, is called with every operation and its stamp, under the lock, before it is applied.
	Recorded func(state.Stamp, state.Op)
	// Broken is called, once, when the state cannot be trusted any more: the process must end.
	Broken func(error)
}

// Node is the number of this machine. In a cluster, each machine will have its own.
const Node state.NodeID = 1

// orderPerMillisecond is multiplied by the milliseconds since 1970 to get the least order with which a life begins. So
// the order is beyond that of every earlier life, even if everything on the disk was deleted in between.
const orderPerMillisecond = 64

// Queue is the one order of operations, with the state and the lock that guards it.
type Queue struct {
	options Options
	clock   clock

	// mu guards the state and the fields below. The goroutines of all sessions and that of Run meet here.
	mu          sync.Mutex
	state       *state.State
	order       uint64 // that of the latest operation
	number      uint64 // that of this node's latest operation in this life
	incarnation uint64
	// asked has whoever waits for an operation of this node, by the operation's number.
	asked   map[uint64]any
	encoded []byte // for an operation that is being encoded
	stamp   state.Stamp
	outcome Outcome

	// remembers says whether Options.Stored was given.
	remembers bool
	// cut is the last operation of the next snapshot, 0 if that is not decided yet. Only RunSnapshots uses it.
	cut uint64

	// due wakes Run when the next thing that is due has become an earlier one.
	due chan struct{}
}

// New returns a queue with an empty state, or with the one that the journal has. The caller must call Start before
// anything else.
func New(o Options) *Queue {
	if o.Now == nil {
		o.Now = time.Now
	}
	remembers := o.Stored != nil
	if !remembers {
		o.Stored = func() uint64 { return 0 }
	}
	q := &Queue{
		options: o, remembers: remembers, state: state.New(), asked: map[uint64]any{}, due: make(chan struct{}, 1),
		clock: clock{now: o.Now, counted: o.Elapsed, log: o.Log, started: o.Now()},
	}
	return q
}

// Start loads the journal, and begins a new life of this node.
func (q *Queue) Start() (Loaded, error) {
	loaded, err := q.load()
	if err != nil {
		return loaded, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.clock.started
	// Each incarnation is greater than the previous one, even if the clock was set back in between.
	q.incarnation = max(uint64(now.UnixNano()), q.state.Incarnation(Node)+1)
	// The operations of this life also come after those of a journal that was lost, or replaced by an older copy.
	q.order = max(q.state.Order(), q.options.Stored(), uint64(max(now.UnixMilli(), 0))*orderPerMillisecond)
	q.clock.start(q.state, now)
	q.Do(nil, 0, &state.NodeUp{})
	if loaded.Skipped > 0 { // the next start must not find them again
		q.options.Journal.Barrier()
		if _, err = q.options.Journal.Rotate(); err == nil {
			err = q.options.Journal.PutSnapshot(q.order, write(q.state.Snapshot()))
		}
	}
	if err == nil && q.options.Journal != nil {
		err = q.options.Journal.Trim(q.options.Stored())
	}
	return loaded, err
}

// Lock takes the lock that guards the state. A goroutine with the lock must not wait for anything.
func (q *Queue) Lock() { q.mu.Lock() }

// TryLock takes the lock if it is free.
func (q *Queue) TryLock() bool { return q.mu.TryLock() }

// Unlock releases the lock.
func (q *Queue) Unlock() { q.mu.Unlock() }

// State returns the state. It may be used only under the lock.
func (q *Queue) State() *state.State { return q.state }

// Do stamps an operation for a session (0: the server itself), applies it and tells its outcome. by is whoever asks,
// and is passed on in the outcome. The lock is held.
func (q *Queue) Do(by any, session state.SessionID, op state.Op) *state.Refusal {
	q.order++
	q.number++
	wall, elapsed := q.clock.stampTimes()
	st := state.Stamp{
		Time: wall, Elapsed: elapsed, Order: q.order, Session: session,
		Origin: state.Origin{Node: Node, Incarnation: q.incarnation, Number: q.number},
	}
	q.asked[st.Origin.Number] = by
	return q.apply(st, op)
}

// apply applies the next operation, hands it to the journal and tells its outcome.
func (q *Queue) apply(st state.Stamp, op state.Op) *state.Refusal {
	if q.options.Recorded != nil {
		q.options.Recorded(st, op)
	}
	if q.options.Journal != nil {
		q.stamp = st
		q.encoded = state.AppendOp(q.encoded[:0], &q.stamp, op) // before Apply, which may change what op points to
	}
	before := q.state.NextDue()
	by := q.whoAsked(st.Origin)
	events, refusal := q.attempt(st, op)
	if q.options.Journal != nil {
		q.options.Journal.Append(st.Order, q.encoded, state.MustLast(op) && refusal == nil)
		if cap(q.encoded) > mostEncodedKept {
			q.encoded = nil
		}
	}
	q.wake(before)
	q.outcome = Outcome{Stamp: st, Op: op, Events: events, Refusal: refusal, By: by}
	q.options.Teller.Tell(&q.outcome)
	q.outcome = Outcome{}
	return refusal
}

// mostEncodedKept bounds the size of the encoding buffer that is kept for the next operation.
const mostEncodedKept = 64 << 10

// whoAsked returns whoever waits for the operation with this origin, or nil if it is of a different node or life.
func (q *Queue) whoAsked(o state.Origin) any {
	if o.Node != Node || o.Incarnation != q.incarnation {
		return nil
	}
	by := q.asked[o.Number]
	delete(q.asked, o.Number)
	return by
}

// attempt applies an operation. After a panic, it has the state built again without the operation, and panics again, so
// that the session that asked is ended.
func (q *Queue) attempt(st state.Stamp, op state.Op) ([]state.Event, *state.Refusal) {
	whole := false
	defer func() {
		if !whole {
			q.recovered(st, op, recover(), debug.Stack())
		}
	}()
	events, refusal := q.state.Apply(st, op)
	if refusal != nil && refusal.Code.OutOfPlace() {
		q.options.Log.Error("operation out of place", "origin", fmt.Sprintf("%+v", st.Origin), "order", st.Order, "type", fmt.Sprintf("%T", op), "repeated", refusal.Code == state.AlreadyApplied)
	}
	whole = true
	return events, refusal
}

// wake wakes Run if the next thing that is due has become an earlier one than before.
func (q *Queue) wake(before int64) {
	if after := q.state.NextDue(); after != 0 && (before == 0 || after < before) {
		select {
		case q.due <- struct{}{}:
		default: // Run has been woken already
		}
	}
}

// Barrier returns when all operations so far are as safe as the journal's settings require before anybody is told of
// them: in its file, or on the disk. The lock is not held.
func (q *Queue) Barrier() {
	if q.options.Journal != nil {
		q.options.Journal.Barrier()
	}
}

// Failing returns why nothing can be kept on the disk at present; nil when all is well, or when there is no journal.
func (q *Queue) Failing() error {
	if q.options.Journal == nil {
		return nil
	}
	return q.options.Journal.Failing()
}

// MayWait reports whether the next Barrier will wait for the disk.
func (q *Queue) MayWait() bool { return q.options.Journal != nil && q.options.Journal.MayWait() }

package order

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"bavard/order/journal"
	"bavard/state"
)

// Loaded says what a start has loaded.
type Loaded struct {
	journal.Loaded
	// Skipped is how many operations could not be applied because of a panic in this program; see Options.Aside.
	Skipped int
	Took    time.Duration
}

// mostSkipped bounds how many operations a start skips. If more of them panic, the problem is not in single operations.
const mostSkipped = 16

// errSkip ends a run through the journal because the operation must be skipped in the next run.
var errSkip = errors.New("order: an operation has panicked")

// load builds the state from the journal. The teller is told the outcomes that have not been stored yet.
func (q *Queue) load() (Loaded, error) {
	if q.options.Journal == nil {
		return Loaded{}, nil
	}
	began, told := time.Now(), q.options.Stored()
	p := player{log: q.options.Log.With("loading", true), aside: q.options.Aside}
	p.tell = func(o *Outcome) {
		if q.state != p.state {
			q.Replace(p.state)
		}
		if o.Stamp.Order > told { // a second run through the journal tells nothing twice
			told = o.Stamp.Order
			q.options.Teller.Tell(o)
		}
	}
	loaded, err := p.run(q.options.Journal.Load)
	if err != nil {
		return Loaded{}, err
	}
	q.Replace(p.state)
	loaded.Took = time.Since(began)
	return loaded, nil
}

// played returns a state that has been built from the journal's closed segments up to cut.
func (q *Queue) played(cut uint64) (*state.State, error) {
	p := player{log: q.options.Log, aside: q.options.Aside}
	_, err := p.run(func(snapshot, record handler) (journal.Loaded, error) {
		return q.options.Journal.Read(cut, snapshot, record)
	})
	return p.state, err
}

// Play builds the state from a journal, as a start does. read passes on the journal's snapshot and operations, and is
// called again without an operation that panics. each is called for each operation.
func Play(read func(snapshot, record func(order uint64, data []byte) error) (journal.Loaded, error), each func()) (*state.State, Loaded, error) {
	p := player{log: slog.New(slog.DiscardHandler), tell: func(*Outcome) { each() }}
	loaded, err := p.run(read)
	return p.state, loaded, err
}

// recovered is called after a panic in Apply, with the lock held. The operation is kept aside, and the state is built
// again from the journal, which does not have the operation. Without a journal, the state is checked, because the
// operation may have changed a part of it.
func (q *Queue) recovered(st state.Stamp, op state.Op, problem any, stack []byte) {
	aside(q.options.Aside, q.options.Log, st, op, problem, stack)
	if err := q.rebuild(); err != nil {
		q.options.Log.Error("cannot rebuild the state", "error", err)
		q.options.Broken(err)
	}
	// The operation leaves no trace, so the next one has its number.
	_, q.number = q.state.Life(Node)
	panic(problem)
}

func (q *Queue) rebuild() error {
	if q.options.Journal == nil {
		return q.state.Check()
	}
	cut, err := q.options.Journal.Rotate()
	if err != nil {
		return err
	}
	s, err := q.played(cut)
	if err != nil {
		return err
	}
	q.Replace(s)
	return nil
}

// Replace makes s the state. It is equal to the one before, except while the journal is being loaded. The lock is held,
// or nothing else runs.
func (q *Queue) Replace(s *state.State) {
	q.state = s
	q.options.Teller.Replaced(s)
}

// handler receives a snapshot or an operation.
type handler = func(order uint64, data []byte) error

// player builds a state from a snapshot and operations.
type player struct {
	state *state.State
	skip  map[uint64]bool
	log   logger
	aside func(name string, content []byte) error
	tell  func(*Outcome)
}

// run reads a journal, and again without each operation that panics.
func (p *player) run(read func(snapshot, record handler) (journal.Loaded, error)) (Loaded, error) {
	p.skip = map[uint64]bool{}
	for {
		p.state = state.New()
		loaded, err := read(p.restore, p.play)
		if !errors.Is(err, errSkip) || len(p.skip) > mostSkipped {
			return Loaded{Loaded: loaded, Skipped: len(p.skip)}, err
		}
	}
}

func (p *player) restore(_ uint64, data []byte) (err error) {
	p.state, err = state.Restore(data)
	return err
}

func (p *player) play(order uint64, data []byte) error {
	st, op, err := state.DecodeOp(data)
	switch {
	case err != nil:
		return err
	case st.Order != order:
		return fmt.Errorf("operation %d is at the place of operation %d", st.Order, order)
	case p.skip[order]:
		p.state.Skip(st, op)
		return nil
	}
	return p.apply(st, op)
}

// apply applies an operation. An operation that panics is skipped in the next run.
func (p *player) apply(st state.Stamp, op state.Op) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			aside(p.aside, p.log, st, op, problem, nil)
			p.skip[st.Order] = true
			err = errSkip
		}
	}()
	events, refusal := p.state.Apply(st, op)
	if refusal != nil && refusal.Code.OutOfPlace() {
		return fmt.Errorf("operation %d is out of place: its origin is %+v", st.Order, st.Origin)
	}
	if p.tell != nil {
		p.tell(&Outcome{Stamp: st, Op: op, Events: events, Refusal: refusal, Replayed: true})
	}
	return nil
}

// logger is the part of slog.Logger that is used here.
type logger interface {
	Error(text string, args ...any)
}

// aside logs that an operation has panicked, and keeps the operation for a bug report. The log does not show its
// content, because that can contain what users have said.
func aside(keep func(name string, content []byte) error, log logger, st state.Stamp, op state.Op, problem any, stack []byte) {
	name := fmt.Sprintf("operation-%d", st.Order)
	log.Error("panic in an operation", "type", fmt.Sprintf("%T", op), "order", st.Order, "panic", fmt.Sprint(problem), "stack", string(stack), "kept", name)
	if keep == nil {
		return
	}
	if err := keep(name, state.EncodeOp(st, op)); err != nil {
		log.Error("cannot save the operation for a bug report", "error", err)
	}
}

package main

import (
	"fmt"
	"path/filepath"

	"bavard/order/journal"
	"bavard/state"
)

// replayed is the content of a journal.
type replayed struct {
	journal.Loaded
	state *state.State
	// skipped is how many operations cannot be applied because of a bug in this program.
	skipped int
}

// replay builds the state from a journal, as a start does, and so checks that a start would work. A daemon may use the
// journal. Nothing is changed.
func replay(folder string, report progress) (*replayed, error) {
	r := &replayed{state: state.New()}
	skip := map[uint64]bool{}
	for {
		done := int64(0)
		loaded, err := journal.Check(filepath.Join(folder, journalFolder), func(_ uint64, data []byte) (err error) {
			r.state, err = state.Restore(data)
			return err
		}, func(order uint64, data []byte) error {
			if done++; done%4096 == 0 {
				report("reading the journal", 0, 0)
			}
			return r.play(order, data, skip)
		})
		if len(skip) > r.skipped && len(skip) <= mostSkipped {
			r.skipped, r.state = len(skip), state.New()
			continue
		}
		r.Loaded = loaded
		return r, err
	}
}

// mostSkipped bounds how many operations are skipped.
const mostSkipped = 16

// play applies an operation. After a panic, the operation is to be skipped in the next run.
func (r *replayed) play(order uint64, data []byte, skip map[uint64]bool) (err error) {
	st, op, err := state.DecodeOp(data)
	switch {
	case err != nil:
		return err
	case st.Order != order:
		return fmt.Errorf("operation %d is at the place of operation %d", st.Order, order)
	case skip[order]:
		r.state.Skip(st, op)
		return nil
	}
	defer func() {
		if problem := recover(); problem != nil {
			skip[order] = true
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	if _, refusal := r.state.Apply(st, op); refusal != nil && refusal.Code.OutOfPlace() {
		return fmt.Errorf("it is out of place: its origin is %+v", st.Origin)
	}
	return nil
}

package main

import (
	"path/filepath"

	"bavard/order"
	"bavard/order/journal"
	"bavard/state"
)

// replayed is the content of a journal.
type replayed struct {
	order.Loaded
	state *state.State
}

// replay builds the state from a journal, as a start does, and so checks that a start would work. A daemon may use the
// journal. Nothing is changed.
func replay(folder string, report progress) (*replayed, error) {
	done := 0
	s, loaded, err := order.Play(func(snapshot, record func(uint64, []byte) error) (journal.Loaded, error) {
		return journal.Check(filepath.Join(folder, journalFolder), snapshot, record)
	}, func() {
		if done++; done%4096 == 0 {
			report("reading the journal", 0, 0)
		}
	})
	return &replayed{loaded, s}, err
}

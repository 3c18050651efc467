package journal

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKillsWhileManyWrite: many goroutines append and pass the barrier, while segments and snapshots come and go.
// Copies of the folder, taken at any moment, contain everything for which a Barrier had returned before.
func TestKillsWhileManyWrite(t *testing.T) {
	for _, sync := range []Sync{Interval, Always} {
		t.Run(fmt.Sprint(sync), func(t *testing.T) { killsWhileManyWrite(t, sync) })
	}
}

func killsWhileManyWrite(t *testing.T, how Sync) {
	const goroutines, kills = 16, 25
	folder := t.TempDir()
	j, _ := open(t, folder, Options{Sync: how, SegmentBytes: 20_000, disk: quickDisk()})
	var (
		state sync.Mutex // the state's lock: goroutines append under it
		order uint64
		shown atomic.Uint64 // the latest operation for which a Barrier has returned
		stop  atomic.Bool
		all   sync.WaitGroup
		files sync.Mutex // held while files are copied, and while some are removed
	)
	for range goroutines {
		all.Go(func() { // ends after stop
			for !stop.Load() {
				state.Lock()
				order++
				mine := order
				o := opOf(mine)
				j.Append(mine, []byte(o.data), mine%50 == 0)
				state.Unlock()
				j.Barrier()
				for was := shown.Load(); was < mine && !shown.CompareAndSwap(was, mine); was = shown.Load() {
				}
				if j.written.Load() < mine || (how == Always || mine%50 == 0) && j.synced.Load() < mine {
					t.Errorf("operation %d: written %d, synced %d", mine, j.written.Load(), j.synced.Load())
				}
			}
		})
	}
	all.Go(func() { // ends after stop
		for !stop.Load() {
			cut, err := j.Rotate()
			if err != nil || cut == 0 {
				continue
			}
			last := uint64(0)
			follow := func(order uint64, data []byte) error {
				if last++; order != last || string(data) != opOf(order).data {
					return fmt.Errorf("operation %d after %d: %q", order, last-1, data)
				}
				return nil
			}
			if _, err := j.Read(cut, func(order uint64, data []byte) error { last = order; return nil }, follow); err != nil || last != cut {
				t.Errorf("read up to %d instead of %d: %v", last, cut, err)
			}
			files.Lock()
			if err := j.PutSnapshot(cut, func(w io.Writer) error { _, err := fmt.Fprint(w, cut); return err }); err != nil {
				t.Error(err)
			}
			if err := j.Trim(cut); err != nil {
				t.Error(err)
			}
			files.Unlock()
		}
	})
	for range kills {
		target := shown.Load() + 20
		for shown.Load() < target {
			j.Barrier()
		}
		files.Lock()
		least := shown.Load()
		copied := copyOf(t, folder)
		files.Unlock()
		killed, r, err := tryOpen(t, copied, Options{})
		if err != nil || r.Last < least {
			t.Errorf("%d instead of %d: %v", r.Last, least, err)
			break
		}
		for i, o := range r.ops {
			if want := opOf(r.SnapshotOrder + uint64(i) + 1); o != want {
				t.Errorf("%v instead of %v", o, want)
				break
			}
		}
		kill(killed)
	}
	stop.Store(true)
	all.Wait()
	require.NoError(t, j.Close())
	_, r := open(t, folder, Options{})
	require.Equal(t, order, r.Last)
}

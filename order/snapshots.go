package order

import (
	"context"
	"io"
	"time"

	"bavard/state"
)

// checkEvery is the time between two checks whether a snapshot is due.
const checkEvery = 10 * time.Second

// quickSnapshot is the greatest number of users and channels with which a snapshot counts as quick.
const quickSnapshot = 20_000

// Run calls expire whenever something is due. expire returns how long to wait until the next call. Run returns when ctx
// ends.
func (q *Queue) Run(ctx context.Context, expire func() time.Duration) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(expire())
		select {
		case <-ctx.Done():
			return
		case <-q.due:
		case <-timer.C:
		}
	}
}

// Expire applies an Expire if it is due, and returns how long until the next one. by is as for Do. The lock is held.
func (q *Queue) Expire(by any) time.Duration {
	const idle = time.Hour
	now := q.Elapsed()
	if due := q.state.NextDue(); due != 0 && due <= now {
		q.Do(by, 0, &state.Expire{})
	}
	if due := q.state.NextDue(); due != 0 {
		return min(max(time.Duration(due-now), time.Millisecond), idle)
	}
	return idle
}

// RunSnapshots writes snapshots when they are due. It returns when ctx ends.
func (q *Queue) RunSnapshots(ctx context.Context) {
	if q.options.Journal == nil {
		return
	}
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			q.snapshotIfDue(time.Now())
		}
	}
}

func (q *Queue) snapshotIfDue(now time.Time) {
	j := q.options.Journal
	if q.cut == 0 && !q.snapshotDue(now) {
		return
	}
	if err := q.snapshotSoon(j); err != nil {
		q.cut = 0
		q.options.Log.Error("cannot write a snapshot", "error", err)
	}
}

func (q *Queue) snapshotDue(now time.Time) bool {
	j := q.options.Journal
	since, _ := j.Sizes()
	last := j.SnapshotTime()
	if last.IsZero() {
		last = q.clock.started
	}
	return j.Failing() == nil && since != 0 && (since >= q.options.SnapshotBytes || now.Sub(last) >= q.options.SnapshotAge)
}

// snapshotSoon decides which operation is the last one of the next snapshot, if that is not decided yet, and writes the
// snapshot once everything up to that operation has been stored. A start does not read the operations before a
// snapshot, so whatever is remembered of them must have been stored.
func (q *Queue) snapshotSoon(j Journal) (err error) {
	if q.cut == 0 {
		if q.cut, err = j.Rotate(); err != nil {
			return err
		}
	}
	if !q.stored(q.cut) {
		return nil
	}
	cut := q.cut
	q.cut = 0
	return q.snapshotAt(cut)
}

// stored reports whether everything that is remembered up to an operation has been stored.
func (q *Queue) stored(order uint64) bool { return !q.remembers || q.options.Stored() >= order }

// Snapshot writes a snapshot at once. The caller must know that what is remembered of all operations so far has been
// stored.
func (q *Queue) Snapshot() error {
	cut, err := q.options.Journal.Rotate()
	if err != nil {
		return err
	}
	return q.snapshotAt(cut)
}

// snapshotAt writes a snapshot that ends with an operation, without the lock: it builds the state a second time, from
// the journal's closed segments, which also proves that the journal has all of it.
func (q *Queue) snapshotAt(cut uint64) error {
	began, j := time.Now(), q.options.Journal
	s, err := q.played(cut)
	if err != nil {
		return err
	}
	encoded := s.Snapshot()
	if err := j.PutSnapshot(cut, write(encoded)); err != nil {
		return err
	}
	q.options.Log.Debug("snapshot written", "order", cut, "bytes", len(encoded), "took", time.Since(began).Round(time.Millisecond))
	return j.Trim(q.options.Stored())
}

func write(encoded []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(encoded)
		return err
	}
}

// CloseGap writes a snapshot of the state itself, because the journal had to throw operations away while its disk did
// not work. While the server runs, this is the only place that holds the lock for as long as encoding a snapshot takes.
func (q *Queue) CloseGap() {
	q.mu.Lock()
	order, encoded := q.order, q.state.Snapshot()
	q.mu.Unlock()
	if err := q.options.Journal.CloseGap(order, encoded); err != nil {
		q.options.Log.Debug("cannot close the gap in the journal", "error", err)
		return
	}
	q.options.Log.Info("journal complete again", "order", order, "bytes", len(encoded))
}

// Stop writes a snapshot, if that is quick, and closes the journal. No operation may follow.
func (q *Queue) Stop() error {
	j := q.options.Journal
	if j == nil {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if counts := q.state.Counts(); counts.Users+counts.Channels <= quickSnapshot && j.Failing() == nil && !j.Gap() && q.stored(q.order) {
		if err := q.lastSnapshot(j); err != nil {
			q.options.Log.Error("cannot write a snapshot", "error", err)
		}
	}
	return j.Close()
}

// lastSnapshot writes a snapshot of the state itself. The next start deletes the operations that it replaces. The lock
// is held.
func (q *Queue) lastSnapshot(j Journal) error {
	j.Barrier()
	if _, err := j.Rotate(); err != nil {
		return err
	}
	return j.PutSnapshot(q.order, write(q.state.Snapshot()))
}

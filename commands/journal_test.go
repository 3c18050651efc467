package commands

import (
	"bytes"
	"io"
	"syscall"
	"time"

	"bavard/order/journal"
	"bavard/state"
	"bavard/storage"
)

// errDisk is the error of a disk that does not work.
var errDisk error = syscall.ENOSPC

// memoryJournal is the journal of a test, in memory.
type memoryJournal struct {
	records  []entry
	snapshot *entry
	failing  error
}

type entry struct {
	order uint64
	data  []byte
}

func (j *memoryJournal) Load(snapshot, record func(uint64, []byte) error) (journal.Loaded, error) {
	return j.Read(^uint64(0), snapshot, record)
}

func (j *memoryJournal) Read(upTo uint64, snapshot, record func(uint64, []byte) error) (loaded journal.Loaded, err error) {
	from := uint64(0)
	if j.snapshot != nil {
		from = j.snapshot.order
		if err := snapshot(from, j.snapshot.data); err != nil {
			return loaded, err
		}
	}
	for _, r := range j.records {
		if r.order > from && r.order <= upTo {
			if err := record(r.order, r.data); err != nil {
				return loaded, err
			}
		}
	}
	return loaded, nil
}

func (j *memoryJournal) Append(order uint64, data []byte, _ bool) {
	j.records = append(j.records, entry{order, bytes.Clone(data)})
}

func (j *memoryJournal) Rotate() (uint64, error) {
	if len(j.records) == 0 {
		return 0, nil
	}
	return j.records[len(j.records)-1].order, nil
}

func (j *memoryJournal) PutSnapshot(order uint64, write func(io.Writer) error) error {
	var data bytes.Buffer
	err := write(&data)
	j.snapshot = &entry{order, data.Bytes()}
	return err
}

func (j *memoryJournal) Barrier()                      {}
func (j *memoryJournal) MayWait() bool                 { return false }
func (j *memoryJournal) Failing() error                { return j.failing }
func (j *memoryJournal) Trim(uint64) error             { return nil }
func (j *memoryJournal) Gap() bool                     { return false }
func (j *memoryJournal) CloseGap(uint64, []byte) error { return nil }
func (j *memoryJournal) Sizes() (since, total int64)   { return int64(len(j.records)), 0 }
func (j *memoryJournal) SnapshotTime() time.Time       { return time.Time{} }
func (j *memoryJournal) Close() error                  { return nil }

// brittleHistory is a history that can fail, and that must never be called under the lock: it may be slow.
type brittleHistory struct {
	storage.Volatile
	failing error
	// lockIsFree fails the test if the lock is held, and mayWait also if others wait for the reader.
	lockIsFree, mayWait func()
}

func (h *brittleHistory) Keep(records []state.Record, upTo uint64) {
	h.lockIsFree()
	h.Volatile.Keep(records, upTo)
}

func (h *brittleHistory) Page(of state.Buffer, q state.Page) ([]state.Line, error) {
	if h.mayWait(); h.failing != nil {
		return nil, h.failing
	}
	return h.Volatile.Page(of, q)
}

func (h *brittleHistory) Find(in state.Buffer, at state.Position) (l state.Line, found bool, err error) {
	if h.mayWait(); h.failing != nil {
		return l, false, h.failing
	}
	return h.Volatile.Find(in, at)
}

func (h *brittleHistory) LastTime(of state.Buffer) (int64, error) {
	if h.mayWait(); h.failing != nil {
		return 0, h.failing
	}
	return h.Volatile.LastTime(of)
}

func (h *brittleHistory) Conversations(of state.Party, after, before state.Position, most int, newest bool) ([]state.Conversation, error) {
	if h.mayWait(); h.failing != nil {
		return nil, h.failing
	}
	return h.Volatile.Conversations(of, after, before, most, newest)
}

func (h *brittleHistory) SetLimits(messages, events, bytes int) {
	h.lockIsFree()
	h.Volatile.SetLimits(messages, events, bytes)
}

func (h *brittleHistory) Expire(before int64) {
	h.lockIsFree()
	h.Volatile.Expire(before)
}

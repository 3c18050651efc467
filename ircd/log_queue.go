package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"bavard/config"
)

const (
	// logQueueBytes is the maximum size of the queue.
	logQueueBytes = 1 << 20
	// logPatience is how long the program waits for the queue to be written when it ends.
	logPatience = time.Second
)

// logQueue is a queue in front of the log, so that nobody waits for a full or slow disk, or for a pipe that nobody
// reads. Entries that do not fit in the queue are lost. Once the log can be written again, it gets an entry that says
// how many. Write never blocks and never fails.
type logQueue struct {
	to  io.Writer
	own slog.Handler // for the queue's own entries

	// mu protects the fields below between the goroutines that log and the one that writes.
	mu      sync.Mutex
	waiting []byte
	lost    int // entries that the log has not been told about
	closed  bool

	wake chan struct{}
	done chan struct{} // closed when the writing goroutine has ended
}

// newLogQueue returns a queue in front of a log. The caller must close it.
func newLogQueue(to io.Writer, cfg config.Log) *logQueue {
	direct, _ := newLog(to, cfg)
	q := &logQueue{to: to, own: direct.Handler(), wake: make(chan struct{}, 1), done: make(chan struct{})}
	go q.run() // ends after Close, once everything is written
	return q
}

// Write queues one entry.
func (q *logQueue) Write(entry []byte) (int, error) {
	q.mu.Lock()
	if q.closed || len(q.waiting)+len(entry) > logQueueBytes {
		q.lost++
	} else {
		q.waiting = append(q.waiting, entry...)
	}
	q.mu.Unlock()
	q.rouse()
	return len(entry), nil
}

func (q *logQueue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default: // a wake-up is already pending
	}
}

// Close waits until the queue is written, but at most for logPatience.
func (q *logQueue) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.rouse()
	select {
	case <-q.done:
	case <-time.After(logPatience):
	}
}

func (q *logQueue) run() {
	defer close(q.done)
	for range q.wake {
		q.mu.Lock()
		text, lost, closed := q.waiting, q.lost, q.closed
		q.waiting, q.lost = nil, 0
		q.mu.Unlock()
		if lost += q.put(text, lost); lost > 0 {
			q.mu.Lock()
			q.lost += lost
			q.mu.Unlock()
		}
		if closed {
			return
		}
	}
}

// put writes entries. If others were lost before them, it first writes an entry that says how many. It returns the
// change in the number of lost entries.
func (q *logQueue) put(text []byte, lost int) (change int) {
	if len(text) == 0 {
		return 0
	}
	if lost > 0 {
		notice := slog.NewRecord(time.Now(), slog.LevelWarn, "log entries lost", 0)
		notice.AddAttrs(slog.Int("lost_entries", lost))
		if err := q.own.Handle(context.Background(), notice); err == nil {
			change = -lost
		}
	}
	if n, err := q.to.Write(text); err != nil {
		change += bytes.Count(text[min(max(n, 0), len(text)):], []byte("\n"))
	}
	return change
}

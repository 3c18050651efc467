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
	// logQueueBytes bounds what waits for a slow log.
	logQueueBytes = 1 << 20
	// logPatience is how long the end of the program waits for it.
	logPatience = time.Second
)

// A logQueue stands between the daemon and its log. Nobody waits for a disk that is full or slow, or for a pipe that nobody reads: what finds
// no room in the queue is lost, and the log says so when it can be written again. Write never blocks and never fails.
type logQueue struct {
	to  io.Writer
	own slog.Handler // for what it says itself

	// mu is where all who log meet the goroutine that writes.
	mu      sync.Mutex
	waiting []byte
	lost    int // entries since the log was last told
	closed  bool

	wake chan struct{}
	done chan struct{} // closed when the writing goroutine has ended
}

// newLogQueue makes a queue before a log. Its end is Close.
func newLogQueue(to io.Writer, cfg config.Log) *logQueue {
	direct, _ := newLog(to, cfg)
	q := &logQueue{to: to, own: direct.Handler(), wake: make(chan struct{}, 1), done: make(chan struct{})}
	go q.run() // ends after Close, when all is written
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
	default: // it has been told already
	}
}

// Close writes what waits, at most for logPatience.
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

// put writes entries, after telling how many were lost before them. The result corrects that number.
func (q *logQueue) put(text []byte, lost int) (change int) {
	if len(text) == 0 {
		return 0
	}
	if lost > 0 {
		notice := slog.NewRecord(time.Now(), slog.LevelWarn, "the log could not be written", 0)
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

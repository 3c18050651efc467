package main

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/config"
)

// moodyLog is a log that a test can block or break.
type moodyLog struct {
	// mu protects the fields between the writing goroutine and the test. While the test holds it, the log blocks.
	mu     sync.Mutex
	text   strings.Builder
	broken bool
}

func (m *moodyLog) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return 0, errors.New("no space left on device")
	}
	return m.text.Write(p)
}

func (m *moodyLog) set(broken bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = broken
}

func (q *logQueue) lostSoFar() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}

// TestLogThatStandsStill checks that nobody waits for a log that blocks, that the queue is bounded, and that the log
// later says how many entries were lost.
func TestLogThatStandsStill(t *testing.T) {
	log := &moodyLog{}
	q := newLogQueue(log, config.Log{})
	entry := []byte(strings.Repeat("x", 1023) + "\n")
	const entries = 3 * logQueueBytes / 1024
	log.mu.Lock()
	for range entries {
		n, err := q.Write(entry)
		require.NoError(t, err)
		require.Len(t, entry, n)
	}
	q.mu.Lock()
	require.LessOrEqual(t, len(q.waiting), logQueueBytes)
	q.mu.Unlock()
	log.mu.Unlock()
	require.Eventually(t, func() bool { q.mu.Lock(); defer q.mu.Unlock(); return len(q.waiting) == 0 }, 10*time.Second, time.Millisecond)
	_, _ = q.Write([]byte("after\n"))
	q.Close()
	require.Contains(t, log.text.String(), "lost_entries=")
	require.True(t, strings.HasSuffix(log.text.String(), "after\n"))
	require.Zero(t, q.lost)
}

// TestLogThatFails checks that entries that could not be written are counted, and that the log says so once it can be
// written again.
func TestLogThatFails(t *testing.T) {
	log := &moodyLog{broken: true}
	q := newLogQueue(log, config.Log{})
	for range 5 {
		_, err := q.Write([]byte("lost\n"))
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return q.lostSoFar() == 5 }, 10*time.Second, time.Millisecond)
	log.set(false)
	_, _ = q.Write([]byte("kept\n"))
	q.Close()
	require.Regexp(t, `^time=\S+ level=WARN msg="log entries lost" lost_entries=5\nkept\n$`, log.text.String())
}

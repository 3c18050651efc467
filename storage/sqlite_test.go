package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

func keep(h history, upTo uint64, records ...state.Record) { h.Keep(records, upTo) }

func inBuffer(l *state.Line, to ...state.Buffer) state.Record { return state.Record{Line: l, To: to} }

// pageOf returns the newest lines of a buffer.
func pageOf(t testing.TB, h history, b state.Buffer, most int) []state.Line {
	lines, err := h.Page(b, state.Page{Most: most, Newest: true, Redacted: true, Events: true})
	require.NoError(t, err)
	return lines
}

// talkIn lets somebody send the messages numbered from..to in a channel.
func talkIn(s *SQLite, b state.Buffer, from, to int) {
	for n := from; n <= to; n++ {
		keep(s, uint64(n), inBuffer(said(n, fmt.Sprint("text ", n)), b))
	}
}

// TestCopyOfARunningDatabase checks that the files as they are between two transactions, which is what a power failure
// leaves, are a complete history up to their UpTo.
func TestCopyOfARunningDatabase(t *testing.T) {
	folder := t.TempDir()
	s := openAt(t, filepath.Join(folder, "bavard.db"))
	for n := range 10 {
		talkIn(s, one, 30*n+1, 30*n+20)
		require.NoError(t, s.ask(settle))
		talkIn(s, one, 30*n+21, 30*n+30)
		crashed := t.TempDir()
		for _, name := range []string{"bavard.db", "bavard.db-wal"} {
			data, err := os.ReadFile(filepath.Join(folder, name))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(crashed, name), data, 0o600))
		}
		again := openAt(t, filepath.Join(crashed, "bavard.db"))
		require.Equal(t, uint64(30*n+20), again.UpTo())
		talkIn(again, one, 1, 30*n+30)
		require.Equal(t, pageOf(t, s, one, 1000), pageOf(t, again, one, 1000))
		require.NoError(t, again.Close())
	}
}

func TestCloseSaves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bavard.db")
	s := openAt(t, path)
	talkIn(s, one, 1, 70)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "closed already")
	require.ErrorIs(t, s.Flush(), errStopped)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode(), "nobody else may read it")
	s = openAt(t, path)
	require.Equal(t, uint64(70), s.UpTo())
	require.Len(t, pageOf(t, s, one, 1000), 70)
}

// changes records what Options.Changed is told.
type changes struct {
	mu   sync.Mutex // the writer and the test meet here
	told []error
}

func (c *changes) add(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = append(c.told, err)
}

func (c *changes) all() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]error(nil), c.told...)
}

// pragma executes a statement on the writer's connection between two transactions.
func pragma(t *testing.T, s *SQLite, text string) {
	require.NoError(t, s.ask(settle)) // so that the writer has nothing to do
	_, err := s.db.connection.ExecContext(context.Background(), text)
	require.NoError(t, err)
}

// TestFullDisk checks that nothing is lost while the disk is full or read-only, that readers go on, and that all is
// saved when there is room again.
func TestFullDisk(t *testing.T) {
	for name, c := range map[string]struct{ break_, repair, says string }{
		"full":      {"PRAGMA max_page_count = 30", "PRAGMA max_page_count = 1000000", "full"},
		"read-only": {"PRAGMA query_only = 1", "PRAGMA query_only = 0", "readonly"},
	} {
		t.Run(name, func(t *testing.T) {
			var told changes
			path := filepath.Join(t.TempDir(), "bavard.db")
			s := openAt(t, path, func(o *Options) { o.Changed, o.MostMessages = told.add, 100_000 })
			talkIn(s, one, 1, 100)
			pragma(t, s, c.break_)
			talkIn(s, one, 101, 5000)
			err := s.Flush()
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, s.Flush(), c.says)
			require.Len(t, told.all(), 1, "it is told once")
			require.Equal(t, uint64(100), s.UpTo())
			require.Len(t, pageOf(t, s, one, 10_000), 5000)
			keep(s, 5001, state.Record{Redact: &state.RedactRecord{In: []state.Buffer{one}, At: at(50)}})
			lines := pageOf(t, s, one, 10_000)
			require.NotNil(t, lines[49].Redaction)

			_, err = s.db.connection.ExecContext(t.Context(), c.repair)
			require.NoError(t, err)
			require.NoError(t, s.Flush())
			require.Equal(t, uint64(5001), s.UpTo())
			require.Len(t, told.all(), 2)
			require.NoError(t, told.all()[1])
			require.NoError(t, s.Close())
			require.Equal(t, lines, pageOf(t, openAt(t, path, func(o *Options) { o.MostMessages = 100_000 }), one, 10_000))
		})
	}
}

// TestBehind checks what Keep does when too much waits for a writer that cannot write.
func TestBehind(t *testing.T) {
	var told changes
	s := openAt(t, filepath.Join(t.TempDir(), "bavard.db"), func(o *Options) { o.Changed, o.MostMessages, o.PendingBytes = told.add, 100_000, 100_000 })
	talkIn(s, one, 1, 10)
	pragma(t, s, "PRAGMA query_only = 1")
	talkIn(s, one, 11, 20)
	require.Error(t, s.Flush())
	talkIn(s, one, 21, 1000)
	require.True(t, s.Behind())
	kept := len(pageOf(t, s, one, 10_000))
	require.Less(t, kept, 1000)
	require.Less(t, s.pending(), 110_000)
	require.Error(t, s.Flush())
	require.ErrorIs(t, told.all()[1], ErrBehind)

	_, err := s.db.connection.ExecContext(t.Context(), "PRAGMA query_only = 0")
	require.NoError(t, err)
	require.NoError(t, s.Flush())
	require.Equal(t, uint64(kept), s.UpTo(), "it is complete up to where it stopped")
	talkIn(s, one, 1001, 1001)
	require.Len(t, pageOf(t, s, one, 10_000), kept, "until somebody closes the gap")
	s.Resume()
	talkIn(s, one, kept+1, 1001)
	require.Len(t, pageOf(t, s, one, 10_000), 1001)
	require.NoError(t, s.Flush())
	require.Equal(t, uint64(1001), s.UpTo())
}

// TestKeepWaits checks that Keep waits for the writer instead of using up the memory.
func TestKeepWaits(t *testing.T) {
	const most = 50_000
	s := openAt(t, filepath.Join(t.TempDir(), "bavard.db"), func(o *Options) { o.MostMessages, o.PendingBytes = 100_000, most })
	for n := 1; n <= 2_000; n++ {
		talkIn(s, one, n, n)
		s.mu.Lock()
		require.LessOrEqual(t, s.pending(), most+2_000)
		s.mu.Unlock()
	}
	require.Len(t, pageOf(t, s, one, 10_000), 2_000)
}

// traces returns how often a text occurs in the files of a folder.
func traces(t *testing.T, folder, text string) (n int) {
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		require.NoError(t, err)
		n += bytes.Count(data, []byte(text))
	}
	return n
}

// TestNoTraceIsLeft checks that no file contains the text of deleted messages.
func TestNoTraceIsLeft(t *testing.T) {
	const secret = "the text that must go"
	pair := state.PairBuffer(alice, bob)
	for name, record := range map[string]state.Record{
		"redacted": {Redact: &state.RedactRecord{In: []state.Buffer{one}, At: at(100)}},
		"dropped":  {Drop: &one},
		"all":      {All: true},
		"expired":  {},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			s := openAt(t, filepath.Join(folder, "bavard.db"), func(o *Options) { o.MostMessages = 1000 })
			b := one
			if name == "all" {
				b = pair
			}
			for n := 1; n < 300; n++ {
				text := fmt.Sprint("text ", n)
				if n == 100 {
					text = secret
				}
				keep(s, uint64(n), inBuffer(said(n, text), b))
				if n%20 == 0 {
					require.NoError(t, s.Flush())
				}
			}
			require.NoError(t, s.Flush())
			require.NotZero(t, traces(t, folder, secret))
			keep(s, 300, record)
			if name == "expired" {
				s.Expire(at(101).Elapsed)
			}
			require.NoError(t, s.ask(settle))
			require.Zero(t, traces(t, folder, secret))
			require.NoError(t, s.Check(t.Context(), nil))
		})
	}
}

// TestRedactionInADamagedBlock checks that a text is also deleted when its block cannot be read any more.
func TestRedactionInADamagedBlock(t *testing.T) {
	const secret = "the text that must go"
	folder := t.TempDir()
	s := openAt(t, filepath.Join(folder, "bavard.db"))
	keep(s, 1, inBuffer(said(1, secret), one))
	talkIn(s, one, 2, 80)
	pragma(t, s, "UPDATE blocks SET data = CAST(data || x'00' AS BLOB) WHERE start = 0")
	s = reopened(t, s)
	_, err := s.Page(one, state.Page{Most: 100})
	require.ErrorIs(t, err, errDamaged)
	require.ErrorContains(t, err, s.db.path)
	require.ErrorIs(t, s.Check(t.Context(), nil), errDamaged)
	keep(s, 81, state.Record{Redact: &state.RedactRecord{In: []state.Buffer{one}, At: at(1)}})
	require.NoError(t, s.ask(settle))
	require.Zero(t, traces(t, folder, secret))
	// What is new is kept in other blocks.
	pragma(t, s, "UPDATE blocks SET data = zeroblob(8)")
	s = reopened(t, s)
	talkIn(s, one, 82, 90)
	require.NoError(t, s.Flush())
	lines, err := s.Page(one, state.Page{Most: 9, Newest: true})
	require.NoError(t, err)
	require.Len(t, lines, 9)
	_, err = s.Page(one, state.Page{Most: 10, Newest: true})
	require.ErrorIs(t, err, errDamaged)
}

func reopened(t *testing.T, s *SQLite) *SQLite {
	require.NoError(t, s.Close())
	return openAt(t, s.db.path)
}

// TestBytesAreBounded checks that the oldest goes first, and events before messages while they have more than half.
func TestBytesAreBounded(t *testing.T) {
	const most = 40_000
	path := filepath.Join(t.TempDir(), "bavard.db")
	s := openAt(t, path, func(o *Options) { o.MostMessages, o.MostEvents, o.MostBytes = 100_000, 100_000, most })
	talkIn(s, one, 1, 20)
	for n := 21; n < 10_000; n++ {
		keep(s, uint64(n), inBuffer(happened(n, "JOIN"), two))
		if n%1000 == 0 {
			require.NoError(t, s.ask(settle))
		}
	}
	require.NoError(t, s.ask(settle))
	total := s.work.bytes[messages] + s.work.bytes[events]
	require.LessOrEqual(t, total, most)
	require.Greater(t, total, most/2)
	require.Len(t, pageOf(t, s, one, 100), 20, "the joins of a busy channel do not displace the messages of a quiet one")
	joins := len(pageOf(t, s, two, 100_000))
	talkIn(s, three, 10_001, 20_000)
	require.NoError(t, s.ask(settle))
	require.LessOrEqual(t, s.work.bytes[messages]+s.work.bytes[events], most)
	require.Empty(t, pageOf(t, s, one, 100), "they were the oldest")
	require.Less(t, len(pageOf(t, s, two, 100_000)), joins)
	recent := pageOf(t, s, three, 100_000)
	require.Equal(t, "text 20000", recent[len(recent)-1].Text())
	// The sizes that the file has for its blocks are correct, also after it was opened again.
	s = reopened(t, s)
	var counted int
	require.NoError(t, s.db.pool.QueryRow("SELECT sum(length(data)) + ? * count(*) FROM blocks", blockOverheadBytes).Scan(&counted))
	require.Equal(t, counted, s.work.bytes[messages]+s.work.bytes[events])
	var rows int
	require.NoError(t, s.db.pool.QueryRow("SELECT count(*) FROM buffers").Scan(&rows))
	require.Equal(t, 1, rows, "buffers without lines are deleted")
}

// TestLowerLimits checks that what exceeds lower limits is deleted from the file, also if they were lowered while the
// daemon did not run, and that the file gets smaller.
func TestLowerLimits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bavard.db")
	open := func(most int) *SQLite {
		return openAt(t, path, func(o *Options) { o.MostMessages = most })
	}
	s := open(10_000)
	for n := 1; n <= 40_000; n += 4 {
		for i := range 4 {
			keep(s, uint64(n+i), inBuffer(said(n+i, fmt.Sprint("some words to fill the file with ", n)), state.ChannelBuffer(state.ChannelID(i+1))))
		}
	}
	require.NoError(t, s.Close())
	before, err := os.Stat(path)
	require.NoError(t, err)
	s = open(100)
	require.Len(t, pageOf(t, s, one, 1000), 100)
	require.NoError(t, s.ask(settle))
	var lines int
	require.NoError(t, s.db.pool.QueryRow("SELECT sum(lines) FROM blocks").Scan(&lines))
	require.Equal(t, 400, lines)
	require.Len(t, pageOf(t, s, one, 1000), 100)
	require.NoError(t, s.Close())
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.Less(t, after.Size(), before.Size()/2)
	s = open(10_000)
	require.Len(t, pageOf(t, s, one, 1000), 100)
	// Nothing is kept any more.
	keep(s, 50_000, inBuffer(private(50_000, alice, "alice!a@a", "bob"), state.PairBuffer(alice, bob)))
	require.NoError(t, s.Flush())
	s.SetLimits(0, 0, 1<<30)
	require.Empty(t, pageOf(t, s, one, 1000))
	list, err := s.Conversations(bob, state.Position{}, state.Position{}, 10, true)
	require.NoError(t, err)
	require.Empty(t, list)
	require.NoError(t, s.ask(settle))
	var rows int
	require.NoError(t, s.db.pool.QueryRow("SELECT (SELECT count(*) FROM blocks) + (SELECT count(*) FROM buffers) + (SELECT count(*) FROM talks) + (SELECT count(*) FROM people)").Scan(&rows))
	require.Zero(t, rows)
}

// TestReadersAndWriter is for the race detector.
func TestReadersAndWriter(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "bavard.db"), func(o *Options) { o.Interval, o.CacheBytes, o.MostMessages = time.Millisecond, 50_000, 150 })
	pair := state.PairBuffer(alice, bob)
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		readers.Go(func() { // ends when stop is closed
			for {
				select {
				case <-stop:
					return
				default:
				}
				for _, b := range []state.Buffer{one, two, pair} {
					lines, err := s.Page(b, state.Page{Most: 100, Newest: true, Redacted: true})
					if err != nil {
						t.Error(err)
					}
					for i := 1; i < len(lines); i++ {
						if lines[i].Order != lines[i-1].Order+3 {
							t.Errorf("a page skips or repeats: %d after %d", lines[i].Order, lines[i-1].Order)
						}
					}
				}
				_, err := s.Conversations(alice, state.Position{}, state.Position{}, 5, true)
				_, _, err2 := s.Find(pair, at(300))
				_, err3 := s.LastTime(one)
				if err := errors.Join(err, err2, err3); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for n := 1; n < 3_000; n += 3 {
		keep(s, uint64(n), inBuffer(said(n, "text"), one))
		keep(s, uint64(n+1), inBuffer(said(n+1, "text"), two))
		keep(s, uint64(n+2), inBuffer(private(n+2, alice, "alice!a@a", "bob"), pair), state.Record{Redact: &state.RedactRecord{In: []state.Buffer{one}, At: at(n - 60)}})
	}
	close(stop)
	readers.Wait()
}

func TestBackup(t *testing.T) {
	folder := t.TempDir()
	s := openAt(t, filepath.Join(folder, "bavard.db"))
	talkIn(s, one, 1, 100)
	copied := filepath.Join(folder, "copy.db")
	require.NoError(t, s.Backup(t.Context(), copied, nil, nil))
	require.ErrorContains(t, s.Backup(t.Context(), copied, nil, nil), "exists", "nothing is overwritten")
	talkIn(s, one, 101, 110)
	upTo, err := Check(t.Context(), copied, nil)
	require.NoError(t, err)
	require.Equal(t, uint64(100), upTo)
	again := openAt(t, copied)
	require.Equal(t, uint64(100), again.UpTo())
	require.Equal(t, pageOf(t, s, one, 1000)[:90], pageOf(t, again, one, 1000)[10:])
}

// TestCopyFromOutside copies a database that somebody writes to: the copy ends exactly at the operation that was named.
func TestCopyFromOutside(t *testing.T) {
	folder := t.TempDir()
	path, copied := filepath.Join(folder, "bavard.db"), filepath.Join(folder, "copy.db")
	s := openAt(t, path)
	talkIn(s, one, 1, 100)
	require.NoError(t, s.Flush())
	var named uint64
	err := Copy(t.Context(), path, copied, func(upTo uint64) error {
		named = upTo
		talkIn(s, one, 101, 200)
		return s.Flush()
	}, func(done, all int) { require.LessOrEqual(t, done, all) })
	require.NoError(t, err)
	require.Equal(t, uint64(100), named)
	upTo, err := Check(t.Context(), copied, nil)
	require.NoError(t, err)
	require.Equal(t, named, upTo)
	require.NoFileExists(t, copied+"-wal", "a check creates nothing")
	require.NoFileExists(t, copied+"-shm")
	require.NoError(t, s.Close())
	upTo, err = Check(t.Context(), path, nil)
	require.NoError(t, err)
	require.Equal(t, uint64(200), upTo)
	require.NoFileExists(t, path+"-wal")

	stopped := errors.New("stopped")
	other := filepath.Join(folder, "other.db")
	require.ErrorIs(t, Copy(t.Context(), path, other, func(uint64) error { return stopped }, nil), stopped)
	require.NoFileExists(t, other)
}

// TestJournalGoesFirst checks that the database never has what the journal does not have on the disk.
func TestJournalGoesFirst(t *testing.T) {
	broken := errors.New("no journal")
	var asked []uint64
	var says error
	s := openAt(t, filepath.Join(t.TempDir(), "bavard.db"), func(o *Options) {
		o.Journaled = func(upTo uint64) error {
			asked = append(asked, upTo)
			return says
		}
	})
	talkIn(s, one, 1, 5)
	require.NoError(t, s.Flush())
	says = broken
	talkIn(s, one, 6, 9)
	require.ErrorIs(t, s.Flush(), broken)
	require.Equal(t, uint64(5), s.UpTo())
	require.Len(t, pageOf(t, s, one, 100), 9)
	says = nil
	require.NoError(t, s.Flush())
	require.Equal(t, uint64(9), s.UpTo())
	require.Equal(t, []uint64{5, 9, 9}, asked)
}

// TestExpireOften checks that what has expired is not shown at once, and that the file is changed once a minute.
func TestExpireOften(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "bavard.db"))
	talkIn(s, one, 1, 90)
	stored := func() (lines int) {
		require.NoError(t, s.ask(settle))
		require.NoError(t, s.db.pool.QueryRow("SELECT coalesce(sum(lines), 0) FROM blocks").Scan(&lines))
		return lines
	}
	require.Equal(t, 90, stored())
	s.Expire(at(11).Elapsed)
	require.Len(t, pageOf(t, s, one, 100), 80)
	_, found, err := s.Find(one, at(10))
	require.NoError(t, err)
	require.False(t, found)
	require.Equal(t, 90, stored())
	s.Expire(at(5).Elapsed)
	require.Len(t, pageOf(t, s, one, 100), 80, "it never goes back")
	s.Expire(at(61).Elapsed)
	require.Equal(t, 30, stored())
	require.Len(t, pageOf(t, s, one, 100), 30)
	s.Expire(at(1000).Elapsed)
	last, err := s.LastTime(one)
	require.NoError(t, err)
	require.Zero(t, last)
	require.Zero(t, stored())
}

package storage

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// history is what all implementations have.
type history interface {
	Keep(records []state.Record, upTo uint64)
	Page(of state.Buffer, q state.Page) ([]state.Line, error)
	Find(in state.Buffer, at state.Position) (state.Line, bool, error)
	LastTime(of state.Buffer) (int64, error)
	Conversations(of state.Party, after, before state.Position, most int, newest bool) ([]state.Conversation, error)
	SetLimits(mostMessages, mostEvents, mostBytes int)
	Expire(before int64)
	UpTo() uint64
	Flush() error
	Close() error
}

var (
	_ history = Volatile{}
	_ history = (*SQLite)(nil)
)

// seeds is how many random runs there are. More of them find more.
var seeds = flag.Uint64("seeds", 1, "the number of random runs")

// never is an interval after which the writer does nothing in a test.
const never = 24 * time.Hour

// openAt opens a history on disk. Small bounds make the tests reach all cases.
func openAt(t testing.TB, path string, change ...func(*Options)) *SQLite {
	o := Options{Path: path, MostMessages: 100, MostEvents: 100, MostBytes: 1 << 30, Interval: never}
	for _, c := range change {
		c(&o)
	}
	s, err := Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.stop(stopAtOnce) })
	return s
}

// run is a random sequence of records and questions, which two histories answer.
type run struct {
	t      *testing.T
	random *rand.Rand
	now    int
	// journal has the records of each operation; journal[0] is operation 1.
	journal [][]state.Record
	memory  history
	disk    *SQLite
	open    func() *SQLite
	limits  [3]int
	horizon int64
}

func (r *run) buffer() state.Buffer {
	switch r.random.IntN(5) {
	case 0:
		return state.PairBuffer(parties[r.random.IntN(3)], parties[r.random.IntN(3)])
	case 1:
		return state.OneSidedBuffer(parties[r.random.IntN(3)], parties[r.random.IntN(3)])
	}
	return state.ChannelBuffer(state.ChannelID(r.random.IntN(4) + 1))
}

func (r *run) place() state.Position {
	switch r.random.IntN(6) {
	case 0:
		return state.Position{}
	case 1:
		return at(r.random.IntN(r.now + 1))
	}
	return at(max(1, r.now-r.random.IntN(150)))
}

// line returns a random line of the current operation.
func (r *run) line(index uint16, b state.Buffer) *state.Line {
	l := said(r.now, fmt.Sprint("text ", r.now))
	l.Index = index
	l.Verb = []string{"PRIVMSG", "PRIVMSG", "NOTICE", "TAGMSG", "JOIN", "MODE"}[r.random.IntN(6)]
	if b.Channel() == 0 {
		l.From = b.Parties()[r.random.IntN(2)]
		l.Source, l.Target = fmt.Sprintf("nick%d!u@h", r.random.IntN(5)), fmt.Sprint("nick", r.random.IntN(5))
	}
	return l
}

// operation returns the records of a random operation.
func (r *run) operation() (records []state.Record) {
	r.now++
	switch n := r.random.IntN(100); {
	case n < 1:
		return []state.Record{{All: true}}
	case n < 3:
		b := r.buffer()
		return []state.Record{{Drop: &b}}
	case n < 8:
		return []state.Record{{Rename: &state.RenameRecord{Who: parties[r.random.IntN(3)], Nick: fmt.Sprint("new", r.now)}}}
	case n < 20:
		in := []state.Buffer{r.buffer()}
		if r.random.IntN(3) == 0 {
			in = append(in, r.buffer())
		}
		return []state.Record{{Redact: &state.RedactRecord{In: in, At: r.place(), By: state.Redaction{Time: int64(r.now), Source: "op!o@o"}}}}
	case n < 30: // several lines in one operation, some of them not in the order of their places
		b := r.buffer()
		for _, index := range r.random.Perm(r.random.IntN(5)) {
			records = append(records, state.Record{Line: r.line(uint16(index), b), To: []state.Buffer{b}})
		}
		return records
	case n < 35:
		return nil
	}
	b := r.buffer()
	l := r.line(0, b)
	to := []state.Buffer{b}
	if b.Channel() != 0 && r.random.IntN(10) == 0 && b != two {
		to = append(to, two)
	}
	return []state.Record{{Line: l, To: to}}
}

// step does something random with both histories, and compares their answers.
func (r *run) step() {
	batch := r.operation()
	r.journal = append(r.journal, batch)
	r.memory.Keep(batch, uint64(r.now))
	r.disk.Keep(batch, uint64(r.now))
	switch r.random.IntN(100) {
	case 0, 1, 2:
		require.NoError(r.t, r.disk.Flush())
		require.Equal(r.t, uint64(r.now), r.disk.UpTo())
	case 3:
		require.NoError(r.t, r.disk.ask(settle))
	case 4:
		r.crash()
	case 5:
		r.horizon = max(r.horizon, at(max(1, r.now-500+r.random.IntN(400))).Elapsed)
		r.memory.Expire(r.horizon)
		r.disk.Expire(r.horizon)
	case 6:
		if r.random.IntN(3) == 0 {
			// Only downwards: after a higher limit, the lines that share a block with lines that are shown are shown again.
			r.limits[r.random.IntN(2)] -= r.random.IntN(20)
			r.memory.SetLimits(r.limits[0], r.limits[1], r.limits[2])
			r.disk.SetLimits(r.limits[0], r.limits[1], r.limits[2])
		}
	}
	if r.random.IntN(3) == 0 {
		r.compare()
	}
}

// crash ends the disk's history as a crash does, and plays the operations that it did not save.
func (r *run) crash() {
	require.NoError(r.t, r.disk.stop(stopAtOnce))
	r.disk = r.open()
	r.disk.Expire(r.horizon)
	for n, batch := range r.journal {
		if n%7 == 0 || uint64(n) >= r.disk.UpTo() { // some that it has are played too
			r.disk.Keep(batch, uint64(n+1))
		}
	}
}

func (r *run) compare() {
	b := r.buffer()
	q := state.Page{After: r.place(), Before: r.place(), Most: r.random.IntN(40), Newest: r.random.IntN(2) == 0, Events: r.random.IntN(2) == 0, Redacted: r.random.IntN(2) == 0}
	if r.random.IntN(4) == 0 {
		q.Before = state.Position{}
	}
	if r.random.IntN(2) == 0 {
		q.Without = []string{"TAGMSG"}
	}
	want, _ := r.memory.Page(b, q)
	got, err := r.disk.Page(b, q)
	require.NoError(r.t, err)
	require.Equal(r.t, want, got, "operation %d: %x %+v", r.now, b.Key(), q)

	place := r.place()
	line, found, _ := r.memory.Find(b, place)
	line2, found2, err := r.disk.Find(b, place)
	require.NoError(r.t, err)
	require.Equal(r.t, found, found2, "operation %d: %x %+v", r.now, b.Key(), place)
	require.Equal(r.t, line, line2)

	last, _ := r.memory.LastTime(b)
	last2, err := r.disk.LastTime(b)
	require.NoError(r.t, err)
	require.Equal(r.t, last, last2, "operation %d: %x", r.now, b.Key())

	party := parties[r.random.IntN(3)]
	list, _ := r.memory.Conversations(party, q.After, q.Before, q.Most, q.Newest)
	list2, err := r.disk.Conversations(party, q.After, q.Before, q.Most, q.Newest)
	require.NoError(r.t, err)
	require.Equal(r.t, list, list2, "operation %d: %x %+v", r.now, party.Key(), q)
}

// TestSameAnswers gives a history in memory and one on disk the same random operations and questions, with crashes of
// the latter.
func TestSameAnswers(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"patient writer":       func(*Options) {},
		"busy writer":          func(o *Options) { o.Interval = 1 },
		"no cache":             func(o *Options) { o.CacheBytes = 1 },
		"busy and without":     func(o *Options) { o.Interval, o.CacheBytes = time.Millisecond, 1 },
		"room for very little": func(o *Options) { o.PendingBytes, o.CacheBytes = 5_000, 20_000 },
	} {
		for seed := range *seeds {
			t.Run(fmt.Sprint(name, " ", seed), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "bavard.db")
				r := &run{t: t, random: rand.New(rand.NewPCG(seed, 1)), limits: [3]int{150, 150, 1 << 30}}
				r.memory = Volatile{NewMemory(r.limits[0], r.limits[1], r.limits[2])}
				r.open = func() *SQLite {
					return openAt(t, path, change, func(o *Options) { o.MostMessages, o.MostEvents = r.limits[0], r.limits[1] })
				}
				r.disk = r.open()
				for range 1_000 {
					r.step()
				}
				require.NoError(t, r.disk.Check(t.Context(), nil))
			})
		}
	}
}

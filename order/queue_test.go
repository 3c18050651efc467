package order

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"bavard/order/journal"
	"bavard/state"
)

// teller notes what it is told.
type teller struct {
	queue    *Queue
	told     []string
	replaced int
	// on runs for each outcome.
	on func(o *Outcome)
}

func (x *teller) Tell(o *Outcome) {
	x.told = append(x.told, fmt.Sprintf("%T %d %v %v", o.Op, len(o.Events), o.By, o.Replayed))
	if x.on != nil {
		x.on(o)
	}
}

func (x *teller) Replaced(*state.State) { x.replaced++ }

// memory is a journal in memory, whose disk can fail.
type memory struct {
	records  []kept
	snapshot kept
	failing  error
	gap      bool
	must     []uint64
	barriers int
	trimmed  uint64
}

type kept struct {
	order uint64
	data  []byte
}

func (m *memory) Load(snapshot, record func(uint64, []byte) error) (journal.Loaded, error) {
	return m.Read(^uint64(0), snapshot, record)
}

func (m *memory) Read(upTo uint64, snapshot, record func(uint64, []byte) error) (loaded journal.Loaded, err error) {
	if m.snapshot.data != nil {
		loaded.SnapshotOrder = m.snapshot.order
		if err := snapshot(m.snapshot.order, m.snapshot.data); err != nil {
			return loaded, err
		}
	}
	for _, r := range m.records {
		if r.order > m.snapshot.order && r.order <= upTo {
			loaded.Operations++
			if err := record(r.order, r.data); err != nil {
				return loaded, err
			}
		}
	}
	return loaded, nil
}

func (m *memory) Append(order uint64, data []byte, mustSync bool) {
	m.records = append(m.records, kept{order, bytes.Clone(data)})
	if mustSync {
		m.must = append(m.must, order)
	}
}

func (m *memory) Rotate() (uint64, error) {
	if m.failing != nil {
		return 0, m.failing
	}
	return m.records[len(m.records)-1].order, nil
}

func (m *memory) PutSnapshot(order uint64, write func(io.Writer) error) error {
	var data bytes.Buffer
	err := write(&data)
	m.snapshot = kept{order, data.Bytes()}
	return err
}

func (m *memory) CloseGap(order uint64, data []byte) error {
	m.gap, m.snapshot, m.records = false, kept{order, data}, nil
	return nil
}

func (m *memory) Barrier()                    { m.barriers++ }
func (m *memory) MayWait() bool               { return false }
func (m *memory) Failing() error              { return m.failing }
func (m *memory) Trim(upTo uint64) error      { m.trimmed = upTo; return nil }
func (m *memory) Gap() bool                   { return m.gap }
func (m *memory) Sizes() (since, total int64) { return int64(len(m.records)), 0 }
func (m *memory) SnapshotTime() time.Time     { return time.Time{} }
func (m *memory) Close() error                { return nil }

// life is a queue on a journal.
type life struct {
	*Queue
	t      *testing.T
	teller *teller
	log    *bytes.Buffer
	aside  map[string][]byte
	broken error
}

var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func newLife(t *testing.T, j Journal, change func(*Options)) (*life, Loaded, error) {
	l := &life{t: t, teller: &teller{}, log: new(bytes.Buffer), aside: map[string][]byte{}}
	o := Options{
		Log: slog.New(slog.NewTextHandler(l.log, nil)), Now: func() time.Time { return start }, Teller: l.teller, Journal: j,
		Aside:  func(name string, content []byte) error { l.aside[name] = content; return nil },
		Broken: func(err error) { l.broken = err },
	}
	if change != nil {
		change(&o)
	}
	l.Queue = New(o)
	l.teller.queue = l.Queue
	loaded, err := l.Start()
	return l, loaded, err
}

func begin(t *testing.T, j Journal) *life {
	l, _, err := newLife(t, j, nil)
	require.NoError(t, err)
	return l
}

// must applies operations, and requires that none is refused.
func (l *life) must(session state.SessionID, ops ...state.Op) {
	l.t.Helper()
	for _, op := range ops {
		l.Lock()
		refusal := l.Do("somebody", session, op)
		l.Unlock()
		require.Nil(l.t, refusal)
	}
}

// populate makes a permanent channel with a topic.
func (l *life) populate() {
	l.must(1, &state.Register{Nick: "alice", Username: "u", Host: "h"}, &state.MakeOper{Name: "root", Class: "admin", Privileges: []string{"admin", "override"}},
		&state.Join{Channel: "#c"}, &state.SetModes{Channel: "#c", Changes: []state.ModeChange{{On: true, Letter: 'P'}}}, &state.SetTopic{Channel: "#c", Text: "hello"})
}

func TestWhoAskedIsTold(t *testing.T) {
	l := begin(t, nil)
	require.Equal(t, []string{"*state.NodeUp 0 <nil> false"}, l.teller.told)
	l.must(1, &state.Register{Nick: "alice", Username: "u", Host: "h"})
	require.Equal(t, "*state.Register 1 somebody false", l.teller.told[1])
	l.Lock()
	defer l.Unlock()
	require.NotNil(t, l.Do("other", 1, &state.Join{Channel: "no channel"}))
	require.Equal(t, "*state.Join 0 other false", l.teller.told[2], "refusals are told too")
	require.Empty(t, l.asked)
}

// TestARestartBringsTheStateBack: from operations, from a snapshot, and from both. Whatever is not stored yet is told
// again.
func TestARestartBringsTheStateBack(t *testing.T) {
	for _, x := range []struct {
		name    string
		between func(l *life)
		told    int
	}{
		{"operations", func(*life) {}, 6},
		{"snapshot", func(l *life) { require.NoError(t, l.Snapshot()) }, 0},
		{"both", func(l *life) {
			require.NoError(t, l.Snapshot())
			l.must(1, &state.SetTopic{Channel: "#c", Text: "later"})
		}, 1},
		{"last snapshot", func(l *life) { require.NoError(t, l.Stop()) }, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			j := &memory{}
			first := begin(t, j)
			first.populate()
			x.between(first)
			want := first.State().Snapshot()
			var atStart []byte
			second, loaded, err := newLife(t, j, func(o *Options) {
				o.Recorded = func(_ state.Stamp, op state.Op) {
					if _, is := op.(*state.NodeUp); is {
						atStart = second(o).State().Snapshot()
					}
				}
			})
			require.NoError(t, err)
			require.Equal(t, want, atStart)
			require.Zero(t, loaded.Skipped)
			replayed := 0
			for _, told := range second.teller.told {
				if strings.HasSuffix(told, " true") {
					replayed++
				}
			}
			require.Equal(t, x.told, replayed)
			c := second.State().Channel("#c")
			require.NotNil(t, c, "it is permanent")
			require.Nil(t, second.State().User("alice"), "her connection has ended")
			require.Greater(t, second.State().Incarnation(Node), uint64(start.UnixNano()))
		})
	}
}

// second returns the queue of a teller in options.
func second(o *Options) *Queue { return o.Teller.(*teller).queue }

// TestStoredIsNotToldAgain: what history has already is not remembered twice.
func TestStoredIsNotToldAgain(t *testing.T) {
	j := &memory{}
	first := begin(t, j)
	first.populate()
	stored := first.State().Order() - 1
	again, _, err := newLife(t, j, func(o *Options) { o.Stored = func() uint64 { return stored } })
	require.NoError(t, err)
	require.Equal(t, "*state.SetTopic 1 <nil> true", again.teller.told[0])
	require.Equal(t, "*state.NodeUp 2 <nil> false", again.teller.told[1])
	require.NoError(t, again.Snapshot())
	require.Equal(t, stored, j.trimmed, "the journal keeps what is not stored")
}

// TestOrderGoesOn: also after a life of which nothing is left, and when the clock was set back.
func TestOrderGoesOn(t *testing.T) {
	j := &memory{}
	first := begin(t, j)
	first.populate()
	last := first.State().Order()
	require.Greater(t, last, uint64(start.UnixMilli())*orderPerMillisecond)
	back, _, err := newLife(t, j, func(o *Options) { o.Now = func() time.Time { return start.Add(-time.Hour) } })
	require.NoError(t, err)
	require.Greater(t, back.State().Order(), last)
	require.GreaterOrEqual(t, back.State().Now(), first.State().Now(), "the state's clock never runs back")
	stored := last * 2
	older, _, err := newLife(t, &memory{}, func(o *Options) { o.Stored = func() uint64 { return stored } })
	require.NoError(t, err)
	require.Equal(t, stored+1, older.State().Order())
	lost, _, err := newLife(t, &memory{}, func(o *Options) { o.Now = func() time.Time { return start.Add(time.Millisecond) } })
	require.NoError(t, err)
	require.Greater(t, lost.State().Order(), last)
}

// TestAPanicLeavesNothing: the state is as if the operation had never been, the operation is kept for a bug report and
// does not come back, and the order goes on.
func TestAPanicLeavesNothing(t *testing.T) {
	j := &memory{}
	l := begin(t, j)
	l.populate()
	want, records := l.State().Snapshot(), len(j.records)
	l.Lock()
	damage(l.state)
	require.Panics(t, func() { l.Do("somebody", 1, &state.Join{Channel: "#secret"}) })
	l.Unlock()
	require.Equal(t, want, l.State().Snapshot())
	require.Len(t, j.records, records, "it is not in the journal")
	require.Equal(t, 1, len(l.aside))
	require.NotContains(t, l.log.String(), "#secret")
	require.Contains(t, l.log.String(), "panic in an operation")
	require.Equal(t, 2, l.teller.replaced, "at the start, and now")
	require.Empty(t, l.asked)
	l.must(1, &state.SetTopic{Channel: "#c", Text: "on"})
	require.NoError(t, l.broken)
	again := begin(t, j)
	require.Equal(t, "on", again.State().Channel("#c").Topic().Text)
}

// damage makes operations that add a channel panic half-way.
func damage(s *state.State) {
	names := reflect.ValueOf(s).Elem().FieldByName("names")
	reflect.NewAt(names.Type(), unsafe.Pointer(names.UnsafeAddr())).Elem().SetZero()
}

// TestAPanicWithoutAJournal: nothing is there to build the state from, so it must be whole, or the process ends.
func TestAPanicWithoutAJournal(t *testing.T) {
	l := begin(t, nil)
	l.populate()
	l.Lock()
	defer l.Unlock()
	damage(l.state)
	require.Panics(t, func() { l.Do("somebody", 1, &state.Join{Channel: "#d"}) })
	require.Error(t, l.broken)
}

// TestAnOperationThatPanicsAtTheStart is skipped, and does not come back: this program may have an error that the one
// that wrote the journal did not have.
func TestAnOperationThatPanicsAtTheStart(t *testing.T) {
	j := &memory{}
	begin(t, j).populate()
	last, _, err := state.DecodeOp(j.records[len(j.records)-1].data)
	require.NoError(t, err)
	last.Order++
	last.Origin.Number++
	j.Append(last.Order, state.EncodeOp(last, &state.SetTopic{Channel: "#c", Text: "panic"}), false)
	last.Order++
	last.Origin.Number++
	j.Append(last.Order, state.EncodeOp(last, &state.SetTopic{Channel: "#c", Text: "after"}), false)
	panics := func(o *Outcome) {
		if changed, is := o.Op.(*state.SetTopic); is && changed.Text == "panic" {
			panic("a new error")
		}
	}
	var l *life
	l, loaded, err := newLife(t, j, func(o *Options) { o.Teller.(*teller).on = panics })
	require.NoError(t, err)
	require.Equal(t, 1, loaded.Skipped)
	times := map[string]int{}
	for _, told := range l.teller.told {
		times[told]++
	}
	require.Equal(t, 1, times["*state.Register 1 <nil> true"], "nothing is told twice: %v", times)
	require.Equal(t, "after", l.State().Channel("#c").Topic().Text)
	require.Len(t, l.aside, 1)
	require.NotNil(t, j.snapshot.data)
	_, loaded, err = newLife(t, j, func(o *Options) { o.Teller.(*teller).on = panics })
	require.NoError(t, err)
	require.Zero(t, loaded.Skipped)
}

// TestDamageStopsTheStart checks that an operation that cannot be decoded, or is out of place, stops the start, and
// that the daemon does not begin with an empty state.
func TestDamageStopsTheStart(t *testing.T) {
	for name, damage := range map[string]func(*memory){
		"bytes":    func(m *memory) { m.records[3].data[0] ^= 0xff },
		"missing":  func(m *memory) { m.records = append(m.records[:3], m.records[4:]...) },
		"place":    func(m *memory) { m.records[3].order++ },
		"snapshot": func(m *memory) { m.snapshot = kept{m.records[2].order, []byte("x")} },
	} {
		t.Run(name, func(t *testing.T) {
			j := &memory{}
			begin(t, j).populate()
			damage(j)
			_, _, err := newLife(t, j, nil)
			require.Error(t, err)
		})
	}
}

// TestGap: after operations were thrown away, a snapshot of the state itself closes the gap.
func TestGap(t *testing.T) {
	j := &memory{}
	l := begin(t, j)
	l.populate()
	j.records, j.gap = nil, true
	l.CloseGap()
	require.False(t, j.gap)
	again := begin(t, j)
	require.Equal(t, "hello", again.State().Channel("#c").Topic().Text)
}

// TestSnapshotsWhenDue: by size, by age, and never while the disk fails or when nothing has happened.
func TestSnapshotsWhenDue(t *testing.T) {
	for _, x := range []struct {
		bytes   int64
		age     time.Duration
		now     time.Time
		failing error
		due     bool
	}{
		{bytes: 1, age: 1 << 62, now: start, due: true},
		{bytes: 1 << 40, age: time.Hour, now: start.Add(time.Hour), due: true},
		{bytes: 1 << 40, age: time.Hour, now: start.Add(time.Hour - 1), due: false},
		{bytes: 1, age: 1, now: start, failing: io.ErrShortWrite, due: false},
	} {
		j := &memory{}
		l, _, err := newLife(t, j, func(o *Options) { o.SnapshotBytes, o.SnapshotAge = x.bytes, x.age })
		require.NoError(t, err)
		l.populate()
		j.failing = x.failing
		l.snapshotIfDue(x.now)
		require.Equal(t, x.due, j.snapshot.data != nil, "%+v", x)
		if x.due {
			require.Equal(t, l.State().Snapshot(), j.snapshot.data, "the journal gives the same bytes as the state")
		}
	}
}

// TestSnapshotsWaitForHistory: a start looks at no operation before a snapshot, so what is remembered of them must have
// been stored before.
func TestSnapshotsWaitForHistory(t *testing.T) {
	j, stored := &memory{}, uint64(0)
	l, _, err := newLife(t, j, func(o *Options) {
		o.SnapshotBytes, o.SnapshotAge, o.Stored = 1, 1<<62, func() uint64 { return stored }
	})
	require.NoError(t, err)
	l.populate()
	cut := l.State().Order()
	want := l.State().Snapshot()
	l.snapshotIfDue(start)
	require.Nil(t, j.snapshot.data)
	stored = cut - 1
	l.snapshotIfDue(start)
	require.Nil(t, j.snapshot.data)
	l.must(0, &state.AddBan{Action: state.BanConnect, Target: "192.0.2.1", Setter: "somebody"})
	stored = cut
	l.snapshotIfDue(start)
	require.Equal(t, kept{cut, want}, j.snapshot, "it ends where it was decided")
	j.snapshot = kept{}
	require.NoError(t, l.Stop())
	require.Nil(t, j.snapshot.data, "nor at the end")
	stored = l.State().Order()
	require.NoError(t, l.Stop())
	require.Equal(t, stored, j.snapshot.order)
	l, _, err = newLife(t, j, func(o *Options) { o.Stored = func() uint64 { return stored } })
	require.NoError(t, err)
	require.Equal(t, stored, j.trimmed, "the next start deletes what the snapshot replaces")
	require.NotNil(t, l.State())
}

// TestWhatMustLast: server bans are on the disk before anybody is told.
func TestWhatMustLast(t *testing.T) {
	j := &memory{}
	l := begin(t, j)
	l.populate()
	require.Empty(t, j.must)
	l.must(0, &state.AddBan{Action: state.BanConnect, Target: "192.0.2.1", Setter: "somebody"})
	require.Equal(t, []uint64{l.State().Order()}, j.must)
}

// TestClockAfterARestart checks that the state's clock continues from its last reading, plus the time that the daemon
// was down according to the time of day.
func TestClockAfterARestart(t *testing.T) {
	for _, x := range []struct{ down, passes time.Duration }{{time.Hour, time.Hour}, {0, 0}, {-time.Hour, 0}} {
		j := &memory{}
		first := begin(t, j)
		first.populate()
		before := first.State().Now()
		second, _, err := newLife(t, j, func(o *Options) { o.Now = func() time.Time { return start.Add(x.down) } })
		require.NoError(t, err)
		require.Equal(t, int64(x.passes), second.Elapsed()-before, x.down)
		wall, elapsed := second.clock.stampTimes()
		require.Equal(t, start.Add(x.down).UnixNano(), wall)
		require.Equal(t, second.Elapsed(), elapsed)
	}
}

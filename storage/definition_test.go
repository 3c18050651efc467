package storage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// definition is a simple reference implementation of a history: a list of all lines, the oldest first, that every
// method searches from start to end.
type definition struct {
	mostMessages, mostEvents int
	all                      []remembered
}

type remembered struct {
	buffer state.Buffer
	line   state.Line
}

func (d *definition) append(l state.Line, to ...state.Buffer) {
	for _, b := range to {
		d.all = append(d.all, remembered{b, l})
		most := d.mostEvents
		if l.IsMessage() {
			most = d.mostMessages
		}
		same := func(r remembered) bool { return r.buffer == b && r.line.IsMessage() == l.IsMessage() }
		if d.count(same) > most {
			first := slices.IndexFunc(d.all, same)
			d.all = slices.Delete(d.all, first, first+1)
		}
	}
}

func (d *definition) count(which func(remembered) bool) (n int) {
	for _, r := range d.all {
		if which(r) {
			n++
		}
	}
	return n
}

func (d *definition) page(b state.Buffer, q state.Page) []state.Line {
	var out []state.Line
	for _, r := range d.all {
		l := r.line
		if r.buffer == b && (l.IsMessage() || q.Events) && (l.Redaction == nil || q.Redacted && l.IsMessage()) && !slices.Contains(q.Without, l.Verb) &&
			l.Compare(q.After) > 0 && (q.Before.IsZero() || l.Compare(q.Before) < 0) {
			out = append(out, l)
		}
	}
	return cut(out, q.Most, q.Newest)
}

func (d *definition) conversations(of state.Party, after, before state.Position, most int, newest bool) []state.Conversation {
	latest := map[state.Buffer]state.Line{}
	for _, r := range d.all {
		if r.line.IsMessage() && r.buffer.Holds(of) {
			latest[r.buffer] = r.line
		}
	}
	var out []state.Conversation
	for b, l := range latest {
		if l.Compare(after) > 0 && (before.IsZero() || l.Compare(before) < 0) {
			out = append(out, state.Conversation{Buffer: b, Last: l.Elapsed})
		}
	}
	slices.SortFunc(out, func(a, b state.Conversation) int { return int(a.Last - b.Last) })
	return cut(out, most, newest)
}

func cut[T any](list []T, most int, newest bool) []T {
	if len(list) > most && most > 0 && newest {
		return list[len(list)-most:]
	}
	if most == 0 || len(list) == 0 {
		return nil
	}
	return list[:min(most, len(list))]
}

// TestMemoryAgainstADefinition compares the results of all methods with those of the reference implementation, for both
// kinds of buffers.
func TestMemoryAgainstADefinition(t *testing.T) {
	buffers := []state.Buffer{one, two, three}
	for i, p := range parties {
		for _, q := range parties[i:] {
			buffers = append(buffers, state.PairBuffer(p, q), state.OneSidedBuffer(q, p))
		}
	}
	const mostBytes = 1 << 20 // more than this test uses; TestMemoryIsBounded and the next test check the limit
	d := &definition{mostMessages: 5, mostEvents: 3}
	m := NewMemory(d.mostMessages, d.mostEvents, mostBytes)
	r := rand.New(rand.NewPCG(1, 1))
	near := func(now int) state.Position {
		if r.IntN(4) == 0 {
			return state.Position{}
		}
		return at(max(1, now-r.IntN(100)))
	}
	for now := 1; now < 10_000; now++ {
		b := buffers[r.IntN(len(buffers))]
		switch r.IntN(20) {
		case 0:
			m.Drop(b)
			d.all = slices.DeleteFunc(d.all, func(x remembered) bool { return x.buffer == b })
		case 1, 2:
			place, by := at(now-r.IntN(min(now, 40))), state.Redaction{Source: "op", Time: int64(now)}
			i := slices.IndexFunc(d.all, func(x remembered) bool {
				return x.buffer == b && x.line.Position == place && x.line.Verb != "JOIN" && x.line.Redaction == nil
			})
			require.Equal(t, i >= 0, m.Redact(b, place, by))
			if i >= 0 {
				d.all[i].line = d.all[i].line.Redacted(by)
			}
		default:
			l := state.Line{Position: at(now), Verb: []string{"PRIVMSG", "NOTICE", "TAGMSG", "JOIN"}[r.IntN(4)], From: b.Parties()[0], Source: "n!u@h"}
			l.Params = []string{fmt.Sprint(now)}
			to := []state.Buffer{b}
			if b.Channel() == 1 {
				to = append(to, two)
			}
			m.Append(&l, to...)
			d.append(l, to...)
		}
		q := state.Page{After: near(now), Before: near(now), Most: r.IntN(8), Newest: r.IntN(2) == 0, Events: r.IntN(2) == 0, Redacted: r.IntN(2) == 0}
		if r.IntN(2) == 0 {
			q.Without = []string{"TAGMSG"}
		}
		require.Equal(t, d.page(b, q), m.Page(b, q), "%+v", q)
		party := parties[r.IntN(len(parties))]
		got := m.Conversations(party, q.After, q.Before, q.Most, q.Newest)
		for i := range got {
			got[i].Nick, got[i].Was = "", ""
		}
		require.Equal(t, d.conversations(party, q.After, q.Before, q.Most, q.Newest), got)
		require.Equal(t, len(d.all), m.usedLines)
		require.LessOrEqual(t, m.messages.len(), 2*m.usedLines+65)
		require.LessOrEqual(t, m.events.len(), 2*m.usedLines+65)
	}
}

// TestMemoryCountsItsBytes checks that the counted bytes always match the lines, and never exceed the limit.
func TestMemoryCountsItsBytes(t *testing.T) {
	const mostBytes = 30_000
	m := NewMemory(8, 8, mostBytes)
	r := rand.New(rand.NewPCG(2, 2))
	for now := 1; now < 5_000; now++ {
		b := state.ChannelBuffer(state.ChannelID(r.IntN(12) + 1))
		if r.IntN(2) == 0 {
			b = state.PairBuffer(parties[r.IntN(3)], parties[r.IntN(3)])
		}
		l := said(now, string(make([]byte, r.IntN(400))))
		if r.IntN(3) == 0 {
			l.Verb = "JOIN"
		}
		m.Append(l, b)
		m.Redact(b, at(now-r.IntN(10)), state.Redaction{Reason: "because"})
		if now == 2_500 {
			m.SetLimits(4, 2, mostBytes/2)
		}
		bytes, events, lines := 0, 0, 0
		for b := range m.buffers.all {
			key := b.key
			require.Equal(t, key, b.key)
			bytes += bufferOverheadBytes
			for _, ring := range []*records{&b.messages, &b.events} {
				for i := range ring.len() {
					bytes += size(ring.at(i).line)
					if ring == &b.events {
						events += size(ring.at(i).line)
					}
					lines++
				}
			}
		}
		require.Equal(t, bytes, m.usedBytes)
		require.Equal(t, events, m.eventBytes)
		require.Equal(t, lines, m.usedLines)
		require.LessOrEqual(t, bytes, mostBytes)
	}
}

// TestMemoryIsReadWhileItGrows is for the race detector: sessions read without holding the state's lock.
func TestMemoryIsReadWhileItGrows(t *testing.T) {
	m := NewMemory(20, 20, 1<<20)
	pair := state.PairBuffer(alice, bob)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() { // ends by itself
			for range 300 {
				for _, l := range m.Page(pair, state.Page{Most: 20, Redacted: true}) {
					require.Contains(t, []string{"", "hello"}, l.Text())
				}
				m.Conversations(alice, state.Position{}, state.Position{}, 5, true)
				m.LastTime(pair)
				m.Find(pair, at(3))
			}
		})
	}
	for i := range 1_000 {
		m.Append(private(i+1, alice, "alice!a@a", "bob"), pair)
		m.Redact(pair, at(i), state.Redaction{})
	}
	readers.Wait()
	require.Len(t, last(m, pair, 100), 1)
}

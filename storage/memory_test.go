package storage

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

var (
	one, two, three = state.ChannelBuffer(1), state.ChannelBuffer(2), state.ChannelBuffer(3)
	parties         = func() (list []state.Party) {
		for i := range state.AccountID(3) {
			list = append(list, state.NewParty(i+1, 0))
		}
		return list
	}()
	alice, bob, carol = parties[0], parties[1], parties[2]
)

// at returns the position of the n-th operation, with one operation per second.
func at(n int) state.Position {
	return state.Position{Elapsed: int64(n) * 1_000_000_000, Order: uint64(n)}
}

func said(n int, text string) *state.Line {
	return &state.Line{Position: at(n), Verb: "PRIVMSG", Source: "alice!a@a", Params: []string{text}}
}

func happened(n int, verb string) *state.Line {
	return &state.Line{Position: at(n), Verb: verb, Source: "alice!a@a"}
}

func private(n int, from state.Party, source, target string) *state.Line {
	return &state.Line{Position: at(n), Verb: "PRIVMSG", Source: source, From: from, Target: target, Params: []string{"hello"}}
}

func last(m *Memory, b state.Buffer, most int) []state.Line {
	return m.Page(b, state.Page{Most: most, Newest: true})
}

func texts(lines []state.Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l.Text())
	}
	return out
}

func TestMemory(t *testing.T) {
	m := NewMemory(3, 3, 1<<20)
	for i := range 5 {
		m.Append(said(i+1, fmt.Sprint("a", i)), one)
	}
	m.Append(said(6, "b"), two)
	require.Equal(t, []string{"a2", "a3", "a4"}, texts(last(m, one, 100)))
	require.Equal(t, []string{"a4"}, texts(last(m, one, 1)))
	require.Empty(t, last(m, one, 0))
	require.Empty(t, last(m, three, 5))
	require.Equal(t, at(5).Elapsed, m.LastTime(one))
	require.Zero(t, m.LastTime(three))
	m.Drop(one)
	m.Drop(three)
	require.Empty(t, last(m, one, 100))
	require.Equal(t, []string{"b"}, texts(last(m, two, 100)))
	line := said(6, "b")
	require.Equal(t, size(line)+bufferOverheadBytes, m.usedBytes)
	require.Equal(t, 1, m.usedLines)
}

func TestMemoryIsBounded(t *testing.T) {
	line := said(1, "x")
	each := size(line) + bufferOverheadBytes
	m := NewMemory(100, 100, 4*each)
	for i := range 50 {
		m.Append(said(i+1, "x"), state.ChannelBuffer(state.ChannelID(i%5+1)))
		require.LessOrEqual(t, m.usedBytes, 4*each)
	}
	require.Equal(t, 4, m.usedLines)
	require.Empty(t, last(m, one, 10), "the oldest go first, whatever their channel")
	m.Append(said(51, string(make([]byte, 5*each))), state.ChannelBuffer(7))
	require.Zero(t, m.usedLines, "a line that is larger than all is not kept")
	require.Zero(t, m.usedBytes)
	require.Zero(t, len(m.buffers.channels)+len(m.buffers.talks))
}

func TestMemorySetLimits(t *testing.T) {
	m := NewMemory(10, 10, 1<<20)
	for i := range 10 {
		m.Append(said(2*i+1, fmt.Sprint(i)), one)
		m.Append(happened(2*i+2, "JOIN"), one)
	}
	m.SetLimits(2, 3, 1<<20)
	require.Equal(t, []string{"8", "9"}, texts(last(m, one, 10)))
	require.Len(t, m.Page(one, state.Page{Most: 10, Events: true}), 5)
	m.SetLimits(0, 3, 1<<20)
	m.Append(said(30, "no"), one)
	require.Empty(t, last(m, one, 10))
	require.Len(t, m.Page(one, state.Page{Most: 10, Events: true}), 3)
	m.SetLimits(2, 0, 1<<20)
	m.Append(happened(31, "JOIN"), one)
	m.Append(said(32, "yes"), one)
	require.Len(t, m.Page(one, state.Page{Most: 10, Events: true}), 1)
	m.SetLimits(2, 2, 0)
	require.Zero(t, m.usedBytes)
	require.Zero(t, len(m.buffers.channels)+len(m.buffers.talks))
}

func TestMemoryDropsConversations(t *testing.T) {
	m := NewMemory(10, 10, 1<<20)
	m.Append(said(1, "public"), one)
	m.Append(private(2, alice, "alice!a@a", "bob"), state.PairBuffer(alice, bob))
	m.Append(private(3, bob, "bob!b@b", "alice"), state.OneSidedBuffer(bob, alice))
	reaction := private(4, bob, "bob!b@b", "alice")
	reaction.Verb = "TAGMSG"
	m.Append(reaction, state.PairBuffer(alice, bob))
	m.DropConversations()
	require.Equal(t, []string{"public"}, texts(last(m, one, 10)))
	require.Equal(t, 1, len(m.buffers.channels)+len(m.buffers.talks))
	require.Empty(t, m.people)
	require.Equal(t, 1, m.usedLines)
}

// TestMemoryKeepsTalk checks that joins and quits do not displace messages.
func TestMemoryKeepsTalk(t *testing.T) {
	m := NewMemory(2, 2, 1<<20)
	m.Append(said(1, "kept"), one)
	for i := range 50 {
		m.Append(happened(i+2, "JOIN"), one, two)
	}
	require.Equal(t, []string{"kept"}, texts(last(m, one, 10)))
	require.Len(t, m.Page(one, state.Page{Most: 10, Events: true}), 3)
	require.Len(t, m.Page(two, state.Page{Most: 10, Events: true}), 2)
}

// TestMemoryKeepsTalkOfAll checks that the joins and quits of a busy channel do not displace the messages of a quiet
// one either.
func TestMemoryKeepsTalkOfAll(t *testing.T) {
	const mostBytes = 40_000
	m := NewMemory(1000, 1000, mostBytes)
	m.Append(said(1, "kept"), one)
	for i := range 1000 {
		m.Append(happened(i+2, "JOIN"), two)
	}
	require.Equal(t, []string{"kept"}, texts(last(m, one, 10)))
	events := len(m.Page(two, state.Page{Most: 1000, Events: true}))
	require.Greater(t, events, 50, "they may have what nobody else needs")
	// Messages take back half of the memory; beyond that, they displace only older lines.
	for i := range 1000 {
		m.Append(said(i+2000, "more"), three)
	}
	require.Empty(t, last(m, one, 10))
	require.Empty(t, m.Page(two, state.Page{Most: 1000, Events: true}))
	require.Greater(t, len(last(m, three, 1000)), 50)
}

// TestMemoryOrder checks that the lines of one operation can be added in a different order than that of their
// positions.
func TestMemoryOrder(t *testing.T) {
	m := NewMemory(10, 10, 1<<20)
	indexed := func(i uint16) *state.Line {
		l := happened(1, fmt.Sprint("E", i))
		l.Index = i
		return l
	}
	for _, i := range []uint16{1, 3, 2, 0} {
		m.Append(indexed(i), one)
	}
	m.Append(said(1, "x"), one)
	m.SetLimits(10, 3, 1<<20)
	var verbs []string
	for _, l := range m.Page(one, state.Page{Most: 10, Events: true}) {
		verbs = append(verbs, l.Verb)
	}
	require.Equal(t, []string{"PRIVMSG", "E1", "E2", "E3"}, verbs)
}

func TestMemoryRedacts(t *testing.T) {
	m := NewMemory(10, 10, 1<<20)
	m.Append(said(1, "first"), one)
	m.Append(said(2, "secret"), one)
	m.Append(happened(3, "JOIN"), one)
	reaction := happened(4, "TAGMSG")
	reaction.Tags = []state.Tag{{Key: "+draft/react", Value: "x"}}
	m.Append(reaction, one)
	before := last(m, one, 10)
	by := state.Redaction{Time: 9, Source: "op!o@o", Reason: "spam"}
	require.False(t, m.Redact(two, at(2), by), "it is not there")
	require.False(t, m.Redact(one, at(5), by), "there is none")
	require.False(t, m.Redact(one, at(3), by), "it is no message")
	require.True(t, m.Redact(one, at(2), by))
	require.False(t, m.Redact(one, at(2), by), "it has been redacted")
	require.True(t, m.Redact(one, at(4), by))
	require.Equal(t, []string{"first", "secret"}, texts(before), "what was handed out has not changed")

	line, found := m.Find(one, at(2))
	require.True(t, found)
	require.Empty(t, line.Params)
	require.Equal(t, &by, line.Redaction)
	line, found = m.Find(one, at(4))
	require.True(t, found)
	require.Empty(t, line.Tags)
	_, found = m.Find(one, at(9))
	require.False(t, found)
	_, found = m.Find(two, at(1))
	require.False(t, found)

	require.Equal(t, []string{"first"}, texts(last(m, one, 10)))
	require.Len(t, m.Page(one, state.Page{Most: 10, Redacted: true}), 2)
	require.Len(t, m.Page(one, state.Page{Most: 10, Redacted: true, Events: true}), 3, "nothing is left of a deleted reaction")
	require.Len(t, m.Page(one, state.Page{Most: 10, Events: true, Without: []string{"JOIN"}}), 1)
	require.Equal(t, []string{"first"}, texts(m.Page(one, state.Page{Most: 1, Newest: true})), "it does not count")
	m.Drop(one)
	require.Zero(t, m.usedBytes)
}

func talk(b state.Buffer, nick string, last int64) state.Conversation {
	return state.Conversation{Buffer: b, Nick: nick, Was: nick, Last: last}
}

func TestMemoryConversations(t *testing.T) {
	m := NewMemory(3, 3, 1<<20)
	withBob, withCarol, self := state.PairBuffer(alice, bob), state.PairBuffer(carol, alice), state.PairBuffer(alice, alice)
	m.Append(private(1, alice, "al!a@a", "bob"), withBob)
	m.Append(private(2, carol, "caz!c@c", "al"), withCarol)
	m.Append(private(3, alice, "al!a@a", "al"), self)
	all := func(p state.Party) []state.Conversation {
		return m.Conversations(p, state.Position{}, state.Position{}, 100, false)
	}
	require.Equal(t, []state.Conversation{talk(withBob, "bob", at(1).Elapsed), talk(withCarol, "caz", at(2).Elapsed), talk(self, "al", at(3).Elapsed)}, all(alice))
	require.Equal(t, []state.Conversation{talk(withCarol, "al", at(2).Elapsed)}, all(carol))
	// After a nick change, the party has the new nick in all conversations.
	m.Rename(carol, "cazza")
	m.Rename(state.Party{}, "nobody")
	require.Equal(t, state.Conversation{Buffer: withCarol, Nick: "cazza", Was: "caz", Last: at(2).Elapsed}, all(alice)[1])
	// A message under a different nick moves the conversation to the end; a reaction does not.
	m.Append(private(4, bob, "robert!b@b", "alicia"), withBob)
	reaction := private(5, carol, "carol!c@c", "alicia")
	reaction.Verb = "TAGMSG"
	m.Append(reaction, withCarol)
	note := state.Conversation{Buffer: self, Nick: "alicia", Was: "al", Last: at(3).Elapsed}
	require.Equal(t, []state.Conversation{talk(withCarol, "carol", at(2).Elapsed), note, talk(withBob, "robert", at(4).Elapsed)}, all(alice))
	require.Equal(t, []state.Conversation{talk(withBob, "alicia", at(4).Elapsed)}, all(bob))
	require.Equal(t, []state.Conversation{talk(withCarol, "carol", at(2).Elapsed)}, m.Conversations(alice, state.Position{}, state.Position{}, 1, false))
	require.Equal(t, []state.Conversation{talk(withBob, "robert", at(4).Elapsed)}, m.Conversations(alice, state.Position{}, state.Position{}, 1, true))
	require.Equal(t, []state.Conversation{note}, m.Conversations(alice, at(2), at(4), 100, true), "the bounds are not included")
	m.Drop(self)
	require.Len(t, all(alice), 2)
	m.Drop(withCarol)
	m.Drop(withBob)
	require.Empty(t, m.people)
	require.Zero(t, m.usedBytes)
	// A conversation that has only reactions is not listed.
	m.Append(reaction, withCarol)
	require.Empty(t, all(alice))
}

func BenchmarkAppend(b *testing.B) {
	for _, buffers := range []int{1, 20} {
		b.Run(fmt.Sprint(buffers), func(b *testing.B) {
			m := NewMemory(200, 200, 16<<20)
			var to []state.Buffer
			for i := range buffers {
				to = append(to, state.ChannelBuffer(state.ChannelID(i+1)))
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Append(happened(i, "QUIT"), to...)
			}
		})
	}
}

func BenchmarkPage(b *testing.B) {
	m := NewMemory(100_000, 100_000, 1<<30)
	for i := range 100_000 {
		m.Append(said(2*i+1, "text"), one)
		m.Append(happened(2*i+2, "JOIN"), one)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Page(one, state.Page{After: at(i % 100_000), Most: 100, Events: true})
	}
}

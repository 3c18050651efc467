package storage

import (
	"container/list"
	"slices"
	"strings"

	"bavard/state"
)

// person is a party that has conversations.
type person struct {
	// nick is the party's latest known nick.
	nick string
	// talks lists the party's conversations that contain a message (*buffer), ordered by their latest message.
	talks list.List
}

// learnNicks records the nicks of a conversation's parties.
func (m *Memory) learnNicks(b *buffer, l *state.Line) {
	nick, _, _ := strings.Cut(l.Source, "!")
	for i, party := range b.key.Parties() {
		b.nicks[i] = l.Target
		if party == l.From {
			b.nicks[i] = nick
		}
		if who := b.people[i]; who != nil {
			who.rename(b.nicks[i])
		} else {
			m.people[party].rename(b.nicks[i])
		}
	}
}

// rename records a party's nick. A party that has no conversations, nil, needs no nick.
func (p *person) rename(nick string) {
	if p != nil && p.nick != nick {
		p.nick = strings.Clone(nick)
	}
}

// touch moves a conversation to the end of its parties' lists, because it has the latest message.
func (m *Memory) touch(b *buffer) {
	for i, party := range b.key.Parties() {
		if b.people[i] != nil {
			b.people[i].talks.MoveToBack(b.talks[i])
			continue
		}
		if !isListed(b.key, i) {
			continue
		}
		who := m.people[party]
		if who == nil {
			who = new(person)
			m.people[party] = who
		}
		b.people[i], b.talks[i] = who, who.talks.PushBack(b)
	}
}

// untouch removes a conversation that has no messages any more from its parties' lists.
func (m *Memory) untouch(b *buffer) {
	for i, party := range b.key.Parties() {
		who := b.people[i]
		if who == nil {
			continue
		}
		who.talks.Remove(b.talks[i])
		b.people[i], b.talks[i] = nil, nil
		if who.talks.Len() == 0 {
			delete(m.people, party)
		}
	}
}

// conversations returns the conversations of a party between two positions.
func (m *Memory) conversations(who *person, of state.Party, after, before state.Position, most int, newest bool) []state.Conversation {
	var out []state.Conversation
	first, next := who.talks.Front(), (*list.Element).Next
	if newest {
		first, next = who.talks.Back(), (*list.Element).Prev
	}
	for e := first; e != nil && len(out) < most; e = next(e) {
		b := e.Value.(*buffer)
		last := b.messages.at(b.messages.len() - 1).line
		late, early := !before.IsZero() && last.Compare(before) >= 0, last.Compare(after) <= 0
		if newest && early || !newest && late {
			break // the others are outside the range too
		}
		if !late && !early {
			c := state.Conversation{Buffer: b.key, Last: last.Elapsed}
			c.Nick, c.Was = m.peerOf(b, of)
			out = append(out, c)
		}
	}
	if newest {
		slices.Reverse(out)
	}
	return out
}

// peerOf returns the current nick of the other party of a conversation, and its nick in the last line.
func (m *Memory) peerOf(b *buffer, of state.Party) (nick, was string) {
	parties := b.key.Parties()
	at := 0
	if parties[0] == of {
		at = 1
	}
	was = b.nicks[at]
	if who := m.people[parties[at]]; who != nil {
		return who.nick, was
	}
	return was, was
}

package state

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPairsHaveNoOrder(t *testing.T) {
	s := New()
	login := s.accountFor("Alice")
	s.know(login, "Alice")
	guest, other := s.PartyOf(&User{id: 3}), s.PartyOf(&User{id: 12})
	account := s.PartyOf(&User{id: 3, account: login})
	require.Equal(t, s.AccountParty("aLICE"), account, "whoever is logged in to it")
	require.Zero(t, s.AccountParty("bob"))
	require.NotEqual(t, guest, account)
	require.Equal(t, []Party{account, guest}, s.PartiesOf(&User{id: 3, account: login}))
	require.Equal(t, []Party{guest}, s.PartiesOf(&User{id: 3}))
	for _, pair := range [][2]Party{{guest, other}, {guest, account}, {other, account}, {guest, guest}} {
		b := PairBuffer(pair[0], pair[1])
		require.Equal(t, b, PairBuffer(pair[1], pair[0]))
		require.Equal(t, pair[1], b.Peer(pair[0]))
		require.Equal(t, pair[0], b.Peer(pair[1]))
		require.Zero(t, b.Channel())
	}
	oneSided := OneSidedBuffer(guest, account)
	require.NotEqual(t, PairBuffer(guest, account), oneSided)
	require.NotEqual(t, OneSidedBuffer(account, guest), oneSided)
	require.Equal(t, account, oneSided.Peer(guest))
	require.True(t, oneSided.Holds(guest))
	require.False(t, oneSided.Holds(account))
	require.True(t, PairBuffer(guest, account).Holds(account))
	require.False(t, PairBuffer(guest, account).Holds(other))
	require.False(t, ChannelBuffer(3).Holds(Party{}))
	require.NotEqual(t, ChannelBuffer(3), PairBuffer(guest, guest))
}

func TestRedactedLinesKeepNoText(t *testing.T) {
	l := Line{
		Position: Position{1, 2, 0}, Verb: "PRIVMSG", Source: "a!a@a", Params: []string{"secret"}, Tags: []Tag{{"+x", "secret"}},
		Parts: []TextPart{{Text: "secret"}},
	}
	require.Equal(t, "secret", l.Text())
	gone := l.Redacted(Redaction{Source: "b!b@b"})
	require.Equal(t, Line{Position: l.Position, Verb: "PRIVMSG", Source: "a!a@a", Redaction: &Redaction{Source: "b!b@b"}}, gone)
	require.Empty(t, gone.Text())
	require.Equal(t, "secret", l.Text(), "the line itself has not changed")
}

package state

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIdsAreNeverGivenTwice checks that no id is given twice, not even by a life that knows nothing of the earlier one,
// as after a restart without the journal.
func TestIdsAreNeverGivenTwice(t *testing.T) {
	order, users, channels, accounts := uint64(0), map[UserID]bool{}, map[ChannelID]bool{}, map[AccountID]bool{}
	for life := range uint64(4) {
		s := New()
		number := uint64(0)
		apply := func(session SessionID, op Op) []Event {
			order++
			number++
			events, refusal := s.Apply(Stamp{Time: int64(order), Order: order, Origin: Origin{1, life + 1, number}, Session: session}, op)
			require.Nil(t, refusal)
			return events
		}
		apply(0, &NodeUp{})
		for i := range SessionID(5) {
			name := string(rune('a' + i))
			registered := apply(i+1, &Register{Nick: name, Username: "u", Host: "h", Account: name})
			u := registered[0].(*Registered).User
			require.False(t, users[u.ID()], "user %d in life %d", u.ID(), life)
			require.False(t, accounts[u.AccountID()], "account %d in life %d", u.AccountID(), life)
			users[u.ID()], accounts[u.AccountID()] = true, true
			apply(i+1, &Join{Channel: "#" + name})
			c := s.Channel("#" + name)
			require.False(t, channels[c.ID()], "channel %d in life %d", c.ID(), life)
			channels[c.ID()] = true
		}
	}
}

// TestRanksHaveCodes checks that encoded ranks keep their meaning when a rank is added between two others.
func TestRanksHaveCodes(t *testing.T) {
	want := map[byte]uint64{'v': 1, 'h': 2, 'o': 4, 'a': 8, 'q': 16} // these are in files: never change one
	seen := uint64(0)
	for _, row := range rankTable {
		require.Equal(t, want[row.letter], row.code, "%c", row.letter)
		require.Zero(t, seen&row.code)
		seen |= row.code
		back, ok := rankOfCode(row.rank.code())
		require.True(t, ok)
		require.Equal(t, row.rank, back)
	}
	_, ok := rankOfCode(1 << 20)
	require.False(t, ok)
	_, _, err := DecodeOp(append(EncodeOp(Stamp{Order: 1}, &Message{AtLeast: Operator, Target: "#c"})[:2:2], 0xff))
	require.ErrorIs(t, err, ErrEncoding)
}

// TestOutOfOrder checks that a gap before an operation of a node is an error, and is not taken for a repetition.
func TestOutOfOrder(t *testing.T) {
	s := New()
	apply := func(o Origin, op Op) Code {
		_, refusal := s.Apply(Stamp{Time: 1, Order: 1, Origin: o}, op)
		if refusal == nil {
			return OK
		}
		return refusal.Code
	}
	require.Equal(t, OutOfOrder, apply(Origin{1, 7, 1}, &Expire{}), "of an unknown node")
	require.Equal(t, OK, apply(Origin{1, 7, 1}, &NodeUp{}))
	require.Equal(t, AlreadyApplied, apply(Origin{1, 7, 1}, &NodeUp{}))
	require.Equal(t, OutOfOrder, apply(Origin{1, 7, 3}, &Expire{}))
	require.Equal(t, OK, apply(Origin{1, 7, 2}, &Expire{}))
	require.Equal(t, AlreadyApplied, apply(Origin{1, 7, 2}, &Expire{}))
	require.Equal(t, AlreadyApplied, apply(Origin{1, 6, 9}, &Expire{}), "of an earlier life")
	require.Equal(t, OutOfOrder, apply(Origin{1, 8, 1}, &Expire{}), "of a life that has not begun")
	require.Equal(t, OutOfOrder, apply(Origin{2, 7, 1}, &Expire{}))
	s.Skip(Stamp{Time: 9, Order: 9, Origin: Origin{1, 7, 3}}, &Expire{})
	require.Equal(t, uint64(9), s.Order())
	require.Equal(t, OK, apply(Origin{1, 7, 4}, &Expire{}))
	incarnation, number := s.Life(1)
	require.Equal(t, []uint64{7, 4}, []uint64{incarnation, number})
}

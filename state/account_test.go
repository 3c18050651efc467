package state

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValidAccount(t *testing.T) {
	for _, name := range []string{"a", "Alice", "x[y]", "7of9", "00", "-", "a.b-c_d", strings.Repeat("a", MaxAccountBytes)} {
		require.True(t, ValidAccount(name), name)
	}
	for _, name := range []string{"", "*", "0", "a b", "a*", "?", "a!b", "a@b", "a,b", ":a", "é", "a\n", "\x7f", strings.Repeat("a", MaxAccountBytes+1)} {
		require.False(t, ValidAccount(name), name)
	}
}

// accountState has three users: founder of #c, member of it, and outside.
func accountState(t *testing.T) (*State, func(session SessionID, op Op) *Refusal) {
	s, apply := banState(t)
	for i, nick := range []string{"founder", "member", "outside"} {
		require.Nil(t, apply(SessionID(i+1), &Register{Nick: nick, Username: "u", Host: "h", Realname: "r"}))
	}
	require.Nil(t, apply(1, &Join{Channel: "#c"}))
	require.Nil(t, apply(2, &Join{Channel: "#c"}))
	return s, apply
}

// TestBansFollowTheAccount: after a login or logout, bans are compared again with the member.
func TestBansFollowTheAccount(t *testing.T) {
	s, apply := accountState(t)
	say := func() *Refusal { return apply(2, &Message{Target: "#c", Text: "hi"}) }
	require.Nil(t, apply(1, &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: 'b', Param: "$a:Bad"}}}))
	require.Nil(t, say())
	require.Nil(t, apply(2, &SetAccount{"bAD"}))
	require.Equal(t, "bAD", s.User("member").Account())
	require.Equal(t, ModeForbids, say().Code)
	require.Nil(t, apply(2, &SetAccount{"good"}))
	require.Nil(t, say())
	require.Nil(t, apply(1, &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: 'b', Param: "$~a"}}}))
	require.Nil(t, say())
	require.Nil(t, apply(2, &SetAccount{}))
	require.Equal(t, ModeForbids, say().Code)
	require.Nil(t, apply(1, &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: 'e', Param: "$a"}}}))
	require.Equal(t, ModeForbids, say().Code)
	require.Nil(t, apply(2, &SetAccount{"Bad"}))
	require.Nil(t, say())
}

// TestServerBansFollowTheAccount: a login to a banned account is refused, a shun applies from the login on, and a user
// whose account exempted them is banned after logging out.
func TestServerBansFollowTheAccount(t *testing.T) {
	s, apply := accountState(t)
	require.Nil(t, apply(0, &AddBan{Action: BanConnect, Target: "$a:bad", Reason: "why"}))
	require.Nil(t, apply(0, &AddBan{Action: BanShun, Target: "$a:loud"}))
	refusal := apply(2, &SetAccount{"Bad"})
	require.Equal(t, ServerBanned, refusal.Code)
	require.Equal(t, "why", refusal.Why)
	require.Empty(t, s.User("member").Account())
	require.Equal(t, ServerBanned, apply(9, &Register{Nick: "other", Username: "u", Host: "h", Account: "BAD"}).Code)
	require.Nil(t, apply(2, &SetAccount{"Loud"}))
	require.True(t, s.User("member").Shunned())
	require.Nil(t, apply(2, &SetAccount{}))
	require.False(t, s.User("member").Shunned())

	require.Nil(t, apply(2, &SetAccount{"trusted"}))
	require.Nil(t, apply(0, &AddBan{Action: BanExempt, Target: "$a:trusted"}))
	require.Nil(t, apply(0, &AddBan{Action: BanConnect, Target: "member!*@*"}))
	require.NotNil(t, s.User("member"))
	require.Equal(t, ServerBanned, apply(2, &SetAccount{"another"}).Code)
	require.Equal(t, "trusted", s.User("member").Account())
	require.Nil(t, apply(2, &SetAccount{}))
	require.Nil(t, s.User("member"))
}

// TestAccountOfARegistration: the account is there before anything is judged by it.
func TestAccountOfARegistration(t *testing.T) {
	s, apply := accountState(t)
	p := DefaultPolicy()
	p.Defcon3 = CloseUnregistered
	require.Nil(t, apply(0, &Configure{p}))
	require.Nil(t, apply(0, &SetDefcon{Level: 3}))
	require.Equal(t, DoorClosed, apply(9, &Register{Nick: "new", Username: "u", Host: "h"}).Code)
	require.Equal(t, BadAccount, apply(9, &Register{Nick: "new", Username: "u", Host: "h", Account: "*"}).Code)
	require.Nil(t, apply(9, &Register{Nick: "new", Username: "u", Host: "h", Account: "New"}))
	require.Equal(t, "New", s.User("new").Account())
	require.Equal(t, NoSuchSession, apply(8, &SetAccount{"x"}).Code)
	require.Equal(t, BadAccount, apply(9, &SetAccount{"a b"}).Code)
}

// TestAccountChanged: the event tells the account before; the same one again is no change. Another spelling is
// one if nobody else is logged in to the account.
func TestAccountChanged(t *testing.T) {
	s, _ := accountState(t)
	_, number := s.Life(1)
	change := func(account string) []Event {
		number++
		events, refusal := s.Apply(Stamp{Time: int64(number), Order: number, Origin: Origin{1, 1, number}, Session: 2}, &SetAccount{account})
		require.Nil(t, refusal)
		return events
	}
	u := s.User("member")
	require.Empty(t, change(""))
	require.Equal(t, []Event{&AccountChanged{u, ""}}, change("Acc"))
	require.Empty(t, change("Acc"))
	require.Equal(t, []Event{&AccountChanged{u, "Acc"}}, change("acc"))
	require.Equal(t, "acc", u.Account())
	require.Equal(t, []Event{&AccountChanged{u, "acc"}}, change(""))
	require.Equal(t, []Event{&AccountChanged{u, ""}}, change("Acc"))
	require.Equal(t, AccountID(1), u.AccountID())
	other := s.User("outside")
	other.account = u.account
	other.enterAccount()
	require.Empty(t, change("acc"))
	require.Equal(t, "Acc", other.Account())
}

package state

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The bounds as they are meant to be. They are not the program's constants, so that a test fails when one of those
// changes.
const (
	mostAccepted = 32
	mostSilenced = 32
	mostLeavers  = 64
	mostPatterns = 32
)

// TestListsAreFullAtTheirBound: a list takes as many entries as it may, and not one more.
func TestListsAreFullAtTheirBound(t *testing.T) {
	policy := DefaultPolicy()
	policy.ListEntries = 40
	param := map[byte]string{'X': "", 'g': "word%d", 'w': "v:n%d!*@*"}
	for _, m := range ChannelModes() {
		text, known := param[m.Letter]
		if m.Kind != ListMode || known && text == "" {
			continue // there are fewer restrictions than entries
		}
		if !known {
			text = "n%d!*@*"
		}
		most := policy.ListEntries
		if m.Most > 0 {
			most = mostPatterns
		}
		r := newRoom(t, policy)
		r.enter([]string{"#c"}, "alice")
		letter := "+" + string(rune(m.Letter))
		for i := range most {
			r.do("alice", mode("#c", letter, fmt.Sprintf(text, i)))
		}
		refusal := r.try("alice", mode("#c", letter, fmt.Sprintf(text, most)))
		require.NotNil(t, refusal, letter)
		require.Equal(t, ListFull, refusal.Code, letter)
		require.Len(t, r.state.Channel("#c").List(m.Letter), most, letter)
		require.Nil(t, r.try("alice", mode("#c", letter, fmt.Sprintf(text, 0))), "an entry that is there already is no mistake")
		r.do("alice", mode("#c", "-"+letter[1:], fmt.Sprintf(text, 0)), mode("#c", letter, fmt.Sprintf(text, most)))
	}
}

// TestListsShareABound: all lists of a channel together have as many entries as the policy says.
func TestListsShareABound(t *testing.T) {
	policy := DefaultPolicy()
	policy.ListEntries = 3
	r := newRoom(t, policy)
	r.enter([]string{"#c"}, "alice")
	r.do("alice", mode("#c", "+beI", "a!*@*", "b!*@*", "c!*@*"))
	for letter, param := range map[string]string{"b": "d!*@*", "e": "d!*@*", "I": "d!*@*", "g": "word", "w": "v:d!*@*", "X": "noctcp:v"} {
		refusal := r.try("alice", mode("#c", "+"+letter, param))
		require.NotNil(t, refusal, letter)
		require.Equal(t, ListFull, refusal.Code, letter)
	}
}

// crowd registers many users, without a channel.
func (r *room) crowd(n int) (nicks []string) {
	for i := range n {
		nicks = append(nicks, fmt.Sprintf("n%d", i))
	}
	r.enter(nil, nicks...)
	return nicks
}

// TestAcceptIsBounded: the list is bounded for ACCEPT, and for users who are added by a message to them.
func TestAcceptIsBounded(t *testing.T) {
	for _, how := range []func(nick string) Op{
		func(nick string) Op { return &ChangeAccept{nick, true} },
		func(nick string) Op { return &Message{Kind: Privmsg, Target: nick, Text: "hi"} },
	} {
		r := newRoom(t, DefaultPolicy())
		r.enter(nil, "alice")
		r.do("alice", &SetUserModes{[]ModeChange{{On: true, Letter: 'g'}}})
		nicks := r.crowd(mostAccepted + 1)
		for _, nick := range nicks[:mostAccepted] {
			r.do("alice", how(nick))
		}
		alice, last := r.state.User("alice"), r.state.User(nicks[mostAccepted])
		require.Len(t, alice.Accepts(), mostAccepted)
		_ = r.try("alice", how(last.Nick()))
		require.Len(t, alice.Accepts(), mostAccepted)
		require.False(t, alice.Accepted(last))
		r.do("alice", &ChangeAccept{nicks[0], false}, how(last.Nick()))
		require.True(t, alice.Accepted(last))
	}
}

// TestSilenceIsBounded: SILENCE takes as many masks as it may.
func TestSilenceIsBounded(t *testing.T) {
	r := newRoom(t, DefaultPolicy())
	r.enter(nil, "alice")
	for i := range mostSilenced {
		r.do("alice", &ChangeSilence{fmt.Sprintf("n%d!*@*", i), true})
	}
	require.Equal(t, SilenceFull, r.try("alice", &ChangeSilence{"other!*@*", true}).Code)
	r.do("alice", &ChangeSilence{"n0!*@*", false}, &ChangeSilence{"other!*@*", true})
}

// TestSlowModeForgetsWhoLeftFirst: slow mode remembers a bounded number of former members, and forgets the earliest
// first.
func TestSlowModeForgetsWhoLeftFirst(t *testing.T) {
	r := newRoom(t, DefaultPolicy())
	r.enter([]string{"#c"}, "alice")
	r.do("alice", mode("#c", "+W", "3600"))
	nicks := r.crowd(mostLeavers + 1)
	r.enter([]string{"#c"}, nicks...)
	for _, nick := range nicks {
		r.do(nick, say("#c"))
	}
	for _, nick := range nicks {
		r.do(nick, &Part{Channel: "#c"})
	}
	require.Len(t, r.state.Channel("#c").memory.of('W'), 2*mostLeavers)
	for i, nick := range nicks {
		r.do(nick, &Join{Channel: "#c"})
		require.Equal(t, i == 0, r.try(nick, say("#c")) == nil, nick)
	}
}

// TestTheOldestInvitationGoes when there are too many.
func TestTheOldestInvitationGoes(t *testing.T) {
	policy := DefaultPolicy()
	policy.InvitesPerUser = 3
	r := newRoom(t, policy)
	r.enter(nil, "bob")
	channels := []string{"#a", "#b", "#c", "#d"}
	for _, channel := range channels {
		r.enter([]string{channel}, "alice")
		r.do("alice", mode(channel, "+i"), &InviteUser{channel, "bob"})
	}
	for i, channel := range channels {
		require.Equal(t, i > 0, r.try("bob", &Join{Channel: channel}) == nil, channel)
	}
}

// TestWhatAnInvitationOpens: an operator's invitation overrides all modes and bans that keep users out; other members'
// invitations do not.
func TestWhatAnInvitationOpens(t *testing.T) {
	ranks := []struct {
		letter string
		opens  bool
	}{{"", false}, {"v", false}, {"h", false}, {"o", true}, {"a", true}, {"q", true}}
	locks := map[string][]string{"b": {"bob!*@*"}, "k": {"key"}, "l": {"1"}}
	for _, rank := range ranks {
		for lock, params := range locks {
			policy := DefaultPolicy()
			policy.Ranks = "qaohv"
			r := newRoom(t, policy)
			r.enter([]string{"#c"}, "alice", "vic")
			r.enter(nil, "bob")
			switch rank.letter {
			case "":
			case "q":
				r.do("alice", mode("#c", "+"+lock, params...), &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: 'q', Param: "vic"}}})
			default:
				r.do("alice", &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: rank.letter[0], Param: "vic"}}})
			}
			if rank.letter != "q" {
				r.do("alice", mode("#c", "+"+lock, params...))
			}
			r.do("vic", &InviteUser{"#c", "bob"})
			refusal := r.try("bob", &Join{Channel: "#c"})
			require.Equal(t, rank.opens, refusal == nil, "an invitation by %q, with +%s: %v", rank.letter, lock, refusal)
			if !rank.opens {
				require.Equal(t, lock[0], refusal.Mode)
			}
		}
	}
}

// TestWhowasForgetsTheOldest: a ring that is full, made larger and made smaller keeps the latest in their order.
func TestWhowasForgetsTheOldest(t *testing.T) {
	policy := DefaultPolicy()
	r := newRoom(t, policy)
	r.enter(nil, "alice")
	next := 0
	leave := func(times int) {
		for range times {
			next++
			r.do("alice", &SetRealname{fmt.Sprint(next)}, &ChangeNick{"other"}, &ChangeNick{"alice"})
		}
	}
	kept := func() (names []string) {
		for _, w := range r.state.WhowasOf("alice", 0) {
			names = append(names, w.Realname)
		}
		return names
	}
	resize := func(n int) {
		policy.WhowasEntries = 2 * n // each time two nicks
		r.do("", &Configure{policy})
	}
	resize(3)
	leave(5)
	require.Equal(t, []string{"5", "4", "3"}, kept())
	resize(5)
	leave(1)
	require.Equal(t, []string{"6", "5", "4", "3"}, kept())
	leave(3)
	require.Equal(t, []string{"9", "8", "7", "6", "5"}, kept())
	resize(2)
	require.Equal(t, []string{"9", "8"}, kept())
	leave(1)
	require.Equal(t, []string{"10", "9"}, kept())
	resize(0)
	leave(1)
	require.Empty(t, kept())
}

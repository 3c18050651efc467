package state

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBanTargets(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.77/24": "192.0.2.0/24", "192.0.2.1/32": "192.0.2.1", "0::ffff:192.0.2.1": "192.0.2.1",
		"2001:db8::1": "2001:db8::1", "2001:DB8:0::/32": "2001:db8::/32", "0::1": "0::1",
		"*@192.0.2.0/24": "192.0.2.0/24", "*!*@192.0.2.1": "192.0.2.1", "bob@192.0.2.0/24": "*!bob@192.0.2.0/24",
		"*@*.example": "*!*@*.example", "nick!u@h": "nick!u@h", "n!**@h": "n!*@h", "a!@": "a!*@*", "$a:Bob": "$a:Bob",
		`$r:free\sgames*`: `$r:free\sgames*`, "$z:AB:12": "$z:ab12",
	} {
		target, tidy, why := parseBanTarget(ASCII, BanConnect, text)
		require.Empty(t, why, text)
		require.Equal(t, want, tidy, text)
		again, same, why := parseBanTarget(ASCII, BanConnect, tidy)
		require.Empty(t, why, text)
		require.Equal(t, tidy, same)
		require.Equal(t, target, again)
	}
	for _, text := range []string{"", "bob", "*@*", "*!*@*", "?@**", "0.0.0.0/0", "a b@c", ":x", "::1", "$a:", "$x:y", "$a", "$z:xyz", "$r:*", "#c", "fe80::1%eth0"} {
		_, _, why := parseBanTarget(ASCII, BanConnect, text)
		require.NotEmpty(t, why, text)
	}
	for text, want := range map[string]string{"bob": "bob", "#Chan": "#Chan", "ev**l": "ev*l", "#free*": "#free*"} {
		_, tidy, why := parseBanTarget(ASCII, BanReserve, text)
		require.Empty(t, why)
		require.Equal(t, want, tidy)
	}
	for _, text := range []string{"*", "#*", "a!b", "192.0.2.1", "$a:x", "a,b"} {
		_, _, why := parseBanTarget(ASCII, BanReserve, text)
		require.NotEmpty(t, why, text)
	}
}

// banState is a state with one node, and a function that applies what a session (0: the server) does.
func banState(t *testing.T) (*State, func(session SessionID, op Op) *Refusal) {
	s, number := New(), uint64(0)
	apply := func(session SessionID, op Op) *Refusal {
		number++
		_, refusal := s.Apply(Stamp{Time: int64(number), Order: number, Origin: Origin{1, 1, number}, Session: session}, op)
		require.NoError(t, s.Check())
		return refusal
	}
	require.Nil(t, apply(0, &NodeUp{}))
	return s, apply
}

// TestIndexFindsWhatAWalkFinds: with many bans of all kinds the index gives the same answer as comparing with each.
func TestIndexFindsWhatAWalkFinds(t *testing.T) {
	s, _ := banState(t)
	r := rand.New(rand.NewPCG(7, 7))
	n := func(most int) int { return r.IntN(most) }
	for i := range 3000 {
		target := []string{
			fmt.Sprintf("10.%d.%d.%d/%d", n(4), n(4), n(4), 8+n(25)), fmt.Sprintf("*@h%d.example", n(40)), fmt.Sprintf("u%d@10.0.%d.0/24", n(4), n(4)),
			fmt.Sprintf("*@*%d.example", n(40)), fmt.Sprintf("$a:a%d", n(9)), fmt.Sprintf("$r:r?%d", n(9)), fmt.Sprintf("$z:%d*", n(90)),
			fmt.Sprintf("n%d!*@*", n(40)), fmt.Sprintf("2001:db8:%d::/%d", n(9), 32+n(33)), fmt.Sprintf("*@10.0.0.%d", n(9)),
		}[n(10)]
		parsed, tidy, why := parseBanTarget(ASCII, BanConnect, target)
		require.Empty(t, why, target)
		action := BanAction(1 + n(3))
		if s.bans.byTarget[banKey{action, tidy}] == nil {
			s.nextBan++
			s.installBan(&ServerBan{Action: action, Target: tidy, number: s.nextBan, target: parsed, Time: int64(i)})
		}
		if len(s.bans.all) > 20 && n(2) == 0 {
			gone := s.bans.all[n(len(s.bans.all))]
			s.dropServerBan(gone)
		}
	}
	require.NoError(t, s.checkBans())
	hits := 0
	for range 3000 {
		u := &User{
			nick: fmt.Sprintf("n%d", n(60)), username: fmt.Sprintf("u%d", n(6)), host: fmt.Sprintf("h%d.example", n(60)),
			address: fmt.Sprintf("10.%d.%d.%d", n(8), n(8), n(8)), realname: fmt.Sprintf("rx%d", n(20)), account: &Account{name: fmt.Sprintf("a%d", n(20))}, fingerprint: fmt.Sprintf("%d", n(100000)),
		}
		if n(3) == 0 {
			u.address = fmt.Sprintf("2001:db8:%d::%d", n(12), n(9))
		}
		who := s.banSubject(u)
		for action := BanConnect; action <= BanShun; action++ {
			walked := false
			for _, b := range s.bans.all {
				walked = walked || b.Action == action && b.target.covers(&who)
			}
			require.Equal(t, walked, s.bans.find(action, &who) != nil, "%s %s", u.nick, u.address)
			if walked {
				hits++
			}
		}
	}
	require.Greater(t, hits, 100)
}

func TestBannedAddress(t *testing.T) {
	s, apply := banState(t)
	add := func(action BanAction, target string) {
		require.Nil(t, apply(0, &AddBan{Action: action, Target: target}))
	}
	add(BanConnect, "192.0.2.0/24")
	add(BanConnect, "2001:db8::/32")
	require.NotNil(t, s.BannedAddress("192.0.2.9"))
	require.NotNil(t, s.BannedAddress("2001:db8:1::1"))
	require.Nil(t, s.BannedAddress("192.0.3.9"))
	require.Nil(t, s.BannedAddress(""))
	add(BanExempt, "192.0.2.9")
	require.Nil(t, s.BannedAddress("192.0.2.9"))
	require.NotNil(t, s.BannedAddress("192.0.2.8"))
	// Whether this exemption applies is known only once the client has logged in.
	add(BanExempt, "$a:bob")
	require.Nil(t, s.BannedAddress("192.0.2.8"))
	require.Equal(t, ServerBanned, apply(5, &Register{Nick: "x", Username: "u", Host: "h", Address: "192.0.2.8"}).Code)
	require.Nil(t, apply(0, &RemoveBan{BanExempt, "$a:BOB"}))
	require.NotNil(t, s.BannedAddress("192.0.2.8"))
}

// TestBansOfAnotherCasemapping: the list follows the casemapping, and two entries that become one are one.
func TestBansOfAnotherCasemapping(t *testing.T) {
	s, apply := banState(t)
	require.Nil(t, apply(0, &AddBan{Action: BanReserve, Target: "x[y]", Duration: 1e9}))
	require.Nil(t, apply(0, &AddBan{Action: BanReserve, Target: "X{Y}", Duration: 2e9}))
	p := DefaultPolicy()
	p.Casemapping = RFC1459
	require.Nil(t, apply(0, &Configure{p}))
	require.Len(t, s.BansFrom(0), 1)
	require.NotNil(t, s.Ban(BanReserve, "X[y}"))
	require.Equal(t, ReservedNick, apply(5, &Register{Nick: "X{y]", Username: "u", Host: "h"}).Code)
}

func TestBansAreBounded(t *testing.T) {
	s, apply := banState(t)
	p := DefaultPolicy()
	p.ServerBans = 3
	require.Nil(t, apply(0, &Configure{p}))
	for i := range 3 {
		require.Nil(t, apply(0, &AddBan{Action: BanConnect, Target: fmt.Sprintf("192.0.2.%d", i)}))
	}
	require.Equal(t, BansFull, apply(0, &AddBan{Action: BanConnect, Target: "192.0.2.9"}).Code)
	require.Equal(t, BanExists, apply(0, &AddBan{Action: BanConnect, Target: "*@192.0.2.1"}).Code)
	require.Nil(t, apply(0, &RemoveBan{BanConnect, "192.0.2.1"}))
	require.Equal(t, NoSuchBan, apply(0, &RemoveBan{BanConnect, "192.0.2.1"}).Code)
	require.Nil(t, apply(0, &AddBan{Action: BanConnect, Target: "192.0.2.9"}))
	require.Len(t, s.BansFrom(0), 3)
}

// TestABanOfTooMany: a slip of an operator does not end the network; the server's own bans are no slips.
func TestABanOfTooMany(t *testing.T) {
	s, apply := banState(t)
	for i := range 12 {
		host := "other.example"
		if i > 4 {
			host = "host.example"
		}
		require.Nil(t, apply(SessionID(i+1), &Register{Nick: fmt.Sprintf("n%d", i), Username: "u", Host: host, Address: fmt.Sprintf("192.0.2.%d", i)}))
	}
	require.Equal(t, NotOper, apply(1, &AddBan{Action: BanConnect, Target: "*@host.example"}).Code)
	require.Nil(t, apply(1, &MakeOper{Name: "root"}))
	refusal := apply(1, &AddBan{Action: BanConnect, Target: "*@host.example"})
	require.Equal(t, BadBan, refusal.Code)
	require.Equal(t, "That ban would affect 7 of 12 users", refusal.Why)
	require.Nil(t, apply(1, &AddBan{Action: BanExempt, Target: "n5!*@*"}))
	require.Nil(t, apply(1, &AddBan{Action: BanConnect, Target: "*@host.example"}))
	require.Len(t, s.Users(), 6)
	require.Nil(t, apply(0, &AddBan{Action: BanConnect, Target: "*@*.example"}))
	require.Len(t, s.Users(), 1)
}

// FuzzBanTarget: any text is read or refused, and what is read has one form, that means the same.
func FuzzBanTarget(f *testing.F) {
	for _, text := range []string{"a!b@c", "192.0.2.1/24", "$r:x*", "$z:ab", "#c*", "*@2001:db8::/32", "*", "n!u@[::1]"} {
		f.Add(text, byte(1))
		f.Add(text, byte(4))
	}
	s := New()
	u := &User{nick: "Nick", username: "user", host: "host.example", address: "192.0.2.1", realname: "Real Name", account: &Account{name: "acc"}, fingerprint: "ab12"}
	f.Fuzz(func(t *testing.T, text string, action byte) {
		for _, cm := range []Casemapping{ASCII, RFC1459} {
			target, tidy, why := parseBanTarget(cm, BanAction(action), text)
			if why != "" {
				return
			}
			again, same, why := parseBanTarget(cm, BanAction(action), tidy)
			require.Empty(t, why, "%q", tidy)
			require.Equal(t, tidy, same)
			require.Equal(t, target, again)
			who := s.banSubject(u)
			target.covers(&who)
		}
	})
}

// BenchmarkAddBan is a ban that hits nobody of 10,000: it runs under the lock.
func BenchmarkAddBan(b *testing.B) {
	for _, target := range []string{"198.51.100.0/24", "bad*!*@*", "*@*.bad.example", "$r:bad*"} {
		b.Run(target, func(b *testing.B) {
			s := New()
			number := uint64(0)
			apply := func(session SessionID, op Op) {
				number++
				if _, refusal := s.Apply(Stamp{Time: 1, Order: number, Origin: Origin{1, 1, number}, Session: session}, op); refusal != nil {
					b.Fatal(refusal)
				}
			}
			apply(0, &NodeUp{})
			for i := range 10_000 {
				apply(SessionID(i+1), &Register{Nick: fmt.Sprintf("n%d", i), Username: "user", Host: fmt.Sprintf("h%d.example", i), Address: fmt.Sprintf("10.0.%d.%d", i>>8, i&255), Realname: "Some Body"})
			}
			for b.Loop() {
				apply(0, &AddBan{Action: BanConnect, Target: target})
				apply(0, &RemoveBan{BanConnect, target})
			}
		})
	}
}

func BenchmarkBannedAddress(b *testing.B) {
	s := New()
	for i := range 100_000 {
		prefix := fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)
		target, tidy, _ := parseBanTarget(ASCII, BanConnect, prefix)
		s.nextBan++
		s.bans.add(&ServerBan{Action: BanConnect, Target: tidy, number: s.nextBan, target: target}, ASCII)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.BannedAddress("192.0.2.1")
	}
}

// TestManyShunsEndTogether: each end looks at all users, so one Expire takes few of them, and says that there is more.
func TestManyShunsEndTogether(t *testing.T) {
	const users, shuns, until = 500, 100, 1_000_000
	s, apply := banState(t)
	for i := range users {
		require.Nil(t, apply(SessionID(i+1), &Register{Nick: fmt.Sprintf("n%d", i), Username: "u", Host: "h.example", Address: "192.0.2.1", Realname: "r"}))
	}
	for i := range shuns {
		require.Nil(t, apply(0, &AddBan{Action: BanShun, Target: fmt.Sprintf("n%d!*@*", i), Duration: 10_000}))
	}
	require.True(t, s.User("n0").Shunned())
	_, number := s.Life(1)
	rounds := 0
	for s.NextDue() != 0 {
		before := len(s.bans.all)
		number++
		_, refusal := s.Apply(Stamp{Time: until, Order: number, Origin: Origin{1, 1, number}, Session: 0}, &Expire{})
		require.Nil(t, refusal)
		ended := before - len(s.bans.all)
		require.Positive(t, ended)
		require.LessOrEqual(t, ended, 1+expireMost*expireUsers/users)
		rounds++
	}
	require.Greater(t, rounds, 1)
	require.Empty(t, s.bans.all)
	require.False(t, s.User("n0").Shunned())
	require.NoError(t, s.Check())
}

// TestAQuickCheckSaysTheSame: the quick check of a target finds the same users as the full comparison.
func TestAQuickCheckSaysTheSame(t *testing.T) {
	s, apply := banState(t)
	for i := range 24 {
		require.Nil(t, apply(SessionID(i+1), &Register{
			Nick: fmt.Sprintf("n%d", i), Username: []string{"u", "w"}[i%2], Host: []string{"h.example", "cloak", "192.0.2.7"}[i%3], RealHost: []string{"", "real.example"}[i/3%2],
			Address: []string{"192.0.2.7", "198.51.100.3", "", "2001:db8::5"}[i%4], Realname: []string{"Real Name", "other"}[i/6%2], Secure: i%5 == 0,
		}))
	}
	hit := 0
	for _, target := range []string{
		"192.0.2.0/24", "*@192.0.2.7", "u@192.0.2.0/24", "n1*!*@192.0.2.0/24", "*@2001:db8::/32", "*@h.example", "w@*.example", "*@real.example", "*@198.51.*", "n?!u@*", "$r:real*", "$z:ab12", "$a:x",
	} {
		test, why := s.TestBan(nil, BanConnect, target)
		require.Empty(t, why, target)
		for _, u := range s.Users() {
			who := s.banSubject(u)
			covered, _ := test.Covers(u)
			require.Equal(t, test.target.covers(&who), covered, "%s of %s (%s)", target, u.source, u.address)
			if covered {
				hit++
			}
		}
	}
	require.Greater(t, hit, 50)
}

// TestBansCompareOnce checks that a new entry is compared with each user once, and prepares no more of a user than its
// target needs.
func TestBansCompareOnce(t *testing.T) {
	const users = 1000
	w := newCrowd(t, users)
	w.must(1, &MakeOper{Name: "root", Class: "x", Privileges: []string{"uban", "auspex"}})
	test, why := w.TestBan(nil, BanConnect, "*!*@*nowhere*")
	require.Empty(t, why)
	w.must(1, &SetAway{}) // from here on, the work of queries is counted
	before := w.Work()
	for _, u := range w.users {
		covered, _ := test.Covers(u)
		require.False(t, covered)
	}
	once := w.Work() - before
	for _, action := range []BanAction{BanConnect, BanShun, BanExempt} {
		work := w.must(1, &AddBan{Action: action, Target: "*!*@*nowhere*"})
		require.Less(t, work, once+200, action.String())
		work = w.must(1, &RemoveBan{Action: action, Target: "*!*@*nowhere*"})
		require.Less(t, work, once+200, action.String())
	}
}

package state

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// redaction is what became of a Redact: the event, or why there is none.
func (g *reading) redact(session SessionID, op *Redact) (*Redacted, Code) {
	events, refusal := g.try(session, op)
	if refusal != nil {
		return nil, refusal.Code
	}
	last, is := events[len(events)-1].(*Redacted)
	require.True(g.t, is)
	return last, OK
}

func (g *reading) side(nick string) Side { return SideOf(g.PartyOf(g.User(nick))) }

// TestWhoRedactsInAChannel: #c has alice, its founder, and bob; carol, dave and eve become something, in this order.
func TestWhoRedactsInAChannel(t *testing.T) {
	for _, x := range []struct {
		name       string
		policy     func(*Policy)
		modes      string // of carol and dave
		by, author string
		age        int64
		code       Code
	}{
		{"the author, at once", nil, "", "bob", "bob", 500, OK},
		{"the author, at the window's edge", nil, "", "bob", "bob", 10_000, OK},
		{"the author, too late", nil, "", "bob", "bob", 10_001, RedactExpired},
		{"no window", func(p *Policy) { p.RedactWindow = 0 }, "", "bob", "bob", 1 << 40, OK},
		{"somebody else", nil, "", "bob", "carol", 500, RedactForbidden},
		{"voice is no rank for that", nil, "v", "carol", "bob", 500, RedactForbidden},
		{"founder", nil, "", "alice", "bob", 1 << 40, OK},
		{"founder on an operator", nil, "o", "alice", "carol", 1 << 40, OK},
		{"founder on himself, late", nil, "", "alice", "alice", 1 << 40, OK},
		{"operator", nil, "o", "carol", "bob", 1 << 40, OK},
		{"operator on voice", nil, "ov", "carol", "dave", 500, OK},
		{"operator on himself, late", nil, "o", "carol", "carol", 1 << 40, OK},
		{"operator on operator", nil, "oo", "carol", "dave", 500, RedactForbidden},
		{"operator on founder", nil, "o", "carol", "alice", 500, RedactForbidden},
		{"operator on operator, classic", func(p *Policy) { p.Classic = true }, "oo", "carol", "dave", 500, OK},
		{"half-operator", nil, "h", "carol", "bob", 500, OK},
		{"half-operator on operator", nil, "ho", "carol", "dave", 500, RedactForbidden},
		{"operator on who has left", nil, "o", "carol", "outsider", 500, OK},
		{"plain member on who has left", nil, "", "bob", "outsider", 500, RedactForbidden},
		{"who is not there", nil, "", "outsider", "outsider", 500, NotOnChannel},
	} {
		t.Run(x.name, func(t *testing.T) {
			g := newReading(t)
			g.policy.Ranks = "qaohv"
			g.policy.RedactWindow = 10_000
			for i, nick := range []string{"carol", "dave", "outsider"} {
				if i > 0 {
					g.must(SessionID(i+3), &Register{Nick: nick, Username: "u", Host: "h"})
				}
				if nick != "outsider" {
					g.must(SessionID(i+3), &Join{Channel: "#c"})
				}
			}
			for i, letter := range x.modes {
				g.must(1, &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: byte(letter), Param: []string{"carol", "dave"}[i]}}})
			}
			if x.policy != nil {
				x.policy(&g.policy)
			}
			c := g.Channel("#c")
			then := int64(g.number+1)*100 - x.age
			e, code := g.redact(g.User(x.by).sessions[0].id, &Redact{Channel: c.id, At: Position{Elapsed: then, Order: 1}, Author: g.side(x.author), Reason: "why"})
			require.Equal(t, x.code, code)
			if code == OK {
				require.Equal(t, &Redacted{By: g.User(x.by), Session: g.User(x.by).sessions[0].id, Channel: c, Buffer: ChannelBuffer(c.id), At: Position{Elapsed: then, Order: 1}, Reason: "why"}, e)
			}
		})
	}
}

func TestRedactingOverRanks(t *testing.T) {
	g := newReading(t)
	op := &Redact{Channel: g.Channel("#c").id, Author: g.side("alice"), Reason: "why"}
	g.must(3, &MakeOper{Name: "root", Class: "c", Privileges: []string{"kill"}})
	_, code := g.redact(3, op)
	require.Equal(t, NotOnChannel, code, "not without the privilege")
	g.must(3, &MakeOper{Name: "root", Class: "c", Privileges: []string{"redact"}})
	e, code := g.redact(3, op)
	require.Equal(t, OK, code)
	require.True(t, e.Override)
	g.must(3, &Join{Channel: "#c"})
	e, _ = g.redact(3, op)
	require.True(t, e.Override)
	e, _ = g.redact(3, &Redact{Channel: op.Channel, At: Position{Elapsed: g.now}, Author: g.side("carol")})
	require.False(t, e.Override, "his own he takes back as anybody")
	_, code = g.redact(3, &Redact{Channel: 99, Author: g.side("alice")})
	require.Equal(t, NoSuchChannel, code)
	_, code = g.redact(3, &Redact{Nick: "alice", Author: g.side("alice"), Peer: g.side("bob")})
	require.Equal(t, RedactForbidden, code, "what others say in private is theirs")
	_, code = g.redact(9, op)
	require.Equal(t, NoSuchSession, code)
}

// TestRedactingWhoHasLoggedIn: the messages that an operator sent as a guest are as protected from equals as later
// ones.
func TestRedactingWhoHasLoggedIn(t *testing.T) {
	g := newReading(t)
	g.must(3, &Join{Channel: "#c"})
	for _, nick := range []string{"bob", "carol"} {
		g.must(1, &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: 'o', Param: nick}}})
	}
	guest := g.side("bob")
	g.must(2, &SetAccount{Account: "Robert"})
	for _, author := range []Side{guest, g.side("bob"), {Account: "ROBERT"}} {
		_, code := g.redact(3, &Redact{Channel: g.Channel("#c").id, Author: author})
		require.Equal(t, RedactForbidden, code, "%v", author)
	}
	g.must(2, &Part{Channel: "#c"})
	for _, author := range []Side{guest, g.side("bob"), {User: 99}, {Account: "nobody"}, {}} {
		_, code := g.redact(3, &Redact{Channel: g.Channel("#c").id, Author: author})
		require.Equal(t, OK, code, "%v", author)
	}
}

// TestReasonsOfTheMuted: the reason of a member who may not speak is not shown, and a hidden member becomes visible by
// a redaction.
func TestReasonsOfTheMuted(t *testing.T) {
	g := newReading(t)
	own := &Redact{Channel: g.Channel("#c").id, At: Position{Elapsed: 100}, Author: g.side("bob"), Reason: "\x0304why"}
	e, _ := g.redact(2, own)
	require.Equal(t, "\x0304why", e.Reason)
	set := func(on bool, letter byte, param string) {
		g.must(1, &SetModes{Channel: "#c", Changes: []ModeChange{{On: on, Letter: letter, Param: param}}})
	}
	set(true, 'S', "")
	e, _ = g.redact(2, own)
	require.Equal(t, "why", e.Reason, "colours are taken out")
	set(false, 'S', "")
	for _, mode := range []ModeChange{{Letter: 'm'}, {Letter: 'c'}, {Letter: 'b', Param: "bob!*@*"}, {Letter: 'b', Param: "$m:bob!*@*"}} {
		set(true, mode.Letter, mode.Param)
		e, code := g.redact(2, own)
		require.Equal(t, OK, code)
		require.Empty(t, e.Reason, "%c", mode.Letter)
		set(false, mode.Letter, mode.Param)
	}
	g.must(0, &SetDefcon{Level: 2})
	g.policy.Defcon2 = CloseTalk
	e, code := g.redact(2, own)
	require.Equal(t, OK, code)
	require.Empty(t, e.Reason, "nobody who is not registered speaks now")
	g.must(0, &SetDefcon{Level: Peace})
	set(true, 'D', "")
	g.must(2, &Part{Channel: "#c"})
	g.must(2, &Join{Channel: "#c"})
	require.True(t, g.User("bob").Member(g.Channel("#c")).hidden)
	_, code = g.redact(2, own)
	require.Equal(t, OK, code)
	require.False(t, g.User("bob").Member(g.Channel("#c")).hidden)
	e, _ = g.redact(2, &Redact{Channel: own.Channel, At: own.At, Author: own.Author, Reason: string(make([]byte, 1000))})
	require.Len(t, e.Reason, g.policy.KickBytes)
}

func TestRedactingInPrivate(t *testing.T) {
	g := newReading(t)
	g.policy.RedactWindow = 10_000
	said := func(nick string) *Redact {
		return &Redact{Nick: nick, At: Position{Elapsed: g.now}, Author: g.side("alice"), Peer: g.side("bob"), Reason: "why"}
	}
	buffer := PairBuffer(g.PartyOf(g.User("bob")), g.PartyOf(g.User("alice")))
	e, code := g.redact(1, said("BOB"))
	require.Equal(t, OK, code)
	require.Equal(t, &Redacted{By: g.User("alice"), Session: 1, Target: g.User("bob"), Nick: "bob", Buffer: buffer, At: e.At, Reason: "why"}, e)
	_, code = g.redact(2, said("alice"))
	require.Equal(t, RedactForbidden, code, "bob has not said it")
	late := said("bob")
	late.At.Elapsed -= 20_000
	_, code = g.redact(1, late)
	require.Equal(t, RedactExpired, code)
	// Whoever has the nick now is another.
	e, _ = g.redact(1, said("carol"))
	require.Nil(t, e.Target)
	require.Equal(t, buffer, e.Buffer)
	// What bob does not let through he is not told, and alice not that he was not.
	op := said("bob")
	for _, shut := range []Op{&ChangeSilence{"alice!*@*", true}, &SetUserModes{[]ModeChange{{On: true, Letter: 'R'}}}, &SetUserModes{[]ModeChange{{On: true, Letter: 'g'}}}} {
		g.must(2, shut)
		e, code = g.redact(1, op)
		require.Equal(t, OK, code)
		require.True(t, e.Unheard, "%#v", shut)
		g.must(2, &ChangeSilence{"alice!*@*", false})
		g.must(2, &SetUserModes{[]ModeChange{{Letter: 'R'}, {Letter: 'g'}}})
	}
	// An account is the same party for all who are logged in; what was said as a guest stays one's own.
	op = said("bob")
	g.must(1, &SetAccount{"acct"})
	e, code = g.redact(1, op)
	require.Equal(t, OK, code)
	require.Equal(t, buffer, e.Buffer)
	g.must(3, &SetAccount{"ACCT"})
	_, code = g.redact(3, op)
	require.Equal(t, RedactForbidden, code, "alice was a guest then")
	_, code = g.redact(3, said("bob"))
	require.Equal(t, OK, code, "but now she is who carol is")
	g.must(1, &SetAccount{})
	_, code = g.redact(1, &Redact{Nick: "bob", At: Position{Elapsed: g.now}, Author: Side{Account: "Acct"}, Peer: g.side("bob")})
	require.Equal(t, RedactForbidden, code, "what the account has said is not the guest's")
	g.must(2, &Quit{})
	op.Nick = "bob"
	e, code = g.redact(1, op)
	require.Equal(t, OK, code)
	require.Nil(t, e.Target)
}

// TestRandomRedactions: among other operations on one channel. Nothing breaks, and each way to redact is taken.
func TestRandomRedactions(t *testing.T) {
	c, ways := &choices{bytes: randomBytes(1, 40_000)}, map[string]int{}
	g := newReading(t)
	for !c.done() {
		session, channel := SessionID(c.n(3)+1), g.Channel("#c")
		if g.sessions[session] == nil {
			g.try(session, &Register{Nick: c.nick(), Username: "u", Host: "h", Account: pick(c, "", "x")})
			continue
		}
		op := c.op()
		switch c.n(6) {
		case 0, 1:
			op = &Join{Channel: "#c"}
		case 2, 3, 4:
			author, peer := g.users[c.n(len(g.users))], g.users[c.n(len(g.users))]
			r := &Redact{At: Position{Elapsed: g.now - int64(c.n(200))*100}, Author: SideOf(g.PartyOf(author)), Peer: SideOf(g.PartyOf(peer)), Nick: peer.nick, Reason: "why"}
			if op = r; channel != nil && c.n(3) > 0 {
				r.Channel = channel.id
			}
		}
		if _, configures := op.(*Configure); configures {
			continue
		}
		events, _ := g.try(session, op)
		for _, e := range events {
			if r, is := e.(*Redacted); is {
				ways[fmt.Sprint(r.Channel != nil, r.Override)]++
			}
		}
	}
	for _, way := range []string{"false false", "true false", "true true"} {
		require.NotZero(t, ways[way], ways)
	}
}

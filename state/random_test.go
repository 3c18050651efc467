package state

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// choices turns bytes (a fuzzer's or a generator's) into small decisions.
type choices struct {
	bytes []byte
	at    int
}

func (c *choices) n(most int) int {
	if c.at >= len(c.bytes) {
		return 0
	}
	b := int(c.bytes[c.at])
	c.at++
	return b % most
}

func (c *choices) done() bool { return c.at >= len(c.bytes) }

func pick(c *choices, list ...string) string { return list[c.n(len(list))] }

const sessions = 8

func (c *choices) nick() string {
	return pick(c, "alice", "bob", "carol", "dave", "Eve", "EVE", "mallory", "x[y]", "1bad", "", "no such")
}

func (c *choices) channel() string {
	return pick(c, "#a", "#b", "#A", "#new", "#c", "bad", "#", "#with space", "#é")
}

func (c *choices) change() ModeChange {
	letters := "qaohvbeIXgwklCDEFHKLNPQSTUWcfijmnpstuxZ"
	m := ModeChange{On: c.n(3) > 0, Letter: letters[c.n(len(letters))]}
	switch m.Letter {
	case 'q', 'a', 'o', 'h', 'v':
		m.Param = c.nick()
	case 'b', 'e', 'I':
		m.Param = pick(c, "*!*@*", "bob", "*.example", "eve!*@h2", "carol!*@*", " ", "*!*@10.0.0.3", "$a", "$~a", "$j:@#a", "$j:#a", "$j:#new", "$~j:#b", "$m:bob", "$m:$~a", "$r:r*", "$z", "$x")
		m.Duration, m.Reason = int64(c.n(3))*40, pick(c, "", "why")
	case 'g':
		m.Param = pick(c, "hi", "*red", "?", "*")
	case 'w':
		m.Param = pick(c, "v:*!*@*", "o:bob", "q:bob", "o", "v:$z")
	case 'f', 'L':
		m.Param = c.channel()
	case 'H':
		m.Param = pick(c, "5", "50:1h", "51", "1:")
	case 'F':
		m.Param = pick(c, "strict", "[1m#k,1r#b1,1n#m1,1j#m1]:1", "[2m#m1,1j#b1]:600", "[1j#k]:600", "[]:1")
	case 'W':
		m.Param = pick(c, "1", "2m", "0", "x")
	case 'j':
		m.Param = pick(c, "1:1", "2:1h", "0:1", "5")
	case 'X':
		m.Param = pick(c, "noctcp:v", "nonick:o", "topiclock:*", "noctcp", "x:v")
	case 'k':
		m.Param = pick(c, "key", "other", "a b", "")
	case 'l':
		m.Param = pick(c, "1", "3", "0", "x", "")
	}
	return m
}

// op makes one operation; many are refused, which is the point.
func (c *choices) op() Op {
	switch c.n(29) {
	case 27:
		return &Relay{Channel: c.channel(), Nick: pick(c, "x/net", "y/net", "x", "/", "a!b/c"), Text: "hi", Tags: []Tag{{"+a", "b"}}}
	case 28:
		return &Play{Channel: c.channel(), Nick: pick(c, "", "hero", "no one"), Text: pick(c, "hi", "\x0304red"), Action: c.n(2) == 0}
	case 25, 26:
		return c.mark()
	case 23, 24:
		return c.metadata()
	case 20:
		return c.ban()
	case 0, 1:
		return &Register{Nick: c.nick(), Username: "u", Host: fmt.Sprintf("h%d", c.n(4)), Address: fmt.Sprintf("10.0.0.%d", c.n(4)), Realname: "r", Secure: c.n(2) == 0, Fingerprint: pick(c, "", "", "ab12"), RealHost: pick(c, "", "real"), Account: pick(c, "", "", "x", "*"), Metadata: c.brought(), Away: pick(c, "", "", "*", "gone"), Marks: [][]string{nil, nil, {"h1"}}[c.n(3)]}
	case 2:
		return &Quit{Reason: "bye"}
	case 3:
		return &ChangeNick{Nick: c.nick()}
	case 4:
		return &SetAway{Text: pick(c, "", "gone", "out")}
	case 5:
		return &SetUserModes{Changes: []ModeChange{{On: c.n(2) == 0, Letter: "iowsBZxgcRTIDH"[c.n(14)], Param: pick(c, "", "", "+ck", "-c", "z*")}}}
	case 6:
		return &MakeOper{Name: "root", Class: pick(c, "", "helper", "other"), Privileges: [][]string{nil, {"kill", "snomask"}, {"wallops", "redact"}}[c.n(3)],
			Snomasks: pick(c, "", "+ck", "*-q", "?"), Title: "a helper", Vhost: pick(c, "", "staff.example", "a b")}
	case 7, 8, 9:
		return &Join{Channel: c.channel(), Key: pick(c, "", "key"), Follow: c.n(2) == 0}
	case 10:
		return &Part{Channel: c.channel(), Reason: "r"}
	case 11:
		return &SetTopic{Channel: c.channel(), Text: pick(c, "", "topic"), Override: c.n(8) == 0}
	case 12:
		return &InviteUser{Channel: c.channel(), Nick: c.nick()}
	case 13:
		return &Kick{Channel: c.channel(), Nick: c.nick(), Reason: "r", Override: c.n(4) == 0, Part: c.n(4) == 0}
	case 14, 15:
		op := &SetModes{Channel: c.channel(), Override: c.n(8) == 0}
		for range 1 + c.n(4) {
			op.Changes = append(op.Changes, c.change())
		}
		return op
	case 21, 22:
		return c.forced()
	case 16:
		return &Rename{Channel: c.channel(), New: c.channel(), Reason: "r"}
	case 17:
		op := &Message{Kind: MessageKind(c.n(3)), Target: c.channel(), Text: pick(c, "hi", "\x01VERSION\x01", "\x0304red", "\x03"), Tags: []Tag{{"+a", "b"}}}
		if c.n(2) == 0 {
			op.Target = c.nick()
		}
		if c.n(3) == 0 {
			op.Text, op.Lines = pick(c, "", "", "", "hi"), c.lines()
		}
		return op
	case 18:
		if c.n(2) == 0 {
			return &SendWallops{Text: "all"}
		}
		return &Kill{Nick: c.nick(), Reason: "r"}
	}
	switch c.n(4) {
	case 0:
		return &NodeUp{}
	case 2:
		return &Announce{Mask: 'k', Text: "text"}
	case 1:
		p := randomPolicy(c)
		return &Configure{Policy: p}
	}
	return &Expire{}
}

// ban makes an operation of the list of server bans.
func (c *choices) ban() Op {
	switch c.n(9) {
	case 0:
		return &AddFilter{Pattern: pick(c, "*spam*", "/x/", "", "y"), Action: FilterAction(c.n(6)), Score: c.n(4), Duration: int64(c.n(3)) * 50}
	case 1:
		return &RemoveFilter{pick(c, "*spam*", "/x/", "y")}
	case 2:
		return &HitFilters{[]uint64{uint64(c.n(5)), uint64(c.n(5))}, "PRIVMSG", "#a"}
	case 3, 4:
		return &SetDefcon{Level: c.n(6), Duration: int64(c.n(3)) * 80}
	}
	action := BanAction(c.n(4) + 1)
	target := pick(c, "10.0.0.1", "10.0.0.0/30", "10.0.0.2/31", "*!u@h1", "bob!*@*", "*@h?", "u@10.0.0.0/31", "$r:r", "$r:x*", "$z:ab12", "$a:x", "*@*", "::1/0")
	if action == BanReserve {
		target = pick(c, "bob", "ev?", "#a", "#N*", "mallory", "*", "b@d")
	}
	if c.n(3) == 0 {
		return &RemoveBan{action, target}
	}
	return &AddBan{Action: action, Target: target, Reason: pick(c, "", "why"), Duration: int64(c.n(4)) * 60, Setter: pick(c, "", "DNSBL"), Time: int64(c.n(3))}
}

func (c *choices) forced() Op {
	switch c.n(11) {
	case 9, 10:
		return &SetAccount{pick(c, "", "x", "X", "other", "a b")}
	case 5:
		return &ChangeAccept{c.nick(), c.n(3) > 0}
	case 6:
		return &ChangeSilence{pick(c, "alice", "*!*@h1", "$z", "$?", "bob!*@*"), c.n(3) > 0}
	case 4:
		return &Knock{c.channel()}
	case 0:
		return &ForceJoin{c.nick(), c.channel()}
	case 1:
		return &ForcePart{c.nick(), c.channel(), "r"}
	case 2:
		return &ForceNick{c.nick(), c.nick()}
	case 3:
		return &SetRealname{pick(c, "r", "other", "", "a\nb")}
	}
	if c.n(2) == 0 {
		return &Cycle{c.channel(), "r"}
	}
	return &ChangeHost{pick(c, "", "alice", "bob"), pick(c, "", "u", "a b"), pick(c, "h1", "new.example", "", ":bad")}
}

// metadata makes an operation on metadata.
func (c *choices) metadata() Op {
	target := pick(c, "*", "*", c.nick(), c.channel(), c.channel())
	if c.n(6) == 0 {
		return &ClearMetadata{target}
	}
	return &SetMetadata{target, pick(c, "avatar", "color", "a", "x/y.z", "Bad", "", "longer-than-it-may-be"), pick(c, "", "red", "too long", "é", "\xff", "a\nb"), c.n(4) == 0}
}

// mark makes an operation on read markers, or takes a message back. Times are near those of the steps.
func (c *choices) mark() Op {
	if c.n(3) == 0 {
		who := func() Side { return Side{pick(c, "", "x"), UserID(c.n(12)), AccountID(c.n(3))} }
		return &Redact{ChannelID(c.n(6)), Position{int64(c.n(256)) * int64(c.n(256)), 1, 0}, who(), who(), c.nick(), pick(c, "", "why", "\x0304red"), c.n(4) == 0}
	}
	return &MarkRead{Target: pick(c, c.nick(), c.channel(), "#a"), Time: int64(c.n(256)) * int64(c.n(256)), Known: Side{pick(c, "", "", "y"), UserID(c.n(3)), AccountID(max(c.n(6)-3, 0))}}
}

// lines are a multiline text, mostly one that may be sent.
func (c *choices) lines() (list []TextPart) {
	for range c.n(5) {
		list = append(list, TextPart{pick(c, "hi", "", "\x01VERSION\x01", "\x0304red", "\x03", "infra"), c.n(3) == 0 && len(list) > 0})
	}
	return list
}

// brought is metadata that somebody has set before the welcome.
func (c *choices) brought() (list []Metadatum) {
	for range c.n(4) {
		list = append(list, Metadatum{pick(c, "avatar", "color", "url", "Bad"), pick(c, "", "red", "too long")})
	}
	return list
}

func randomPolicy(c *choices) Policy {
	p := DefaultPolicy()
	p.Ranks = pick(c, "qov", "qaohv", "qohv", "qaov")
	p.Classic = c.n(4) == 0
	p.OperatorsGrant = c.n(2) == 0
	p.ChannelsPerUser, p.ListEntries, p.InvitesPerUser, p.WhowasEntries = 4, 5, 2, 1+c.n(6)
	p.ServerBans, p.FilterScore, p.FilterWindow = 6, c.n(2)*5, 100
	p.Defcon4, p.Defcon3, p.Defcon2, p.Defcon1 = CloseChannels, CloseTalk, CloseUnregistered, CloseConnections|CloseTalk
	p.MetadataKeys, p.MetadataKeyBytes, p.MetadataValueBytes = 2, 10, 5
	p.ReadMarkers, p.AccountReadMarkers, p.RedactWindow = 3, 7, int64(c.n(3))*5_000
	p.MetadataAllowed = [][]string{nil, nil, {"avatar", "url"}}[c.n(3)]
	p.MultilineBytes, p.MultilineLines = 20, 3
	p.Relay = Relaying{Separators: pick(c, "/", "/", ""), Rank: []Rank{NoRank, Voice, Operator}[c.n(3)], NickBytes: 10, User: "relay", Host: "host"}
	p.Roleplay = Roleplaying{Enabled: c.n(4) > 0, Rank: []Rank{NoRank, NoRank, HalfOperator}[c.n(3)], Suffix: c.n(2) == 0}
	p.RenameRedirect, p.RenameCooldown = int64(c.n(3))*50, int64(c.n(2))*10
	return p
}

// step is an operation with its stamp, as a log would carry it.
type step struct {
	stamp Stamp
	op    Op
}

func (c *choices) steps(most int) []step {
	var list []step
	incarnation, now, ahead := uint64(1), int64(0), int64(0)
	list = append(list, step{Stamp{Time: 0, Order: 1, Origin: Origin{1, 1, 1}, Session: 0}, &NodeUp{}})
	for i := 2; i <= most && !c.done(); i++ {
		now += int64(c.n(40)) - 5 // the clock of who stamps may run back
		if c.n(10) == 0 {
			ahead = int64(c.n(5)-2) * 10_000_000 // the system's clock is set
		}
		op := c.op()
		if _, up := op.(*NodeUp); up {
			incarnation++
		}
		session := SessionID(c.n(sessions) + 1)
		switch op.(type) {
		case *AddBan, *SetDefcon:
			if c.n(2) == 0 {
				session = 0 // the server itself
			}
		}
		list = append(list, step{Stamp{Time: now + ahead, Order: uint64(i), Origin: Origin{1, incarnation, uint64(i)}, Session: session, Elapsed: now}, op})
	}
	return list
}

func play(t *testing.T, s *State, list []step) {
	for i, x := range list {
		before := s.Snapshot()
		events, refusal := s.Apply(x.stamp, x.op)
		require.NoError(t, s.Check(), "after step %d: %#v", i, x.op)
		require.NoError(t, s.CheckBounds(), "after step %d: %#v", i, x.op)
		if refusal != nil {
			require.Empty(t, events)
			require.NotEqual(t, OK, refusal.Code)
			requireUnchanged(t, before, s)
		}
	}
}

// requireUnchanged: a refusal changes nothing but the clock and what was seen of the node.
func requireUnchanged(t *testing.T, before []byte, s *State) {
	old, err := Restore(before)
	require.NoError(t, err)
	old.now, old.order, old.nodes, old.wall, old.steps = s.now, s.order, s.nodes, s.wall, s.steps
	require.Equal(t, old.Snapshot(), s.Snapshot())
}

// small is an empty state with narrow bounds.
func small() *State {
	s := New()
	s.policy = randomPolicy(&choices{})
	return s
}

func randomBytes(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	raw := make([]byte, n)
	for i := range raw {
		raw[i] = byte(r.Uint32())
	}
	return raw
}

// TestReplay: the same operations, encoded, give the same state in a second run, and in a third through a snapshot
// half-way.
func TestReplay(t *testing.T) {
	for seed := range uint64(20) {
		list := (&choices{bytes: randomBytes(seed, 20_000)}).steps(2_000)
		first, second, third := small(), small(), small()
		play(t, first, list)
		for i, x := range list {
			stamp, op, err := DecodeOp(EncodeOp(x.stamp, x.op))
			require.NoError(t, err)
			require.Equal(t, x.stamp, stamp)
			require.Equal(t, x.op, op)
			second.Apply(stamp, op)
			if i == len(list)/2 {
				restored, err := Restore(third.Snapshot())
				require.NoError(t, err)
				require.Equal(t, third.Snapshot(), restored.Snapshot())
				third = restored
			}
			third.Apply(stamp, op)
			_, refusal := third.Apply(stamp, op) // seen before: nothing happens
			require.Equal(t, AlreadyApplied, refusal.Code)
		}
		require.Equal(t, first.Snapshot(), second.Snapshot(), "seed %d", seed)
		require.Equal(t, first.Snapshot(), third.Snapshot(), "seed %d", seed)
	}
}

func FuzzApply(f *testing.F) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 2))
		raw := make([]byte, 400)
		for i := range raw {
			raw[i] = byte(r.Uint32())
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		play(t, small(), (&choices{bytes: raw}).steps(100))
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(EncodeOp(Stamp{Time: 1}, &Join{Channel: "#a"}))
	f.Add(New().Snapshot())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if st, op, err := DecodeOp(raw); err == nil {
			_, _, err := DecodeOp(EncodeOp(st, op))
			require.NoError(t, err)
		}
		if s, err := Restore(raw); err == nil {
			s.Snapshot()
		}
	})
}

// TestCutOffEncodings: no beginning of an encoding passes for a whole, and neither does one with more behind it.
func TestCutOffEncodings(t *testing.T) {
	s := small()
	r := rand.New(rand.NewPCG(3, 3))
	raw := make([]byte, 3000)
	for i := range raw {
		raw[i] = byte(r.Uint32())
	}
	play(t, s, (&choices{bytes: raw}).steps(300))
	whole := s.Snapshot()
	for n := range whole {
		_, err := Restore(whole[:n])
		require.ErrorIs(t, err, ErrEncoding, "%d of %d bytes", n, len(whole))
	}
	_, err := Restore(append(whole, 0))
	require.ErrorIs(t, err, ErrEncoding)
	encoded := EncodeOp(Stamp{Time: 1, Session: 2}, &Kick{Channel: "#c", Nick: "bob", Reason: "reason"})
	for n := range encoded {
		_, _, err := DecodeOp(encoded[:n])
		require.ErrorIs(t, err, ErrEncoding, "%d of %d bytes", n, len(encoded))
	}
}

// TestFieldsMayBeAdded: an encoding with fewer fields gives zeros, one with more is read as far as it is known.
func TestFieldsMayBeAdded(t *testing.T) {
	type inner struct{ A string }
	type newInner struct {
		A string
		B int
	}
	type old struct {
		X    inner
		List []inner
		Y    int
	}
	type later struct {
		X    newInner
		List []newInner
		Y    int
		Z    string
	}
	var l later
	d := decoder{rest: appendValue(nil, reflect.ValueOf(old{inner{"a"}, []inner{{"b"}, {"c"}}, 7}))}
	d.value(reflect.ValueOf(&l).Elem())
	require.NoError(t, d.err)
	require.Equal(t, later{newInner{"a", 0}, []newInner{{"b", 0}, {"c", 0}}, 7, ""}, l)
	var o old
	d = decoder{rest: appendValue(nil, reflect.ValueOf(later{newInner{"a", 1}, []newInner{{"b", 2}}, 7, "z"}))}
	d.value(reflect.ValueOf(&o).Elem())
	require.NoError(t, d.err)
	require.Equal(t, old{inner{"a"}, []inner{{"b"}}, 7}, o)
}

// TestASessionRegistersOnce: a second time changes nothing, and no operation registers the server itself.
func TestASessionRegistersOnce(t *testing.T) {
	s, apply := banState(t)
	require.Nil(t, apply(5, &Register{Nick: "alice", Username: "u", Host: "h"}))
	require.Equal(t, AlreadyRegistered, apply(5, &Register{Nick: "bob", Username: "u", Host: "h"}).Code)
	require.Equal(t, AlreadyRegistered, apply(0, &Register{Nick: "bob", Username: "u", Host: "h"}).Code)
	require.Len(t, s.Users(), 1)
	require.Nil(t, s.User("bob"))
}

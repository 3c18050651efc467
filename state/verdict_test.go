package state

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// room is a state for tests of one channel. Sessions are given by nick, and all invariants are checked after each
// operation.
type room struct {
	t       *testing.T
	state   *State
	number  uint64
	now     int64
	session map[string]SessionID
}

func newRoom(t *testing.T, policy Policy) *room {
	r := &room{t: t, state: New(), session: map[string]SessionID{"": 0}}
	r.do("", &NodeUp{})
	r.do("", &Configure{policy})
	return r
}

// try applies an operation of a user ("": the server) and returns its refusal, or the first refusal of one of its
// parts.
func (r *room) try(who string, op Op) *Refusal {
	r.t.Helper()
	session, known := r.session[who]
	require.True(r.t, known, "there is no %s", who)
	r.number++
	r.now++
	events, refusal := r.state.Apply(Stamp{Time: r.now, Order: r.number, Origin: Origin{1, 1, r.number}, Session: session}, op)
	require.NoError(r.t, r.state.Check(), "%s: %#v", who, op)
	require.NoError(r.t, r.state.CheckBounds(), "%s: %#v", who, op)
	for _, e := range events {
		if d, is := e.(*Declined); is && refusal == nil {
			refusal = &d.Refusal
		}
	}
	return refusal
}

// do applies operations that must not be refused.
func (r *room) do(who string, ops ...Op) {
	r.t.Helper()
	for _, op := range ops {
		require.Nil(r.t, r.try(who, op), "%s: %#v", who, op)
	}
}

// enter registers people, and lets them into channels.
func (r *room) enter(channels []string, nicks ...string) {
	r.t.Helper()
	for _, nick := range nicks {
		if _, known := r.session[nick]; !known {
			r.session[nick] = SessionID(len(r.session))
			r.do(nick, &Register{Nick: nick, Username: "u", Host: nick + ".example", Address: "192.0.2.1", Realname: "r"})
		}
		for _, channel := range channels {
			r.do(nick, &Join{Channel: channel})
		}
	}
}

// mode is a change of modes with the parameters in their order.
func mode(channel, text string, params ...string) Op {
	op, on := &SetModes{Channel: channel}, true
	for i := range len(text) {
		switch letter := text[i]; letter {
		case '+', '-':
			on = letter == '+'
		default:
			change := ModeChange{On: on, Letter: letter}
			if row := findChannelMode(letter); len(params) > 0 && (row == nil || row.kind == ListMode || row.kind == AlwaysParam || row.kind == SetParam && on) {
				change.Param, params = params[0], params[1:]
			}
			op.Changes = append(op.Changes, change)
		}
	}
	return op
}

func say(channel string) Op { return &Message{Kind: Privmsg, Target: channel, Text: "hi"} }

// own sets a user's own modes.
func own(letters string) Op {
	op := &SetUserModes{}
	for i := range len(letters) {
		op.Changes = append(op.Changes, ModeChange{On: true, Letter: letters[i]})
	}
	return op
}

// TestBansFollowEveryChange: the cached result of isBanned is judged again after each change that it depends on.
func TestBansFollowEveryChange(t *testing.T) {
	for name, c := range map[string]struct {
		ban    string
		before []Op // of bob, a member of #c
		who    string
		change Op
		banned bool // after the change; before it was the opposite
	}{
		"a nick":                               {ban: "mallory!*@*", who: "bob", change: &ChangeNick{"mallory"}, banned: true},
		"another nick":                         {ban: "bob!*@*", who: "root", change: &ForceNick{"bob", "mallory"}},
		"a host":                               {ban: "*!*@new.example", who: "root", change: &ChangeHost{"bob", "", "new.example"}, banned: true},
		"a user name":                          {ban: "*!other@*", who: "root", change: &ChangeHost{"bob", "other", "bob.example"}, banned: true},
		"an account":                           {ban: "$a:account", who: "bob", change: &SetAccount{"account"}, banned: true},
		"any account":                          {ban: "$~a", who: "bob", change: &SetAccount{"account"}},
		"a real name":                          {ban: "$r:other*", who: "bob", change: &SetRealname{"other name"}, banned: true},
		"a channel joined":                     {ban: "$j:#new", who: "bob", change: &Join{Channel: "#new"}, banned: true},
		"a channel left":                       {ban: "$j:#d", before: []Op{&Join{Channel: "#d"}}, who: "bob", change: &Part{Channel: "#d"}},
		"a kick":                               {ban: "$j:#other", before: []Op{&Join{Channel: "#other"}}, who: "alice", change: &Kick{Channel: "#other", Nick: "bob"}},
		"a rank":                               {ban: "$j:+#other", before: []Op{&Join{Channel: "#other"}}, who: "alice", change: mode("#other", "+v", "bob"), banned: true},
		"a new name":                           {ban: "$j:#new", before: []Op{&Join{Channel: "#other"}}, who: "alice", change: &Rename{"#other", "#new", ""}, banned: true},
		"an old name":                          {ban: "$j:#other", before: []Op{&Join{Channel: "#other"}}, who: "alice", change: &Rename{"#other", "#new", ""}},
		"a channel made secret":                {ban: "$j:#other", before: []Op{&Join{Channel: "#other"}}, who: "alice", change: mode("#other", "+s")},
		"a channel made private":               {ban: "$j:#other", before: []Op{&Join{Channel: "#other"}}, who: "alice", change: mode("#other", "+p")},
		"a member made invisible":              {ban: "$j:#other", before: []Op{&Join{Channel: "#other"}}, who: "bob", change: own("i")},
		"a member made hidden":                 {ban: "$j:#other", before: []Op{&Join{Channel: "#other"}}, who: "bob", change: own("I")},
		"an auditorium":                        {ban: "$j:#other", before: []Op{&Join{Channel: "#other"}}, who: "alice", change: mode("#other", "+u")},
		"a setter who comes in":                {ban: "$j:#other", before: []Op{&Join{Channel: "#other"}, own("i")}, who: "dave", change: &Join{Channel: "#other"}, banned: true},
		"a ban":                                {ban: "nobody!*@*", who: "dave", change: mode("#c", "+b", "bob!*@*"), banned: true},
		"no ban":                               {ban: "bob!*@*", who: "dave", change: mode("#c", "-b", "bob!*@*")},
		"an exception from a ban of a channel": {ban: "$j:#other", before: []Op{&Join{Channel: "#other"}}, who: "dave", change: mode("#c", "+e", "*!*@bob.example")},
		"an exception of a channel":            {ban: "*!*@bob.example", before: []Op{&Join{Channel: "#other"}}, who: "dave", change: mode("#c", "+e", "$j:#other")},
		"an exception":                         {ban: "bob!*@*", who: "dave", change: mode("#c", "+e", "*!*@bob.example")},
	} {
		t.Run(name, func(t *testing.T) {
			policy := DefaultPolicy()
			policy.UserModes = ""
			r := newRoom(t, policy)
			r.enter([]string{"#other"}, "alice")
			r.enter([]string{"#c"}, "dave", "bob")
			r.enter(nil, "root")
			r.do("root", &MakeOper{Name: "root", Privileges: []string{"chghost", "sanick"}})
			r.do("bob", c.before...)
			r.do("dave", mode("#c", "+b", c.ban))
			speaks := func(banned bool) {
				t.Helper()
				refusal := r.try("bob", say("#c"))
				require.Equal(t, banned, refusal != nil && refusal.Code == ModeForbids && refusal.Mode == 'b', "%v", refusal)
			}
			speaks(!c.banned)
			r.do(c.who, c.change)
			speaks(c.banned)
		})
	}
}

// TestABanDoesNotTellOfHiddenChannels: bans in one channel do not reveal the members of a different channel that hides
// them.
func TestABanDoesNotTellOfHiddenChannels(t *testing.T) {
	for _, hides := range []string{"+s", "+p"} {
		r := newRoom(t, DefaultPolicy())
		r.enter([]string{"#hidden"}, "carol")
		r.enter([]string{"#hidden"}, "bob")
		r.do("carol", mode("#hidden", hides))
		r.enter([]string{"#c"}, "alice", "bob")
		r.do("alice", mode("#c", "+b", "$j:#hidden"))
		require.Nil(t, r.try("bob", say("#c")), hides)
		require.False(t, r.state.matches(r.state.Channel("#c"), 'b', r.state.User("bob")))
		r.do("carol", mode("#hidden", "+b", "$j:#hidden"), mode("#hidden", "-v+m", "bob"))
		refusal := r.try("bob", say("#hidden"))
		require.Equal(t, byte('b'), refusal.Mode, "a channel knows who is in it: %s", hides)
	}
}

// TestBansOfAnEarlierHost: a ban follows a user whom an IRC operator gives a different host, if it was set while that
// host was shown.
func TestBansOfAnEarlierHost(t *testing.T) {
	r := newRoom(t, DefaultPolicy())
	r.enter([]string{"#c"}, "alice")
	r.enter(nil, "root")
	r.do("root", &MakeOper{Name: "root", Privileges: []string{"chghost"}})
	r.session["bob"] = 9
	r.do("bob", &Register{Nick: "bob", Username: "u", Host: "cloak.example", RealHost: "real.example", Address: "192.0.2.9", Realname: "r"}, &Join{Channel: "#c"})
	banned := func() bool { return r.try("bob", say("#c")) != nil }

	r.do("alice", mode("#c", "+b", "*!*@cloak.example"))
	require.True(t, banned())
	r.do("root", &ChangeHost{"bob", "", "first.example"})
	require.True(t, banned(), "it was set while the host was shown")
	r.do("alice", mode("#c", "-b", "*!*@cloak.example"), mode("#c", "+b", "*!*@cloak.example"))
	require.False(t, banned(), "nobody was shown that host any more")
	r.do("root", &ChangeHost{"bob", "", "second.example"})
	require.False(t, banned(), "nor does a further change show it")
	for _, hidden := range []string{"*!*@real.example", "*!*@192.0.2.9", "*!*@192.0.2.0/24"} {
		r.do("alice", mode("#c", "+b", hidden))
		require.False(t, banned(), hidden)
	}
	r.do("root", &ChangeHost{"bob", "", "cloak.example"})
	require.True(t, banned(), "it is shown again")
}

// TestALostRankIsSeenWhileOthersAppear: in one operation a member loses the rank by which those without one saw them,
// and the end of delayed joins shows others.
func TestALostRankIsSeenWhileOthersAppear(t *testing.T) {
	policy := DefaultPolicy()
	policy.Ranks = "qaohv"
	r := newRoom(t, policy)
	r.enter([]string{"#c"}, "alice", "hal", "bob")
	r.do("alice", mode("#c", "+uD"), &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: 'h', Param: "hal"}}})
	r.enter([]string{"#c"}, "dora")
	r.number++
	events, refusal := r.state.Apply(Stamp{Time: r.now, Order: r.number, Origin: Origin{1, 1, r.number}, Session: r.session["alice"]},
		&SetModes{Channel: "#c", Changes: []ModeChange{{Letter: 'D'}, {Letter: 'h', Param: "hal"}}})
	require.Nil(t, refusal)
	vanished, grown := "", false
	for _, e := range events {
		switch e := e.(type) {
		case *Vanished:
			vanished += e.Member.User().Nick()
		case *NamesGrown:
			grown = true
		}
	}
	require.True(t, grown)
	require.Equal(t, "hal", vanished)
}

// TestASubjectIsWidenedOnce: the hosts behind a cloak are prepared only once, however many entries are compared with
// them.
func TestASubjectIsWidenedOnce(t *testing.T) {
	r := newRoom(t, DefaultPolicy())
	r.session["bob"] = 9
	r.do("bob", &Register{Nick: "bob", Username: "u", Host: "cloak.example", RealHost: "real.example", Address: "192.0.2.9", Realname: "r"})
	who := r.state.subject(r.state.User("bob"), nil)
	require.Len(t, who.looks, 1)
	who.sight = everything
	_, m, ok := r.state.policy.parseMask("nobody!*@*", extbanDepth)
	require.True(t, ok)
	for range 3 {
		require.False(t, r.state.covers(m, who))
		require.Len(t, who.looks, 3)
	}
	require.False(t, r.state.silenced(who.user, who.user), "nobody silences themselves")
}

// TestAnOperatorsHostComesBack: an IRC operator who gives up that status gets the previous host back, and the host of
// the class with the next OPER.
func TestAnOperatorsHostComesBack(t *testing.T) {
	r := newRoom(t, DefaultPolicy())
	r.enter(nil, "root")
	root := r.state.User("root")
	deop := &SetUserModes{[]ModeChange{{Letter: 'o'}}}
	for range 2 {
		r.do("root", &MakeOper{Name: "root", Vhost: "staff.example"})
		require.Equal(t, "staff.example", root.Host())
		r.do("root", deop)
		require.Equal(t, "root.example", root.Host())
	}
	r.do("root", &MakeOper{Name: "root", Vhost: "staff.example"}, &MakeOper{Name: "root", Vhost: "other.example"})
	require.Equal(t, "other.example", root.Host())
	r.do("root", &MakeOper{Name: "root", Vhost: "bad host"})
	require.Equal(t, "root.example", root.Host(), "a host that is not valid is none")
}

// TestARenameChangesForwardsAlone: forwards to the channel follow its name; a key that reads like the name stays, and
// so do forwards to other channels.
func TestARenameChangesForwardsAlone(t *testing.T) {
	r := newRoom(t, DefaultPolicy())
	r.enter([]string{"#to", "#other", "#c", "#d"}, "alice")
	r.do("alice", mode("#c", "+kfL", "#to", "#to", "#other"), mode("#d", "+fL", "#other", "#TO"), &Rename{"#to", "#new", ""})
	for _, c := range []struct {
		channel string
		letter  byte
		want    string
	}{{"#c", 'k', "#to"}, {"#c", 'f', "#new"}, {"#c", 'L', "#other"}, {"#d", 'f', "#other"}, {"#d", 'L', "#new"}} {
		require.Equal(t, c.want, r.state.Channel(c.channel).Param(c.letter), "%s +%c", c.channel, c.letter)
	}
}

package state

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// reading is a stage with alice, the founder of #c, bob, a member of #c, and carol. Its clock runs by 100 for each
// operation.
type reading struct {
	*State
	t      *testing.T
	number uint64
}

func newReading(t *testing.T) *reading {
	g := &reading{State: New(), t: t}
	g.policy.ReadMarkers, g.policy.AccountReadMarkers = 3, 5
	g.must(0, &NodeUp{})
	for i, nick := range []string{"alice", "bob", "carol"} {
		g.must(SessionID(i+1), &Register{Nick: nick, Username: "u", Host: "h"})
	}
	g.must(1, &Join{Channel: "#c"})
	g.must(2, &Join{Channel: "#c"})
	return g
}

func (g *reading) try(session SessionID, op Op) ([]Event, *Refusal) {
	g.number++
	events, refusal := g.Apply(Stamp{Time: int64(g.number) * 100, Order: g.number, Origin: Origin{1, 1, g.number}, Session: session}, op)
	require.NoError(g.t, g.Check())
	require.NoError(g.t, g.CheckBounds())
	restored, err := Restore(g.Snapshot())
	require.NoError(g.t, err)
	require.Equal(g.t, g.Snapshot(), restored.Snapshot())
	return append([]Event(nil), events...), refusal
}

func (g *reading) must(session SessionID, op Op) []Event {
	events, refusal := g.try(session, op)
	require.Nil(g.t, refusal, "%#v", op)
	return events
}

// mark marks, and tells what others learn of it.
func (g *reading) mark(session SessionID, target string, time int64) string {
	return g.learned(g.must(session, &MarkRead{Target: target, Time: time}))
}

func (g *reading) learned(events []Event) string {
	var out []string
	for _, e := range events {
		if m, is := e.(*MarkedRead); is {
			nicks := ""
			for _, u := range m.Readers {
				nicks += u.Nick() + " "
			}
			out = append(out, fmt.Sprintf("%s%s %d", nicks, m.Target.Name(), m.Time))
		}
	}
	return strings.Join(out, ", ")
}

// read is until when somebody has read.
func (g *reading) read(nick, target string) int64 {
	u := g.User(nick)
	found, refusal := g.MarkTarget(u, target, Side{})
	require.Nil(g.t, refusal)
	return g.ReadUntil(u, found)
}

func TestMarkersOnlyRise(t *testing.T) {
	g := newReading(t)
	require.Zero(t, g.read("alice", "#c"))
	require.Equal(t, "alice #c 50", g.mark(1, "#c", 50))
	require.Equal(t, "", g.mark(1, "#C", 50), "it is there already")
	require.Equal(t, "", g.mark(1, "#c", 49), "older")
	require.Equal(t, "", g.mark(1, "#c", -1))
	require.Equal(t, int64(50), g.read("alice", "#c"))
	now := g.Now()
	require.Equal(t, fmt.Sprintf("alice #c %d", now+100), g.mark(1, "#c", 1_000_000), "clamped to the present")
	require.Equal(t, "", g.mark(2, "alice", 0), "there was nothing in 1970")
	require.Zero(t, g.read("bob", "#c"), "another's are not his")
}

// TestMarkersKeepNoLine: the word of a line that is kept does not keep the line.
func TestMarkersKeepNoLine(t *testing.T) {
	g := newReading(t)
	name := (strings.Repeat("x", 400) + "nobody")[400:]
	g.mark(1, name, 50)
	kept := g.User("alice").markers[0].key.unknown
	require.Equal(t, name, kept)
	require.NotSame(t, unsafe.StringData(name), unsafe.StringData(kept))
}

func TestMarkTargets(t *testing.T) {
	g := newReading(t)
	g.must(3, &Join{Channel: "#secret"})
	g.must(3, &SetModes{Channel: "#secret", Changes: []ModeChange{{On: true, Letter: 's'}}})
	g.must(3, &Join{Channel: "#open"})
	for target, code := range map[string]Code{
		"#c": OK, "bob": OK, "alice": OK, "nobody": OK, "#none": OK, "#secret": OK, "#open": OK,
		"#": BadChannelName, "#a b": BadChannelName, "": BadNick, "*": BadNick, "@#c": BadNick, "1": BadNick, "a b": BadNick,
		strings.Repeat("x", 31): BadNick, "#" + strings.Repeat("x", 64): BadChannelName,
	} {
		events, refusal := g.try(1, &MarkRead{Target: target, Time: 50})
		if code == OK {
			require.Nil(t, refusal, target)
			require.Len(t, events, 1, target)
		} else {
			require.NotNil(t, refusal, target)
			require.Equal(t, code, refusal.Code, target)
		}
	}
	_, refusal := g.try(9, &MarkRead{Target: "#c", Time: 50})
	require.Equal(t, NoSuchSession, refusal.Code)
	found, refusal := g.MarkTarget(g.User("alice"), "#OPEN", Side{})
	require.Nil(t, refusal)
	require.Equal(t, "#open", found.Name())
	found, _ = g.MarkTarget(g.User("alice"), "#SECRET", Side{})
	require.Equal(t, "#SECRET", found.Name(), "as if there were none")
	require.Zero(t, found.key)
}

// TestMarkersFollowIdentity: a rename of a channel or a nick changes nothing, and whoever takes a name later is a
// different user.
func TestMarkersFollowIdentity(t *testing.T) {
	g := newReading(t)
	g.mark(1, "#c", 50)
	g.mark(1, "bob", 60)
	g.must(1, &Rename{Channel: "#c", New: "#d"})
	g.must(2, &ChangeNick{"robert"})
	require.Equal(t, int64(50), g.read("alice", "#D"))
	require.Equal(t, int64(50), g.read("alice", "#c"), "the old name leads there for her")
	require.Equal(t, int64(60), g.read("alice", "Robert"))
	require.Equal(t, int64(60), g.read("alice", "bob"), "whom she last knew by that nick, while nobody has it")
	g.must(3, &ChangeNick{"BOB"})
	require.Zero(t, g.read("alice", "bob"), "carol is another")
	g.must(2, &Quit{})
	require.Equal(t, "alice BOB 70", g.mark(1, "bob", 70))
	g.must(3, &Quit{})
	require.Equal(t, int64(70), g.read("alice", "bob"), "the last one of both")
	// Who has not been there yet is taken for the account of that name.
	g.mark(1, "dave", 80)
	g.must(4, &Register{Nick: "dave", Username: "u", Host: "h"})
	require.Zero(t, g.read("alice", "dave"))
	g.must(4, &SetAccount{"Dave"})
	require.Equal(t, int64(80), g.read("alice", "dave"))
}

// TestMarkersOfWhoLogsIn: markers for a guest still apply after the guest logs in; Known names the party behind an
// unused nick.
func TestMarkersOfWhoLogsIn(t *testing.T) {
	g := newReading(t)
	g.mark(1, "bob", 50)
	g.must(2, &SetAccount{"robert"})
	require.Equal(t, int64(50), g.read("alice", "bob"))
	require.Equal(t, "", g.mark(1, "bob", 49))
	require.Equal(t, "alice bob 60", g.mark(1, "bob", 60))
	require.Equal(t, int64(60), g.read("alice", "bob"))
	g.must(3, &SetAccount{"Erin"})
	known := SideOf(g.AccountParty("Erin"))
	g.must(3, &SetAccount{""})
	require.Equal(t, "alice someone 70", g.learned(g.must(1, &MarkRead{"someone", 70, known})))
	require.Equal(t, "alice bob 80", g.learned(g.must(1, &MarkRead{"bob", 80, known})), "who has the nick is meant")
	g.must(3, &ChangeNick{"erin"})
	require.Zero(t, g.read("alice", "erin"))
	g.must(3, &SetAccount{"erin"})
	require.Equal(t, int64(70), g.read("alice", "erin"))
	found, _ := g.MarkTarget(g.User("alice"), "nobody", known)
	require.Equal(t, int64(70), g.ReadUntil(g.User("alice"), found))
}

func TestAGuestsMarkersGoWithHim(t *testing.T) {
	g := newReading(t)
	g.mark(2, "alice", 50)
	g.must(2, &Quit{})
	g.must(2, &Register{Nick: "bob", Username: "u", Host: "h"})
	require.Zero(t, g.read("bob", "alice"))
}

func TestMarkersOfAnAccount(t *testing.T) {
	g := newReading(t)
	g.policy.ReadMarkers = 5
	g.mark(2, "#c", 50)
	g.mark(2, "carol", 60)
	g.must(3, &SetAccount{"shared"})
	g.must(3, &Join{Channel: "#c"})
	g.mark(3, "#c", 40)
	g.mark(3, "alice", 45)
	require.Zero(t, g.read("bob", "alice"))
	// The account takes over the markers of a guest who logs in. The newer marker counts, and the user is sent newer
	// ones.
	events := g.must(2, &SetAccount{"SHARED"})
	require.Equal(t, "carol #c 50, carol carol 60, bob alice 45", g.learned(events))
	require.Equal(t, int64(50), g.read("carol", "#c"))
	require.Equal(t, int64(45), g.read("bob", "alice"))
	require.Equal(t, "bob carol bob 70", g.mark(3, "bob", 70))
	require.Equal(t, int64(70), g.read("bob", "carol"), "both are the same party")
	// They stay when everybody is gone, and wait for the next one.
	g.must(2, &Quit{})
	g.must(3, &Quit{})
	g.must(2, &Register{Nick: "bob", Username: "u", Host: "h", Account: "Shared"})
	require.Equal(t, int64(45), g.read("bob", "alice"))
	require.Zero(t, g.read("alice", "#c"))
	// Who logs out leaves them there.
	g.must(2, &SetAccount{})
	require.Zero(t, g.read("bob", "alice"))
	require.Equal(t, "bob alice 45, bob carol 60, bob bob 70", g.learned(g.must(2, &SetAccount{"shared"})), "in #c he is not")
}

// TestMarkersOfNamesOnlyRise: the marker of a channel stays under its name, whoever has made a channel of that name
// since, and follows the channel as well.
func TestMarkersOfNamesOnlyRise(t *testing.T) {
	g := newReading(t)
	g.policy.ReadMarkers, g.policy.RenameRedirect = 4, 0
	g.mark(1, "#c", 50)
	require.Equal(t, "alice #c 60", func() string { g.must(1, &Part{Channel: "#c"}); return g.mark(1, "#c", 60) }(), "outside")
	g.must(2, &Part{Channel: "#c"})
	require.Equal(t, int64(60), g.read("alice", "#c"), "it has ended")
	require.Equal(t, "alice #C 70", g.mark(1, "#C", 70))
	g.must(2, &Join{Channel: "#c"})
	g.must(1, &Join{Channel: "#c"})
	require.Equal(t, int64(70), g.read("alice", "#c"), "others have made it again")
	require.Zero(t, g.read("bob", "#c"))
	g.mark(1, "#c", 80)
	require.Len(t, g.User("alice").markers, 1)
	// A new name has the marker of the channel, and the old one keeps its own.
	g.must(2, &Rename{Channel: "#c", New: "#d"})
	require.Equal(t, int64(80), g.read("alice", "#d"))
	require.Equal(t, int64(80), g.read("alice", "#c"))
	require.Equal(t, "alice #d 90", g.mark(1, "#d", 90))
	require.Equal(t, int64(80), g.read("alice", "#c"))
	g.must(3, &Join{Channel: "#c"})
	g.must(1, &Join{Channel: "#c"})
	require.Equal(t, "alice #c 100", g.mark(1, "#c", 100))
	require.Equal(t, int64(90), g.read("alice", "#d"))
	// A channel that cannot be seen at the moment is marked by its name, and is still the same.
	g.must(1, &Part{Channel: "#d"})
	g.must(2, &SetModes{Channel: "#d", Changes: []ModeChange{{On: true, Letter: 's'}}})
	require.Equal(t, "alice #D 110", g.mark(1, "#D", 110))
	g.must(2, &Rename{Channel: "#d", New: "#e"})
	require.Zero(t, g.read("alice", "#e"), "she may not know")
	g.must(1, &Join{Channel: "#e"})
	require.Equal(t, int64(110), g.read("alice", "#e"))
	require.Equal(t, int64(110), g.read("alice", "#d"))
	require.Equal(t, int64(100), g.read("alice", "#c"))
	g.mark(1, "#e", 120)
	g.mark(1, "#e", 130)
	require.Len(t, g.User("alice").markers, 3)
	// Back and forth there is one for each name.
	for range 3 {
		g.must(2, &Rename{Channel: "#e", New: "#d"})
		g.mark(1, "#d", g.read("alice", "#d")+10)
		g.must(2, &Rename{Channel: "#d", New: "#e"})
		g.mark(1, "#e", g.read("alice", "#e")+10)
	}
	require.Equal(t, int64(190), g.read("alice", "#e"))
	require.Equal(t, int64(180), g.read("alice", "#d"))
	require.Len(t, g.User("alice").markers, 3)
}

// TestLoggingInToAnother: a different account does not get the markers of the previous one, except those of the user's
// channels.
func TestLoggingInToAnother(t *testing.T) {
	g := newReading(t)
	g.must(1, &SetAccount{"one"})
	g.mark(1, "#c", 50)
	g.mark(1, "bob", 60)
	require.Equal(t, "", g.learned(g.must(1, &SetAccount{"two"})))
	require.Equal(t, int64(50), g.read("alice", "#c"))
	require.Zero(t, g.read("alice", "bob"))
	g.mark(1, "#c", 40)
	g.must(1, &SetAccount{})
	require.Equal(t, int64(50), g.read("alice", "#c"), "the window stays open")
	g.must(1, &Part{Channel: "#c"})
	g.must(2, &SetAccount{"two"})
	g.mark(2, "#c", 70)
	require.Equal(t, int64(50), g.read("alice", "#c"))
	require.Equal(t, "alice bob 60", g.learned(g.must(1, &SetAccount{"one"})), "what is new to her")
	require.Equal(t, int64(50), g.read("alice", "#c"))
}

func TestMarkersAreBounded(t *testing.T) {
	g := newReading(t)
	for i, nick := range []string{"a", "b", "c", "d"} {
		g.mark(1, nick, int64(10+i))
		g.mark(1, "b", int64(50+i)) // set anew, it is the latest
	}
	require.Zero(t, g.read("alice", "a"), "the one set longest ago")
	require.Equal(t, int64(12), g.read("alice", "c"))
	// Of all accounts, the one that has set none for the longest loses its oldest.
	for i := range SessionID(3) {
		g.must(i+1, &SetAccount{fmt.Sprint("account", i)})
	}
	require.Equal(t, 3, g.marked.count)
	g.mark(2, "x", 1)
	g.mark(2, "y", 1)
	g.mark(3, "x", 1)
	require.Equal(t, 5, g.marked.count)
	require.Zero(t, g.read("alice", "c"))
	require.Equal(t, int64(53), g.read("alice", "b"))
	g.mark(1, "z", 1)
	require.Zero(t, g.read("bob", "x"), "alice has just set one")
	require.Equal(t, int64(1), g.read("bob", "y"))
}

func TestNoMarkersAtAll(t *testing.T) {
	g := newReading(t)
	g.policy.ReadMarkers = 0
	require.Equal(t, "", g.mark(1, "#c", 50))
	require.Zero(t, g.read("alice", "#c"))
}

// TestCasemappingMovesNoMarkers: they belong to ids; where names become equal, the greatest marker counts.
func TestCasemappingMovesNoMarkers(t *testing.T) {
	g := newReading(t)
	g.must(1, &SetAccount{"a[b"})
	g.must(2, &SetAccount{"a{b"})
	g.mark(1, "#c", 50)
	g.mark(1, "#x[", 60)
	g.mark(1, "#x{", 70)
	g.mark(2, "n[k", 50)
	g.mark(2, "n{k", 40)
	for i := range SessionID(3) {
		g.must(i+1, &Quit{})
	}
	require.Equal(t, 5, g.marked.count)
	p := g.policy
	p.Casemapping = RFC1459
	g.must(0, &Configure{p})
	require.NoError(t, g.Check())
	require.Equal(t, 3, g.marked.count)
	require.Equal(t, AccountID(1), g.AccountParty("a{b").Account(), "the older account has the name")
	require.Equal(t, AccountID(2), g.AccountByID(2).ID())
	require.Equal(t, int64(70), g.marked.of(1).list.channelTime(0, "#x{"))
	require.Equal(t, int64(50), g.marked.of(2).list.time(markKey{unknown: "n{k"}))
}

// TestRandomMarkersAreRead: the random operations do what they are drawn for.
func TestRandomMarkersAreRead(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(20) { // those of TestReplay
		s := small()
		for _, x := range (&choices{bytes: randomBytes(seed, 20_000)}).steps(2_000) {
			events, _ := s.Apply(x.stamp, x.op)
			for _, e := range events {
				if m, is := e.(*MarkedRead); is {
					kinds[fmt.Sprint(m.Target.folded != "", m.Readers[0].account != nil, m.Session != 0)]++
				}
			}
		}
	}
	for _, kind := range []string{"true false true", "true true true", "false false true", "false true true", "false true false"} {
		require.NotZero(t, kinds[kind], "%s: %v", kind, kinds)
	}
}

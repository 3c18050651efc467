package state

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// crowd is a state whose users are numbered: session i is the user called "u<i>".
type crowd struct {
	*State
	t      testing.TB
	number uint64
}

// newCrowd returns a crowd with this number of users.
func newCrowd(t testing.TB, users int) *crowd {
	w := &crowd{State: New(), t: t}
	w.must(0, &NodeUp{})
	for i := 1; i <= users; i++ {
		w.come(i)
	}
	return w
}

// come registers the user of a session.
func (w *crowd) come(i int) {
	w.must(i, &Register{
		Nick: fmt.Sprintf("u%d", i), Username: "user", Host: fmt.Sprintf("cloak%d.example", i), Address: fmt.Sprintf("192.0.%d.%d", i>>8&255, i&255),
		RealHost: fmt.Sprintf("host%d.provider.example", i), Realname: "just a name of ordinary length",
	})
}

func (w *crowd) try(session int, op Op) ([]Event, *Refusal) {
	w.number++
	return w.Apply(Stamp{Time: int64(w.number), Order: w.number, Origin: Origin{1, 1, w.number}, Session: SessionID(session)}, op)
}

// must applies an operation that must not be refused, and returns its work.
func (w *crowd) must(session int, op Op) int {
	w.t.Helper()
	_, refusal := w.try(session, op)
	require.Nil(w.t, refusal)
	return w.Work()
}

// mode applies the changes of one MODE line.
func (w *crowd) mode(session int, channel string, args ...string) int {
	w.t.Helper()
	return w.must(session, &SetModes{Channel: channel, Changes: w.policy.ParseChannelModes(args, 0).Changes})
}

// TestWork: the work of each operation is counted separately: its comparisons and the members that it tells.
func TestWork(t *testing.T) {
	w := newCrowd(t, 300)
	for i := 1; i <= 300; i++ {
		w.must(i, &Join{Channel: "#big"})
	}
	w.must(1, &Join{Channel: "#small"})
	small, big := w.must(1, &SetTopic{Channel: "#small", Text: "x"}), w.must(1, &SetTopic{Channel: "#big", Text: "x"})
	require.InDelta(t, 299*tellWork, big-small, 300)
	require.Equal(t, small, w.must(1, &SetTopic{Channel: "#small", Text: "y"}))

	require.Equal(t, tellWork, w.must(1, &Message{Kind: Privmsg, Target: "u2", Text: "x"}))
	for i := range 50 {
		w.mode(1, "#big", "+b", fmt.Sprintf("*?*!*@*a%d", i))
	}
	before := w.must(2, &ChangeNick{Nick: "other"})
	plain := w.must(1, &ChangeNick{Nick: "another"}) // a founder's rank exempts
	require.Greater(t, before, plain+100)
	require.Less(t, w.must(2, &SetAway{}), 10)
	w.EntryCovers(w.User("another").Member(w.Channel("#big")), 'b', "*?*!*@*a1")
	require.Greater(t, w.Work(), 299*subjectWork)
}

// TestModesTellOnce: the work of a MODE line grows with the number of members, not with the number of its letters.
func TestModesTellOnce(t *testing.T) {
	w := newCrowd(t, 400)
	for i := 1; i <= 400; i++ {
		w.must(i, &Join{Channel: "#big"})
	}
	many := func(letters, nick string) []string {
		args := []string{strings.Repeat(letters, 100)}
		for range strings.Count(args[0], letters[1:2]) * (len(letters) / 2) {
			args = append(args, nick)
		}
		return args
	}
	tell := 400 * tellWork * 2
	require.Less(t, w.mode(1, "#big", strings.Repeat("+u-u", 120)), tell)
	require.Less(t, w.mode(1, "#big", strings.Repeat("+D-D", 120)+"+u"), tell)
	require.Less(t, w.mode(1, "#big", many("+o-o", "u2")...), tell)
	require.Less(t, w.mode(1, "#big", many("+v-v", "u2")...), tell)
	require.Less(t, w.mode(1, "#big", many("-o+o", "u2")...), 3*tell)
	require.Less(t, w.mode(1, "#big", many("+b-b", "x")...), tell)
	require.Less(t, w.mode(1, "#big", strings.Repeat("+s-s", 120)), 2*tell)
	names := 400 * tellWork * (1 + 400/namesPerLine)
	require.Less(t, w.mode(1, "#big", strings.Repeat("-u+u", 120)+"-u"), names+2*tell)
}

// TestInvitationsAreBounded: the invitations into one channel are bounded, and so is the work of removing them when it
// ends.
func TestInvitationsAreBounded(t *testing.T) {
	w := newCrowd(t, invitesPerChannel+10)
	w.must(1, &Join{Channel: "#c"})
	for i := 2; i <= invitesPerChannel+10; i++ {
		w.must(1, &InviteUser{Nick: fmt.Sprintf("u%d", i), Channel: "#c"})
	}
	require.NoError(t, w.CheckBounds())
	require.NoError(t, w.Check())
	c := w.Channel("#c")
	require.Len(t, c.invited, invitesPerChannel)
	require.Empty(t, w.User("u2").Invites(), "the oldest")
	require.Len(t, w.User("u20").Invites(), 1)
	w.must(1, &Part{Channel: "#c"})
	require.Empty(t, w.User("u20").Invites())
	require.NoError(t, w.Check())
}

// TestManyAccept: a user whom many users have accepted is removed from all their lists.
func TestManyAccept(t *testing.T) {
	w := newCrowd(t, 100)
	for i := 2; i <= 100; i++ {
		w.must(i, &ChangeAccept{Nick: "u1", On: true})
	}
	w.must(1, &ChangeAccept{Nick: "u2", On: true})
	w.must(1, &Quit{})
	require.Empty(t, w.User("u2").Accepts())
	require.NoError(t, w.Check())
}

// TestManyEntriesEndInTurns: one Expire tells a bounded number of members.
func TestManyEntriesEndInTurns(t *testing.T) {
	w := newCrowd(t, 500)
	for i := 1; i <= 500; i++ {
		w.must(i, &Join{Channel: "#c"})
	}
	for i := range 90 {
		w.must(1, &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: 'b', Param: fmt.Sprintf("x%d", i), Duration: 5}}})
	}
	left := 90
	for left > 0 {
		require.Less(t, w.must(0, &Expire{}), 500*tellWork*25)
		now := len(w.Channel("#c").List('b'))
		require.Less(t, now, left)
		left = now
	}
}

// TestForwardsAreBounded: the number of channels that forward to one channel is bounded, however often forwards are
// set.
func TestForwardsAreBounded(t *testing.T) {
	w := newCrowd(t, 3)
	w.must(1, &Join{Channel: "#to"})
	w.must(2, &Join{Channel: "#to"})
	w.must(3, &Join{Channel: "#to"})
	w.mode(1, "#to", "+oo", "u2", "u3")
	refused := 0
	for i := range forwardsPerChannel + 5 {
		by := 1 + i%3
		from := fmt.Sprintf("#from%d", i)
		w.must(by, &Join{Channel: from})
		events, _ := w.try(by, &SetModes{Channel: from, Changes: []ModeChange{{On: true, Letter: 'f', Param: "#TO"}}})
		if d, is := events[0].(*Declined); is {
			require.Equal(t, "Too many channels forward there", d.Refusal.Why)
			refused++
		}
	}
	require.Equal(t, 5, refused)
	require.Equal(t, forwardsPerChannel, w.forwardsTo(w.Channel("#to")))
	events, refusal := w.try(1, &Rename{Channel: "#to", New: "#there"})
	require.Nil(t, refusal)
	require.Len(t, events, 1+forwardsPerChannel)
}

// toldToFew lists the events that State.told does not charge by their audience, because they reach one user, the IRC
// operators or nobody.
var toldToFew = []string{
	"Announced", "BanAdded", "BanHit", "BanRemoved", "CallerHeld", "ChannelEnded", "Configured", "Declined", "DefconChanged",
	"FilterMatched", "FiltersChanged", "Forwarded", "Invited", "Killed", "Knocked", "MarkedRead", "OperChanged", "Redirected",
	"Registered", "SessionEnded", "ShunChanged", "SilenceChanged", "UserModesChanged",
}

// TestEveryEventIsCharged fails for an event that is neither charged in State.told, work.go, nor in toldToFew: add a
// case to told if many users are told of it.
func TestEveryEventIsCharged(t *testing.T) {
	charged := caseTypes(t, "work.go", "told")
	for _, name := range eventTypes(t) {
		require.True(t, slices.Contains(charged, name) != slices.Contains(toldToFew, name),
			"%s must have a case in State.told (work.go) if many users are told of it, otherwise a place in toldToFew", name)
	}
}

// TestEveryOperationCanBeEncoded fails for an operation that is missing from opTable, and for a number that is there
// twice.
func TestEveryOperationCanBeEncoded(t *testing.T) {
	known, numbers := map[string]bool{}, map[byte]bool{}
	for _, row := range opTable {
		require.False(t, numbers[row.kind], "opTable has the number %d twice", row.kind)
		numbers[row.kind], known[row.of.Elem().Name()] = true, true
		require.Equal(t, row.of, reflect.TypeOf(newOp[row.kind]()))
	}
	for _, name := range receivers(t, "apply") {
		require.True(t, known[name], "%s is missing from opTable, op_table.go", name)
	}
}

// eventTypes returns the names of all types in this package with a method event.
func eventTypes(t *testing.T) []string { return receivers(t, "event") }

// receivers returns the names of the types in this package that have a method with this name.
func receivers(t *testing.T, method string) (names []string) {
	for _, file := range parseSources(t) {
		for _, d := range file.Decls {
			f, isFunc := d.(*ast.FuncDecl)
			if !isFunc || f.Recv == nil || f.Name.Name != method {
				continue
			}
			if star, isPointer := f.Recv.List[0].Type.(*ast.StarExpr); isPointer {
				names = append(names, star.X.(*ast.Ident).Name)
			}
		}
	}
	require.NotEmpty(t, names)
	return names
}

// caseTypes returns the types in the cases of the type switch of a method.
func caseTypes(t *testing.T, file, method string) (names []string) {
	for _, d := range parseSources(t)[file].Decls {
		if f, isFunc := d.(*ast.FuncDecl); isFunc && f.Name.Name == method {
			ast.Inspect(f, func(n ast.Node) bool {
				if clause, isCase := n.(*ast.CaseClause); isCase {
					for _, e := range clause.List {
						names = append(names, e.(*ast.StarExpr).X.(*ast.Ident).Name)
					}
				}
				return true
			})
		}
	}
	require.NotEmpty(t, names)
	return names
}

// parseSources parses the files of this package, except its tests.
func parseSources(t *testing.T) map[string]*ast.File {
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	files := map[string]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		files[path] = file
	}
	return files
}

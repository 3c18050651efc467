package state

import (
	"fmt"
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

// newCrowd has so many users.
func newCrowd(t testing.TB, users int) *crowd {
	w := &crowd{State: New(), t: t}
	w.must(0, &NodeUp{})
	for i := 1; i <= users; i++ {
		w.come(i)
	}
	return w
}

// come registers the next user.
func (w *crowd) come(i int) {
	w.must(i, &Register{
		Nick: fmt.Sprintf("u%d", i), Username: "user", Host: fmt.Sprintf("cloak%d.example", i), Address: fmt.Sprintf("192.0.%d.%d", i>>8&255, i&255),
		RealHost: fmt.Sprintf("host%d.provider.example", i), Realname: "just a name of ordinary length",
	})
}

func (w *crowd) try(session int, op Op) ([]Event, *Refusal) {
	w.number++
	return w.Apply(Stamp{int64(w.number), w.number, Origin{1, 1, w.number}, SessionID(session)}, op)
}

// must applies an operation that is not refused, and gives its work.
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

// TestWork: each operation counts for itself, what it compares and whom it tells.
func TestWork(t *testing.T) {
	w := newCrowd(t, 300)
	for i := 1; i <= 300; i++ {
		w.must(i, &Join{Channel: "#big"})
	}
	w.must(1, &Join{Channel: "#small"})
	small, big := w.must(1, &SetTopic{Channel: "#small", Text: "x"}), w.must(1, &SetTopic{Channel: "#big", Text: "x"})
	require.InDelta(t, 299*tellWork, big-small, 300)
	require.Equal(t, small, w.must(1, &SetTopic{Channel: "#small", Text: "y"}))

	for i := range 50 {
		w.mode(1, "#big", "+b", fmt.Sprintf("*?*!*@*a%d", i))
	}
	before := w.must(2, &ChangeNick{Nick: "other"})
	plain := w.must(1, &ChangeNick{Nick: "another"}) // a founder's rank exempts
	require.Greater(t, before, plain+100)
	require.Less(t, w.must(2, &SetAway{}), 10)
	w.EntryCovers(w.Channel("#big"), 'b', "*?*!*@*a1")
	require.Greater(t, w.Work(), 300)
}

// TestModesTellOnce: what a MODE line costs grows with the members, not with its letters.
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

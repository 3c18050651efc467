package state

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mostLineWork is the most work that one line of a client may cause: two milliseconds.
const mostLineWork = 200_000

// worstLists holds the masks that take longest to compare, for filling the lists of a channel up to their bounds. The
// key describes the masks.
var worstLists = map[string]struct {
	letter string
	masks  func(i int) string
}{
	"bans of real names": {"b", func(i int) string { return "$r:*" + strings.Repeat("?", 70) + fmt.Sprintf("#%d", i) }},
	"bans of one piece":  {"b", func(i int) string { return fmt.Sprintf("$r:*%s?%db*", strings.Repeat("a", 50), i) }},
	"bans of pieces":     {"b", func(i int) string { return fmt.Sprintf("*!*@*a?%d*e?*x?*m?*p*", i) }},
	"many small bans":    {"b", func(i int) string { return fmt.Sprintf("*!*@*e%d", i) }},
	"literal pieces":     {"b", func(i int) string { return fmt.Sprintf("*u*!*e*@*e*a*m*p*%d", i) }},
	"whole hosts":        {"b", func(i int) string { return fmt.Sprintf("*!*@%s%d", strings.Repeat("a.", 80), i) }},
	"bans of members":    {"b", func(i int) string { return fmt.Sprintf("$j:#other%d", i) }},
	"bans within mutes":  {"b", func(i int) string { return fmt.Sprintf("$m:$~r:*u*%d*", i) }},
	"exceptions":         {"e", func(i int) string { return fmt.Sprintf("*!*@*a?%d*e?*x?*m?*p*", i) }},
	"invite exceptions":  {"I", func(i int) string { return fmt.Sprintf("*!*@*a?%d*e?*x?*m?*p*", i) }},
	"ranks on joining":   {"w", func(i int) string { return fmt.Sprintf("v:*!*@*a?%d*e?*x?*m?*p*", i) }},
	"filters":            {"g", func(i int) string { return fmt.Sprintf("*%s?b%d?*", strings.Repeat("a", 40), i) }},
	"names of filters":   {"g", func(i int) string { return fmt.Sprintf("*a?*a?*a?*a?*a?*b%d*", i) }},
}

// The entries and the work that fill leaves free for later changes.
const (
	spareEntries = 5
	spareWork    = 250
)

// fill sets as many of the worst entries as the channel takes.
func (w *crowd) fill(founder int, channel, letter string, mask func(i int) string) (entries int) {
	for i := range w.policy.ListEntries {
		before := w.Channel(channel).listEntries()
		if c := w.Channel(channel); c.listWork() > w.policy.ListEntries*entryWork-spareWork || before > w.policy.ListEntries-spareEntries {
			break
		}
		w.mode(founder, channel, "+"+letter, mask(i))
		if w.Channel(channel).listEntries() == before {
			break
		}
		entries++
	}
	return entries
}

// within applies an operation, refused or not, whose work must be bounded.
func (w *crowd) within(session int, what string, op Op) {
	w.t.Helper()
	w.try(session, op)
	require.LessOrEqual(w.t, w.Work(), mostLineWork, what)
}

// TestWorstLists: the work of a client's operation is bounded, whatever entries the lists have.
func TestWorstLists(t *testing.T) {
	const users, operators = 1000, 400
	for name, list := range worstLists {
		t.Run(name, func(t *testing.T) {
			w := newCrowd(t, users)
			for i := 1; i <= users; i++ {
				w.must(i, &Join{Channel: "#b"})
			}
			for i := 2; i <= operators; i++ {
				w.mode(1, "#b", "+o", fmt.Sprintf("u%d", i))
			}
			for c := range w.policy.ChannelsPerUser - 1 {
				channel := fmt.Sprintf("#many%d", c)
				for i := 1; i <= 20; i++ {
					w.must(i, &Join{Channel: channel})
				}
				require.NotZero(t, w.fill(1, channel, list.letter, list.masks))
			}
			n := w.fill(1, "#b", list.letter, list.masks)
			require.Greater(t, n, 20)
			t.Logf("%d entries, %d units of work reckoned", n, w.Channel("#b").listWork())
			w.attack(users, operators)
		})
	}
}

// attack applies each operation by the user for whom it causes the most work.
func (w *crowd) attack(users, operators int) {
	w.speak(operators + 1)
	w.within(1, "what binds operators, too", &SetModes{Channel: "#b", Changes: []ModeChange{{On: true, Letter: 'X', Param: "filter:*"}}})
	w.speak(2)
	w.mode(1, "#b", "+b", "*!*@*") // now all are judged by all entries
	w.ban()
	w.come(users + 1)
	w.enter(users + 1)
	w.within(5, "NICK", &ChangeNick{Nick: "another"})
	w.within(operators+2, "NICK of a member", &ChangeNick{Nick: "member"})
	w.within(5, "SETNAME", &SetRealname{Text: strings.Repeat("aaaa bbbb ", 15)})
	w.within(2, "KICK", &Kick{Channel: "#b", Nick: "u700", Reason: strings.Repeat("a", 300)})
	w.within(operators+3, "CYCLE", &Cycle{Channel: "#b", Reason: strings.Repeat("a", 300)})
	w.within(operators+4, "PART", &Part{Channel: "#b", Reason: strings.Repeat("a", 300)})
	w.within(1, "METADATA", &SetMetadata{Target: "#b", Key: "k", Value: "v"})
	w.within(1, "RENAME", &Rename{Channel: "#b", New: "#c"})
	w.within(7, "QUIT", &Quit{Reason: quitPrefix + strings.Repeat("a", 400)})
	w.within(1, "QUIT of a founder", &Quit{Reason: quitPrefix + strings.Repeat("a", 400)})
}

// speak sends messages and topics twice, so that the second uses the cached result of the first.
func (w *crowd) speak(session int) {
	lines := []TextPart{{Text: strings.Repeat("a", 400)}}
	for range 9 {
		lines = append(lines, TextPart{Text: strings.Repeat("a", 400), Concat: true})
	}
	for range 2 {
		w.within(session, "PRIVMSG", &Message{Target: "#b", Text: strings.Repeat("a", 400)})
		w.within(session, "multiline", &Message{Target: "#b", Lines: lines})
		w.within(session, "TOPIC", &SetTopic{Channel: "#b", Text: strings.Repeat("a", 390)})
	}
}

// ban lets an operator ban all users, and so their equals, who are already banned by the founder.
func (w *crowd) ban() {
	everybody := []string{"*?*!*@*", "*!*?*@*", "*!*@*?*", "$r:*?*", "$~a", "u*!*@*", "*!*@*e*", "*!*@*x*", "*!u*@*", "*!*r@*"}
	for _, mask := range everybody {
		w.within(2, "ban "+mask, &SetModes{Channel: "#b", Changes: []ModeChange{{On: true, Letter: 'b', Param: mask}}})
	}
	var changes []ModeChange
	for i := range 20 {
		mask := everybody[i%len(everybody)]
		changes = append(changes, ModeChange{On: true, Letter: 'b', Param: mask}, ModeChange{On: i == 19, Letter: 'b', Param: mask},
			ModeChange{On: true, Letter: 'b', Param: fmt.Sprintf("*%d?*!*@*", i)}, ModeChange{Letter: 'e', Param: mask})
	}
	w.within(2, "a line of bans", &SetModes{Channel: "#b", Changes: changes})
}

// enter lets a user outside the channel try to join it.
func (w *crowd) enter(outside int) {
	w.within(outside, "JOIN", &Join{Channel: "#b"})
	w.mode(1, "#b", "+if", "#many1")
	w.within(outside, "JOIN, forwarded", &Join{Channel: "#b"})
	w.within(outside, "KNOCK", &Knock{Channel: "#b"})
	w.within(2, "INVITE", &InviteUser{Nick: w.Session(SessionID(outside)).user.nick, Channel: "#b"})
}

// TestWorstBans: the attack causes the intended work. Equals are compared with all entries up to the bound, and a user
// who changes their nick is compared with the entries of all their channels.
func TestWorstBans(t *testing.T) {
	w := newCrowd(t, 500)
	for i := 1; i <= 500; i++ {
		w.must(i, &Join{Channel: "#b"})
		if i > 1 {
			w.mode(1, "#b", "+o", fmt.Sprintf("u%d", i))
		}
	}
	list := worstLists["bans of pieces"]
	w.fill(1, "#b", list.letter, list.masks)
	w.mode(1, "#b", "+b", "*!*@*")
	events, refusal := w.try(2, &SetModes{Channel: "#b", Changes: []ModeChange{{On: true, Letter: 'b', Param: "*?*!*@*"}}})
	require.Nil(t, refusal)
	require.Contains(t, events[0].(*Declined).Refusal.Why, "too many members")
	require.Greater(t, w.Work(), mostBanWork)
	require.LessOrEqual(t, w.Work(), mostLineWork)
	w.mode(1, "#b", "+b", "*?*!*@*") // the founder has no equals
	require.NotNil(t, w.User("u1").Member(w.Channel("#b")))
	require.GreaterOrEqual(t, w.Channel("#b").findEntry('b', "*?*!*@*"), 0)

	for c := range w.policy.ChannelsPerUser - 1 {
		channel := fmt.Sprintf("#many%d", c)
		w.must(1, &Join{Channel: channel})
		w.must(5, &Join{Channel: channel})
		w.fill(1, channel, list.letter, list.masks)
	}
	require.Greater(t, w.must(5, &ChangeNick{Nick: "another"}), 20_000)
	require.LessOrEqual(t, w.Work(), mostLineWork)
}

// TestWorstSilences: the masks of a SILENCE list have a bound together.
func TestWorstSilences(t *testing.T) {
	w := newCrowd(t, 2)
	set := 0
	for i := range SilenceEntries + 1 {
		if _, refusal := w.try(1, &ChangeSilence{Mask: fmt.Sprintf("*!*@*a?%d*e?*x?*m?*p*", i), On: true}); refusal != nil {
			require.Equal(t, SilenceFull, refusal.Code)
			break
		}
		set++
	}
	require.Greater(t, set, 5)
	require.Less(t, set, SilenceEntries)
	w.within(2, "PRIVMSG", &Message{Target: "u1", Text: "hello"})
	require.LessOrEqual(t, w.Work(), mostSilenceWork+100)
	require.Greater(t, w.Work(), mostSilenceWork/4)
}

// TestWorstServerBans: the entries that each change of a nick or real name is compared with are bounded together.
func TestWorstServerBans(t *testing.T) {
	w := newCrowd(t, 20)
	set := 0
	for i := range mostWildBans {
		_, refusal := w.try(0, &AddBan{Action: BanConnect, Target: fmt.Sprintf("*a?*!*b?*@*e?%d*x?*m?*", i)})
		if refusal != nil {
			require.Equal(t, BansFull, refusal.Code)
			break
		}
		set++
	}
	require.Greater(t, set, 500)
	require.Less(t, set, mostWildBans)
	_, refusal := w.try(0, &AddBan{Action: BanConnect, Target: "192.0.9.9"})
	require.Nil(t, refusal, "an entry that the index finds")
	w.within(5, "NICK", &ChangeNick{Nick: "another"})
	w.within(5, "SETNAME", &SetRealname{Text: "another"})
	work := w.bans.wildWork
	for i := range set {
		w.must(0, &RemoveBan{Action: BanConnect, Target: fmt.Sprintf("*a?*!*b?*@*e?%d*x?*m?*", i)})
	}
	require.Positive(t, work)
	require.Zero(t, w.bans.wildWork)
}

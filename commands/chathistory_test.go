package commands

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

var (
	msgidTag = regexp.MustCompile(`msgid=([^; ]+)`)
	saidText = regexp.MustCompile(` (?:PRIVMSG|NOTICE) \S+ :(.*)`)
)

// asks sends a CHATHISTORY command and tells the texts in the answer, and their ids.
func asks(g *stage, a *actor, command string) (texts, ids []string) {
	a.take()
	g.say(a, "CHATHISTORY "+command)
	for _, line := range a.take() {
		require.NotContains(g.t, line, "FAIL", command)
		if m := saidText.FindStringSubmatch(line); m != nil {
			texts = append(texts, m[1])
			ids = append(ids, msgidTag.FindStringSubmatch(line)[1])
		}
	}
	return texts, ids
}

// TestHistoryByMessageID: the same questions for every message of a channel; ids that a script would have to know
// cannot stand in one.
func TestHistoryByMessageID(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[history]\nlines_per_request = 6"))
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	bob := g.register("bob", connectOptions{addr: "127.0.0.1", caps: []string{"draft/chathistory", "batch", "message-tags", "server-time"}})
	g.say(alice, "JOIN #c")
	g.say(bob, "JOIN #c")
	var ids, all []string
	for i := range 6 { // all in one millisecond
		bob.take()
		g.say(alice, fmt.Sprint("PRIVMSG #c :", i))
		ids = append(ids, msgidTag.FindStringSubmatch(bob.take()[0])[1])
		all = append(all, fmt.Sprint(i))
	}
	texts, same := asks(g, bob, "LATEST #c * 6")
	require.Equal(t, all, texts)
	require.Equal(t, ids, same, "the ids with which they went out")
	ask := func(command string, args ...any) []string {
		got, _ := asks(g, bob, fmt.Sprintf(command, args...))
		return got
	}
	for i, id := range ids {
		for limit := range 5 {
			require.Equal(t, some(all[:i], limit, true), ask("BEFORE #c msgid=%s %d", id, limit))
			require.Equal(t, some(all[i+1:], limit, false), ask("AFTER #c msgid=%s %d", id, limit))
			require.Equal(t, some(all[i+1:], limit, true), ask("LATEST #c msgid=%s %d", id, limit))
			around := ask("AROUND #c msgid=%s %d", id, limit)
			require.Len(t, around, limit)
			if limit > 0 {
				require.Contains(t, around, all[i])
				require.Contains(t, strings.Join(all, ","), strings.Join(around, ","), "in one piece")
			}
			for j, other := range ids {
				low, high := min(i, j), max(i, j)
				want := some(all[low:high][min(1, high-low):], limit, i > j)
				require.Equal(t, want, ask("BETWEEN #c msgid=%s msgid=%s %d", id, other, limit))
			}
		}
	}
	require.Equal(t, []string{"0", "1"}, ask("BETWEEN #c timestamp=2025-12-31T00:00:00.000Z msgid=%s 6", ids[2]))
	require.Equal(t, []string{"1"}, ask("BETWEEN #c msgid=%s timestamp=2025-12-31T00:00:00.000Z 1", ids[2]))
	// A message that was never here is a place like any other: ids tell where they stand.
	place, ok := state.ParseEventID(ids[2])
	require.True(t, ok)
	place.Index = 7
	require.Equal(t, []string{"3"}, ask("AFTER #c msgid=%s 1", place.ID()))
	require.Equal(t, []string{"2"}, ask("BEFORE #c msgid=%s 1", place.ID()))
}

// some are at most limit of a list, its last ones if newest.
func some(list []string, limit int, newest bool) []string {
	if len(list) == 0 || limit == 0 {
		return nil
	}
	return cutTo(list, limit, newest)
}

// TestPagesToTheEnd: a client that scrolls up page by page sees every message once, also those of one millisecond.
func TestPagesToTheEnd(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[history]\nlines_per_request = 7\nlines_per_channel = 50"))
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	bob := g.register("bob", connectOptions{addr: "127.0.0.1", caps: []string{"draft/chathistory", "draft/event-playback", "batch", "message-tags"}})
	g.say(bob, "JOIN #c")
	g.say(alice, "JOIN #c")
	var want []string
	for i := range 40 {
		g.say(alice, fmt.Sprint("PRIVMSG #c :", i))
		g.say(alice, fmt.Sprint("TOPIC #c :", i))
		want = append(want, fmt.Sprint(i))
	}
	var got []string
	at := "*"
	for range 40 {
		bob.take()
		if at == "*" {
			g.say(bob, "CHATHISTORY LATEST #c * 7")
		} else {
			g.say(bob, "CHATHISTORY BEFORE #c msgid="+at+" 7")
		}
		lines := bob.take()
		page, first := []string(nil), ""
		for _, line := range lines {
			if id := msgidTag.FindStringSubmatch(line); id != nil && first == "" {
				first = id[1]
			}
			if m := saidText.FindStringSubmatch(line); m != nil {
				page = append(page, m[1])
			}
		}
		if len(lines) == 2 {
			break // an empty batch
		}
		got, at = append(page, got...), first
	}
	require.Equal(t, want, got)
}

// TestLongPagesGiveWay: a page of long lines is not made under one hold of the lock, and costs what it is.
func TestLongPagesGiveWay(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[history]\nlines_per_request = 1000\nlines_per_channel = 1000\ntotal_size = \"64MiB\""))
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	bob := g.register("bob", connectOptions{addr: "127.0.0.1", caps: []string{"draft/chathistory", "batch", "labeled-response"}})
	g.say(alice, "JOIN #c")
	g.say(bob, "JOIN #c")
	for range 1000 {
		g.say(alice, "PRIVMSG #c :"+strings.Repeat("x", 400))
	}
	bob.take()
	call := &Call{Client: bob.client, message: parsed(t, "CHATHISTORY LATEST #c * 1000"), command: table["CHATHISTORY"]}
	call.beginBill()
	bob.conn.awaited = 0
	runChathistory(call)
	call.endTurn()
	require.Len(t, bob.take(), 1002)
	require.Greater(t, bob.conn.awaited, 10)
	require.GreaterOrEqual(t, call.due(call.out.said)+call.paid, 1000.0/linesPerUnit)
	g.say(bob, "@label=x CHATHISTORY LATEST #c * 1000")
	lines := bob.take()
	require.Len(t, lines, 1002)
	require.True(t, strings.HasPrefix(lines[0], "@label=x :irc.test BATCH +"), lines[0])
}

// TestManyTargetsGiveWay: neither are many conversations looked at under one hold of the lock, nor told.
func TestManyTargetsGiveWay(t *testing.T) {
	const talks = 3*pageItems - 7
	g := newStage(t, mergeConfig(testConfig, "[history]\nlines_per_request = 1000"))
	conn := &pagedConn{memoryConn: memoryConn{addr: addrOf("192.0.2.1"), stirred: g.stirred}, first: func() {}}
	client, _ := g.server.Open(conn)
	for _, line := range []string{"CAP REQ :batch draft/chathistory", "NICK asker", "USER u 0 * :U", "CAP END"} {
		client.Line([]byte(line))
	}
	s := g.server.state
	own := s.PartyOf(s.User("asker"))
	for i := range talks {
		peer := state.NewParty(state.AccountID(i+1), 0)
		at := state.Position{Elapsed: int64(i+1) * int64(time.Second), Order: uint64(i + 1)}
		g.history.Append(&state.Line{Position: at, Verb: "PRIVMSG", Source: fmt.Sprintf("peer%d!u@h", i), From: peer, Target: "asker", Params: []string{"x"}},
			state.PairBuffer(own, peer))
	}
	conn.lines = nil
	client.Line([]byte("CHATHISTORY TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 1000"))
	require.Len(t, conn.lines, 1+talks+1)
	require.Contains(t, conn.lines[talks], fmt.Sprintf(" CHATHISTORY TARGETS peer%d ", talks-1))
	require.Equal(t, []int{0, 0, 0, 1 + pageItems, 1 + 2*pageItems}, conn.pages)
}

// TestPastOfMultilineAndRedacted: in the shape that each client knows.
func TestPastOfMultilineAndRedacted(t *testing.T) {
	g := newStage(t, testConfig)
	know := func(name string, names ...string) *actor {
		a := g.register(name, connectOptions{addr: "127.0.0.1", caps: names})
		g.say(a, "JOIN #c")
		return a
	}
	common := []string{"draft/chathistory", "batch", "message-tags", "server-time", "account-tag"}
	plain := know("plain", "draft/chathistory")
	tagged := know("tagged", common...)
	all := know("all", append(common, "draft/multiline", "draft/message-redaction")...)
	channel := state.ChannelBuffer(g.server.state.Channel("#c").ID())
	at := state.Position{Elapsed: 1_767_268_800_000_000_000, Order: 1000}
	g.history.Append(&state.Line{
		Position: at, Verb: "PRIVMSG", Source: "a!b@c", Account: "Ann", Tags: []state.Tag{{Key: "+t", Value: "v"}},
		Parts: []state.TextPart{{Text: "one"}, {Text: ""}, {Text: "two "}, {Text: "three", Concat: true}},
	}, channel)
	at.Order++
	g.history.Append(&state.Line{Position: at, Verb: "PRIVMSG", Source: "a!b@c", Params: []string{"secret"}}, channel)
	require.True(t, g.history.Redact(channel, at, state.Redaction{Time: at.Elapsed + 5_000_000_000, Source: "op!o@o", Account: "Op", Reason: "so there"}))
	at.Order++
	g.history.Append(&state.Line{Position: at, Verb: "NOTICE", Source: "a!b@c", Params: []string{"secret"}}, channel)
	require.True(t, g.history.Redact(channel, at, state.Redaction{Time: at.Elapsed + 6_000_000_000, Source: "a!b@c"}))
	at.Order++
	g.history.Append(&state.Line{Position: at, Verb: "PRIVMSG", Source: "a!b@c", Params: []string{"last"}}, channel)

	page := func(a *actor, limit int) []string {
		a.take()
		g.say(a, fmt.Sprint("CHATHISTORY LATEST #c * ", limit))
		return a.take()
	}
	require.Equal(t, []string{
		":a!b@c PRIVMSG #c :one", ":a!b@c PRIVMSG #c :two ", ":a!b@c PRIVMSG #c :three", ":a!b@c PRIVMSG #c :last",
	}, page(plain, 2), "redacted messages do not count for who is not shown them")
	const first, second, third, fourth = "3239J71MK600000000007Q0000", "3239J71MK600000000007Q8000", "3239J71MK600000000007QG000", "3239J71MK600000000007QO000"
	const time = "time=2026-01-01T12:00:00.000Z"
	require.Equal(t, []string{
		":irc.test BATCH +1 chathistory #c",
		"@batch=1;" + time + ";account=Ann;msgid=" + first + ";+t=v :a!b@c PRIVMSG #c :one",
		"@batch=1;" + time + ";account=Ann;+t=v :a!b@c PRIVMSG #c :two ",
		"@batch=1;" + time + ";account=Ann;+t=v :a!b@c PRIVMSG #c :three",
		"@batch=1;" + time + ";msgid=" + fourth + " :a!b@c PRIVMSG #c :last",
		":irc.test BATCH -1",
	}, page(tagged, 10))
	require.Equal(t, []string{
		":irc.test BATCH +1 chathistory #c",
		"@batch=1;" + time + ";account=Ann;msgid=" + first + ";+t=v :a!b@c BATCH +2 draft/multiline #c",
		"@batch=2 :a!b@c PRIVMSG #c :one",
		"@batch=2 :a!b@c PRIVMSG #c :",
		"@batch=2 :a!b@c PRIVMSG #c :two ",
		"@batch=2;draft/multiline-concat :a!b@c PRIVMSG #c :three",
		"@batch=1 :irc.test BATCH -2",
		"@batch=1;" + time + ";msgid=" + second + " :a!b@c PRIVMSG #c :(deleted)",
		"@batch=1;time=2026-01-01T12:00:05.000Z;account=Op;draft/chathistory-context :op!o@o REDACT #c " + second + " :so there",
		"@batch=1;" + time + ";msgid=" + third + " :a!b@c NOTICE #c :(deleted)",
		"@batch=1;time=2026-01-01T12:00:06.000Z;draft/chathistory-context :a!b@c REDACT #c " + third,
		"@batch=1;" + time + ";msgid=" + fourth + " :a!b@c PRIVMSG #c :last",
		":irc.test BATCH -1",
	}, page(all, 4), "a REDACT does not count")
	g.say(plain, "HISTORY #c")
	require.Equal(t, []string{
		":irc.test NOTICE #c :The last 2 messages in #c (times in UTC):",
		":irc.test NOTICE #c :[2026-01-01 12:00:00] <a> one",
		":irc.test NOTICE #c :[2026-01-01 12:00:00] <a> two ",
		":irc.test NOTICE #c :[2026-01-01 12:00:00] <a> three",
		":irc.test NOTICE #c :[2026-01-01 12:00:00] <a> last",
		":irc.test NOTICE #c :End of history",
	}, plain.take())
}

// TestRedactWhatIsNotHeard: what the other side has silenced can be taken back like all else.
func TestRedactWhatIsNotHeard(t *testing.T) {
	g := newStage(t, testConfig)
	caps := []string{"draft/chathistory", "batch", "message-tags", "server-time", "draft/message-redaction", "echo-message"}
	alice := g.register("alice", connectOptions{addr: "127.0.0.1", caps: caps})
	bob := g.register("bob", connectOptions{addr: "127.0.0.1", caps: caps})
	g.say(bob, "SILENCE +alice!*@*")
	bob.take()
	g.say(alice, "PRIVMSG bob :oops")
	said, ids := asks(g, alice, "LATEST bob * 5")
	require.Equal(t, []string{"oops"}, said)
	g.say(alice, "REDACT bob "+ids[0])
	require.Len(t, alice.take(), 1)
	require.Empty(t, bob.take())
	said, _ = asks(g, alice, "LATEST bob * 5")
	require.Equal(t, []string{redactedText}, said)
}

func FuzzParseSelection(f *testing.F) {
	for _, seed := range []string{
		"LATEST #c * 50", "before bob msgid=3239J71MK60000000000018000 1", "BETWEEN a timestamp=2026-01-01T12:00:60.000Z msgid= 0",
		"TARGETS timestamp=0000-01-01T00:00:00.000Z timestamp=9999-12-31T23:59:59.999Z 5", "", "x", "AROUND = = =",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		params := strings.Split(line, " ")
		q, bad := parseSelection(params, 100)
		require.Equal(t, q == nil, bad != nil)
		if bad != nil {
			require.NotEmpty(t, bad.code)
			require.NotEmpty(t, bad.text)
			return
		}
		require.Contains(t, historyForms, q.verb)
		require.LessOrEqual(t, q.most, 100)
		require.GreaterOrEqual(t, q.most, 0)
		q.locate(state.New())
		for _, r := range []reference{q.from, q.until} {
			require.LessOrEqual(t, r.first.Compare(r.last), 0)
			require.True(t, r.any || r == reference{} || !r.first.IsZero())
		}
	})
}

// FuzzParseServerTime: what is read is what the server would write.
func FuzzParseServerTime(f *testing.F) {
	f.Add("2026-01-01T12:00:00.000Z")
	f.Add("2012-06-30T23:59:60.419Z")
	f.Add("1678-01-01T00:00:00.000Z")
	f.Fuzz(func(t *testing.T, text string) {
		nanoseconds, ok := parseServerTime(text)
		if ok && text > "1678" && text < "2262" && text[17:19] != "60" {
			require.Equal(t, text, serverTime(nanoseconds))
		}
	})
}

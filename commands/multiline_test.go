package commands

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
	"bavard/wire"
)

// TestEveryMultilineShape: one message of several lines, and a recipient for every set of the capabilities that matter.
func TestEveryMultilineShape(t *testing.T) {
	g := newStage(t, testConfig+operConfig)
	actor := g.register("actor", connectOptions{addr: "127.0.0.1", caps: []string{"message-tags", "batch", "draft/multiline"}})
	g.logIn(actor, "acct")
	quickly(actor, "OPER root secret", "MODE actor +B", "JOIN #c")
	matter := append(slices.Clone(tagCapabilities), "batch", "draft/multiline")
	var all []*actorWith
	for set := range 1 << len(matter) {
		all = append(all, g.recipient(set, matter))
	}
	for _, r := range all {
		r.take()
	}
	quickly(actor, "@+x=y;other=z BATCH +1 draft/multiline #c", "@batch=1 PRIVMSG #c :", "@batch=1 PRIVMSG #c :one ", "@batch=1;draft/multiline-concat PRIVMSG #c :two", "@batch=1 PRIVMSG #c :three", "BATCH -1")
	order := strconv.FormatUint(g.server.state.Order(), 36)
	first := ""
	for _, r := range all {
		got := r.take()
		shown := "[" + strings.Join(r.caps.names(), " ") + "]"
		say := func(text string) string { return ":actor!actor@127.0.0.1 PRIVMSG #c :" + text }
		want := []string{say("one "), say("two"), say("three")}
		inner := map[string]string{}
		if r.caps.hasName("batch") && r.caps.hasName("draft/multiline") {
			inner["batch"] = "M" + order
			want = []string{":actor!actor@127.0.0.1 BATCH +M" + order + " draft/multiline #c", say(""), say("one "), say("two"), say("three"), ":irc.test BATCH -M" + order}
		}
		require.Len(t, got, len(want), "%s: %q", shown, got)
		for i, line := range got {
			m := (&judge{blame: t.Errorf}).parse(line)
			require.True(t, strings.HasSuffix(line, want[i]), "%s: %q, not %q", shown, line, want[i])
			tags := inner
			switch whole := len(inner) > 0; {
			case i == 0:
				tags = r.tagsOf(shapeLine{text: want[i], clientTags: "+x=y", message: true}, m.tags["msgid"])
				if id := m.tags["msgid"]; id != "" {
					first = id
					p, ok := state.ParseEventID(id)
					require.True(t, ok)
					require.Equal(t, order, strconv.FormatUint(p.Order, 36))
				}
			case !whole:
				tags = r.tagsOf(shapeLine{text: want[i], clientTags: "+x=y"}, "")
			case i == len(want)-1:
				tags = map[string]string{}
			case strings.HasSuffix(line, ":two"):
				tags = map[string]string{"batch": inner["batch"], concatTag: ""}
			}
			require.Equal(t, tags, m.tags, "%s: %s", shown, line)
			if id, has := m.tags["msgid"]; has {
				require.Equal(t, first, id)
			}
		}
	}
	g.settle()
}

func TestFitting(t *testing.T) {
	source, room := "n!u@h", wire.MaxLineBytes-len(":n!u@h PRIVMSG #c :\r\n")
	fit := func(texts ...string) []state.TextPart {
		var parts []state.TextPart
		for _, text := range texts {
			parts = append(parts, state.TextPart{Text: text})
		}
		out := fitting(parts, source, "PRIVMSG", "#c")
		for _, part := range out {
			line := wire.Append(nil, wire.Line{Source: source, Command: "PRIVMSG", Params: []string{"#c", part.Text}, Text: true})
			require.LessOrEqual(t, len(line), wire.MaxLineBytes)
			require.True(t, strings.HasSuffix(string(line), ":"+part.Text+"\r\n"), "nothing was cut off")
		}
		require.Equal(t, state.Paragraphs(parts), state.Paragraphs(out))
		return out
	}
	require.Len(t, fit(strings.Repeat("x", room), "", "y"), 3)
	require.Len(t, fit(strings.Repeat("x", room+1), "y"), 3)
	require.Len(t, fit(strings.Repeat("x", 2*room+1)), 3)
	parts := fit(strings.Repeat("x", room-8) + " and words")
	require.True(t, strings.HasSuffix(parts[0].Text, "x and "), parts[0].Text)
	fit(strings.Repeat("日", room))
	fit(strings.Repeat("\xff", 3*room)) // no UTF-8
	// A name that leaves no room does not lead to a loop.
	require.NotEmpty(t, fitting([]state.TextPart{{Text: strings.Repeat("é", 100)}}, strings.Repeat("n", 600), "PRIVMSG", "#c"))
}

// TestBatchKeepsLittle: what is kept of a line is its text, and no more than the bounds allow.
func TestBatchKeepsLittle(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.register("alice", connectOptions{caps: []string{"batch", "draft/multiline"}})
	quickly(a, "BATCH +1 draft/multiline "+strings.Repeat("x", 400))
	for range 1000 {
		quickly(a, "@batch=1 PRIVMSG "+strings.Repeat("x", 400)+" :"+strings.Repeat("y", 90))
	}
	require.Equal(t, []string{":irc.test FAIL BATCH MULTILINE_MAX_BYTES 4096 :Multiline batch max-bytes exceeded"}, a.take())
	require.Nil(t, a.client.collecting.collector)
	quickly(a, "BATCH -1")
	require.Nil(t, a.client.collecting)
}

// FuzzBatches sends batches, whole and broken, from clients of several kinds. The judges of the stage read all answers.
func FuzzBatches(f *testing.F) {
	f.Add([]byte("+1 m #a\n1  a one\n1c a two\n-1"))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30})
	f.Add([]byte{0, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 1, 9, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		g := newStage(t, testConfig+"[messages]\nmultiline_bytes = 60\nmultiline_lines = 4\nbatch_timeout = '10s'\n")
		people := []*actor{
			g.register("alice", connectOptions{addr: "127.0.0.1", caps: []string{"batch", "draft/multiline", "message-tags", "echo-message", "labeled-response"}}),
			g.register("bob", connectOptions{addr: "127.0.0.1", caps: []string{"batch", "draft/multiline"}}),
			g.register("carol", connectOptions{addr: "127.0.0.1"}),
		}
		for _, a := range people {
			quickly(a, "JOIN #a")
		}
		wait := func(d time.Duration) {
			for _, a := range people {
				a.conn.lastRead = g.now // nobody is taken for dead
			}
			g.wait(d)
		}
		labels := 0
		for at := 0; at+4 <= len(raw) && at < 400; at += 4 {
			a := people[int(raw[at])%2]
			if raw[at]%32 == 31 {
				wait(time.Duration(raw[at+1]%12) * time.Second)
				continue
			}
			line := batchLine(raw[at+1], raw[at+2], raw[at+3])
			if raw[at]%8 == 7 && !strings.HasPrefix(line, "@") {
				labels++
				line = fmt.Sprintf("@label=l%d %s", labels, line)
			}
			g.say(a, line)
			if b := a.client.collecting; b != nil && b.collector != nil {
				m := b.collector.(*multiline)
				require.LessOrEqual(t, len(m.lines), 4)
				require.LessOrEqual(t, m.bytes, 60)
				require.Equal(t, state.MultilineBytes(m.lines), m.bytes)
			}
		}
		// In the end everybody is heard, whatever was open, and every label has had its answer.
		wait(time.Minute)
		require.Empty(t, people[0].conn.judge.later)
		for _, a := range people {
			a.take()
			g.say(a, "PING :end")
			require.Equal(t, []string{":irc.test PONG irc.test :end"}, a.take())
		}
		require.NotContains(t, g.logged.String(), "panic")
	})
}

// batchLine is a line of a batch, or one that comes in between.
func batchLine(what, tag, text byte) string {
	pick := func(n byte, list ...string) string { return list[int(n)%len(list)] }
	reference := pick(tag, "1", "1", "1", "2", "bad_one", "", "-")
	target := pick(text, "#a", "#a", "#A", "bob", "@#a", "#nowhere", "#a,bob", "")
	said := pick(text/8, "one", "two words", "", "\x01VERSION\x01", "é", strings.Repeat("x", 30), strings.Repeat("y", 505), "\xff", "a\x00b")
	switch what % 10 {
	case 0, 1:
		return "BATCH +" + reference + " draft/multiline " + target
	case 2, 3:
		return "BATCH -" + reference
	case 4:
		return "@batch=" + reference + ";draft/multiline-concat PRIVMSG " + target + " :" + said
	case 5:
		return "@batch=" + reference + " NOTICE " + target + " :" + said
	case 6:
		return pick(tag, "PING :x", "PRIVMSG #a :outside", "BATCH", "NONSENSE", "@+x=y;batch="+reference+" PRIVMSG "+target+" :"+said, "CAP REQ :-draft/multiline", "CAP REQ draft/multiline",
			"@batch="+reference, "@batch="+reference+" BATCH +2 draft/multiline #a", "NOTICE #a :outside")
	}
	return "@batch=" + reference + " PRIVMSG " + target + " :" + said
}

// TestHistoryOfMultilineInParts: what pastes have filled does not disconnect who looks at it, nor who only joins.
func TestHistoryOfMultilineInParts(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.register("alice", connectOptions{addr: "127.0.0.1", caps: []string{"batch", "draft/multiline"}})
	quickly(a, "JOIN #c", "MODE #c +H 50")
	for range 50 {
		quickly(a, "BATCH +1 draft/multiline #c")
		for range 100 {
			quickly(a, "@batch=1 PRIVMSG #c :x")
		}
		quickly(a, "BATCH -1")
	}
	require.Empty(t, slices.DeleteFunc(a.take(), func(line string) bool { return !strings.Contains(line, "FAIL") }))
	for _, caps := range [][]string{{"batch", "draft/multiline", "server-time"}, {"server-time"}, {}} {
		b := g.register(fmt.Sprintf("bob%d", len(caps)), connectOptions{addr: "127.0.0.1", caps: caps})
		quickly(b, "JOIN #c")
		bytes := 0
		for _, line := range b.take() {
			bytes += len(line) + 2
		}
		require.Greater(t, bytes, 4<<10)
		require.Less(t, bytes, 32<<10, "the smallest send queue")
	}
	b := g.register("carol", connectOptions{addr: "127.0.0.1"})
	quickly(b, "JOIN #c")
	b.take()
	b.conn.awaited = 0
	quickly(b, "HISTORY #c 50")
	require.Len(t, b.take(), 50*100+2)
	require.Greater(t, b.conn.awaited, 3)
}

func TestLatestWithin(t *testing.T) {
	lines := []state.Line{{Source: "a"}, {Source: "b"}, {Source: "c"}}
	one := roughBytes(&lines[0])
	require.Equal(t, lines, latestWithin(lines, 3*one))
	require.Equal(t, lines[1:], latestWithin(lines, 3*one-1))
	require.Equal(t, lines[2:], latestWithin(lines, 1), "one at least")
	require.Empty(t, latestWithin(nil, 1))
}

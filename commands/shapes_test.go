package commands

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shapeRow is one thing that happens in a channel, and what it looks like for who has which capabilities.
type shapeRow struct {
	name string
	// caps are those that change it, besides those that add tags to any line; all others make no difference.
	caps []string
	// prepare is said by the actor before he enters the channel, inside when he is there, and then do, which is looked at.
	prepare, inside []string
	// member is said by every recipient once he is in the channel.
	member []string
	// before is said, in one go, with do.
	before  []string
	do      string
	outside bool // he is not in the channel before
	// want are the lines for a member with these capabilities.
	want func(has func(string) bool, nick string) []shapeLine
}

// shapeLine is a line without the tags that servers add; clientTags are those that the actor has put on it.
type shapeLine struct {
	text, clientTags string
	// message: it has an id. plain: it is a numeric, which has no tags at all.
	message, plain bool
	// caused: it is a numeric that the actor has caused, and has his tags. https://ircv3.net/specs/extensions/account-tag
	caused bool
	// inBatch: it has no other tags but those of the batch.
	inBatch bool
	// tag is one more that comes with a capability: that, its key, its value.
	tag [3]string
}

// tagCapabilities add tags to any line.
var tagCapabilities = []string{"message-tags", "server-time", "account-tag", "draft/oper-tag"}

// toAll is a shape that no capability but those of tags changes.
func toAll(lines ...shapeLine) func(func(string) bool, string) []shapeLine {
	return func(func(string) bool, string) []shapeLine { return lines }
}

// onlyWith is for lines that come with one capability.
func onlyWith(capability string, lines ...shapeLine) func(func(string) bool, string) []shapeLine {
	return func(has func(string) bool, _ string) []shapeLine {
		if has(capability) {
			return lines
		}
		return nil
	}
}

func joinShape(has func(string) bool) shapeLine {
	if has("extended-join") {
		return shapeLine{text: ":actor!actor@127.0.0.1 JOIN #c acct :Actor"}
	}
	return shapeLine{text: ":actor!actor@127.0.0.1 JOIN #c"}
}

// shapeRows: the actor is called actor, is logged in as acct, and is an IRC operator and a bot.
var shapeRows = []shapeRow{
	{name: "PRIVMSG", do: "@+x=y;label=l;other=z PRIVMSG #c :hi", want: toAll(shapeLine{text: ":actor!actor@127.0.0.1 PRIVMSG #c :hi", clientTags: "+x=y", message: true})},
	{name: "NOTICE", do: "@+x NOTICE #c :hi", want: toAll(shapeLine{text: ":actor!actor@127.0.0.1 NOTICE #c :hi", clientTags: "+x", message: true})},
	{name: "TAGMSG", do: "@+typing=active TAGMSG #c", want: onlyWith("message-tags", shapeLine{text: ":actor!actor@127.0.0.1 TAGMSG #c", clientTags: "+typing=active", message: true})},
	{name: "JOIN", caps: []string{"extended-join", "away-notify"}, prepare: []string{"AWAY :gone"}, outside: true, do: "JOIN #c",
		want: func(has func(string) bool, _ string) []shapeLine {
			lines := []shapeLine{joinShape(has)}
			if has("away-notify") {
				lines = append(lines, shapeLine{text: ":actor!actor@127.0.0.1 AWAY :gone"})
			}
			return lines
		}},
	{name: "PART", do: "PART #c :bye", want: toAll(shapeLine{text: ":actor!actor@127.0.0.1 PART #c :bye"}, shapeLine{text: ":irc.test MODE #c +oq host host"})},
	{name: "QUIT", do: "QUIT :bye", want: toAll(shapeLine{text: ":actor!actor@127.0.0.1 QUIT :Quit: bye"}, shapeLine{text: ":irc.test MODE #c +oq host host"})},
	{name: "MODE", do: "MODE #c +v actor", want: toAll(shapeLine{text: ":actor!actor@127.0.0.1 MODE #c +v actor"})},
	{name: "TOPIC", do: "TOPIC #c :text", want: toAll(shapeLine{text: ":actor!actor@127.0.0.1 TOPIC #c :text"})},
	{name: "NICK", do: "NICK other", want: toAll(shapeLine{text: ":actor!actor@127.0.0.1 NICK :other"})},
	{name: "KICK", do: "KICK #c host :out", want: toAll(shapeLine{text: ":actor!actor@127.0.0.1 KICK #c host :out"})},
	{name: "AWAY", caps: []string{"away-notify"}, do: "AWAY :gone", want: onlyWith("away-notify", shapeLine{text: ":actor!actor@127.0.0.1 AWAY :gone"})},
	{name: "AWAY back", caps: []string{"away-notify"}, prepare: []string{"AWAY :gone"}, do: "AWAY", want: onlyWith("away-notify", shapeLine{text: ":actor!actor@127.0.0.1 AWAY"})},
	{name: "SETNAME", caps: []string{"setname"}, do: "SETNAME :New", want: onlyWith("setname", shapeLine{text: ":actor!actor@127.0.0.1 SETNAME :New"})},
	{name: "CHGHOST", caps: []string{"chghost", "extended-join", "away-notify"}, inside: []string{"AWAY :gone"}, do: "CHGHOST actor new.example",
		want: func(has func(string) bool, _ string) []shapeLine {
			if has("chghost") {
				return []shapeLine{{text: ":actor!actor@127.0.0.1 CHGHOST actor new.example"}}
			}
			back := joinShape(has)
			back.text = strings.Replace(back.text, "127.0.0.1", "new.example", 1)
			lines := []shapeLine{{text: ":actor!actor@127.0.0.1 QUIT :Changing host"}, back}
			if has("away-notify") {
				lines = append(lines, shapeLine{text: ":actor!actor@new.example AWAY :gone"})
			}
			return append(lines, shapeLine{text: ":irc.test MODE #c +oq actor actor"})
		}},
	{name: "ACCOUNT", caps: []string{"account-notify"}, do: "@login other", want: onlyWith("account-notify", shapeLine{text: ":actor!actor@127.0.0.1 ACCOUNT other"})},
	{name: "INVITE", caps: []string{"invite-notify"}, do: "INVITE guest #c", want: onlyWith("invite-notify", shapeLine{text: ":actor!actor@127.0.0.1 INVITE guest #c"})},
	{name: "REDACT", caps: []string{"draft/message-redaction"}, inside: []string{"PRIVMSG #c :hi"}, do: "REDACT #c {id} :why",
		want: onlyWith("draft/message-redaction", shapeLine{text: ":actor!actor@127.0.0.1 REDACT #c {id} :why"})},
	{name: "METADATA", caps: []string{"draft/metadata-2"}, member: []string{"METADATA * SUB url"}, do: "METADATA * SET url :x",
		want: onlyWith("draft/metadata-2", shapeLine{text: ":actor!actor@127.0.0.1 METADATA actor url * :x"})},
	{name: "multiline", caps: []string{"draft/multiline", "batch"}, before: []string{"@+x=y BATCH +b draft/multiline #c", "@batch=b PRIVMSG #c :one", "@batch=b;draft/multiline-concat PRIVMSG #c : and", "@batch=b PRIVMSG #c :"}, do: "BATCH -b",
		want: multilineShape},
	{name: "RELAYMSG", caps: []string{"draft/relaymsg"}, do: "@+x=y RELAYMSG #c a/b :hi",
		want: toAll(shapeLine{text: ":a/b!relay@irc.test PRIVMSG #c :hi", clientTags: "+x=y", message: true, tag: [3]string{"draft/relaymsg", "draft/relaymsg", "actor"}})},
	{name: "NPC", inside: []string{"MODE #c +E"}, do: "@+x=y NPC #c hero :hi",
		want: toAll(shapeLine{text: ":*hero*!actor@npc.fakeuser.invalid PRIVMSG #c :hi (actor)", clientTags: "+x=y", message: true})},
	{name: "SCENE", inside: []string{"MODE #c +E"}, do: "SCENE #c :dark",
		want: toAll(shapeLine{text: ":=Scene=!actor@npc.fakeuser.invalid PRIVMSG #c :dark (actor)", message: true})},
	{name: "RENAME", caps: []string{"draft/channel-rename", "extended-join", "no-implicit-names", "draft/read-marker"}, do: "RENAME #c #d :better",
		want: func(has func(string) bool, nick string) []shapeLine {
			if has("draft/channel-rename") {
				return []shapeLine{{text: ":actor!actor@127.0.0.1 RENAME #c #d :better"}}
			}
			join := ":" + nick + "!u@127.0.0.1 JOIN #d"
			if has("extended-join") {
				join += " * :U"
			}
			lines := []shapeLine{{text: ":" + nick + "!u@127.0.0.1 PART #c :better"}, {text: join}}
			if has("draft/read-marker") {
				lines = append(lines, shapeLine{text: ":irc.test MARKREAD #d *"})
			}
			if !has("no-implicit-names") {
				lines = append(lines, shapeLine{text: ":irc.test 366 " + nick + " #d :End of /NAMES list", plain: true})
			}
			return lines
		}},
}

// multilineShape: the tags are on the first line of the batch alone; who gets single lines has the time and the
// account on each, what the sender has added too, and the id on the first.
// https://ircv3.net/specs/extensions/multiline#fallback
func multilineShape(has func(string) bool, _ string) []shapeLine {
	text := func(words string) string { return ":actor!actor@127.0.0.1 PRIVMSG #c :" + words }
	if !has("draft/multiline") || !has("batch") {
		return []shapeLine{{text: text("one"), clientTags: "+x=y", message: true}, {text: text(" and"), clientTags: "+x=y"}}
	}
	return []shapeLine{
		{text: ":actor!actor@127.0.0.1 BATCH +REF draft/multiline #c", clientTags: "+x=y", message: true},
		{text: text("one"), inBatch: true}, {text: text(" and"), inBatch: true, tag: [3]string{"draft/multiline", "draft/multiline-concat", ""}},
		{text: text(""), inBatch: true}, {text: ":irc.test BATCH -REF", plain: true},
	}
}

// personalRows are what the actor says to each of them alone.
var personalRows = []shapeRow{
	{name: "to one: PRIVMSG", do: "@+x=y PRIVMSG {nick} :hi", want: toNick(shapeLine{text: ":actor!actor@127.0.0.1 PRIVMSG {nick} :hi", clientTags: "+x=y", message: true})},
	{name: "to one: NOTICE", do: "NOTICE {nick} :hi", want: toNick(shapeLine{text: ":actor!actor@127.0.0.1 NOTICE {nick} :hi", message: true})},
	{name: "to one: TAGMSG", do: "@+x=y TAGMSG {nick}", want: func(has func(string) bool, nick string) []shapeLine {
		if !has("message-tags") {
			return nil
		}
		return toNick(shapeLine{text: ":actor!actor@127.0.0.1 TAGMSG {nick}", clientTags: "+x=y", message: true})(has, nick)
	}},
	{name: "to one: INVITE", inside: []string{"JOIN #e"}, do: "INVITE {nick} #e", want: toNick(shapeLine{text: ":actor!actor@127.0.0.1 INVITE {nick} #e"})},
}

// toNick is a line that names its recipient.
func toNick(l shapeLine) func(func(string) bool, string) []shapeLine {
	return func(_ func(string) bool, nick string) []shapeLine {
		named := l
		named.text = strings.ReplaceAll(l.text, "{nick}", nick)
		return []shapeLine{named}
	}
}

// watching is said by who sees the actor in no channel.
var watching = []string{"PART #c", "MONITOR + actor"}

// watcherRows are what those are told who watch the actor and share no channel with him.
// https://ircv3.net/specs/extensions/extended-monitor
var watcherRows = []shapeRow{
	{name: "watched PRIVMSG", member: watching, do: "PRIVMSG #c :hi", want: toAll()},
	{name: "watched AWAY", caps: []string{"away-notify", "extended-monitor"}, member: watching, do: "AWAY :gone", want: withBoth("away-notify", ":actor!actor@127.0.0.1 AWAY :gone")},
	{name: "watched SETNAME", caps: []string{"setname", "extended-monitor"}, member: watching, do: "SETNAME :New", want: withBoth("setname", ":actor!actor@127.0.0.1 SETNAME :New")},
	{name: "watched ACCOUNT", caps: []string{"account-notify", "extended-monitor"}, member: watching, do: "@login other", want: withBoth("account-notify", ":actor!actor@127.0.0.1 ACCOUNT other")},
	{name: "watched CHGHOST", caps: []string{"chghost", "extended-monitor"}, member: watching, do: "CHGHOST actor new.example", want: withBoth("chghost", ":actor!actor@127.0.0.1 CHGHOST actor new.example")},
	{name: "watched METADATA", caps: []string{"draft/metadata-2"}, member: append([]string{"METADATA * SUB url"}, watching...), do: "METADATA * SET url :x",
		want: onlyWith("draft/metadata-2", shapeLine{text: ":actor!actor@127.0.0.1 METADATA actor url * :x"})},
	{name: "watched NICK", member: watching, do: "NICK other", want: func(_ func(string) bool, nick string) []shapeLine {
		return []shapeLine{{text: ":irc.test 731 " + nick + " :actor", caused: true}}
	}},
}

// withBoth is for a line that takes a capability of its own and extended-monitor.
func withBoth(capability, text string) func(func(string) bool, string) []shapeLine {
	return func(has func(string) bool, _ string) []shapeLine {
		if has(capability) && has("extended-monitor") {
			return []shapeLine{{text: text}}
		}
		return nil
	}
}

// TestEveryShape: one line, and a recipient for every set of the capabilities that change it: each gets just its own
// shape. The capabilities that do not change it are spread among them, and make no difference.
func TestEveryShape(t *testing.T) {
	for _, row := range slices.Concat(shapeRows, personalRows, watcherRows) {
		t.Run(row.name, func(t *testing.T) {
			g := newStage(t, mergeConfig(testConfig+operConfig, "[roleplay]\nenabled = true\n"))
			g.register("guest", connectOptions{addr: "127.0.0.1"})
			actor := g.register("actor", connectOptions{addr: "127.0.0.1", caps: []string{"message-tags", "setname", "draft/metadata-2", "draft/relaymsg", "batch", "draft/multiline", "echo-message", "draft/message-redaction"}})
			g.register("host", connectOptions{addr: "127.0.0.1"})
			g.logIn(actor, "acct")
			quickly(actor, append([]string{"OPER root secret", "MODE actor +B"}, row.prepare...)...)
			if !row.outside {
				quickly(actor, "JOIN #c")
			}
			quickly(g.actor("host"), "JOIN #c")
			quickly(actor, row.inside...)
			said := ""
			for _, line := range actor.conn.lines {
				if m := (&judge{blame: t.Errorf}).parse(line); m.verb == "PRIVMSG" {
					said = m.tags["msgid"]
				}
			}
			matter := append(slices.Clone(tagCapabilities), row.caps...)
			var all []*actorWith
			for set := range 1 << len(matter) {
				all = append(all, g.recipient(set, matter))
			}
			for _, r := range all {
				quickly(r.actor, row.member...)
			}
			for _, r := range all {
				r.take()
			}
			alone := strings.Contains(row.do, "{nick}")
			if account, is := strings.CutPrefix(row.do, "@login "); is {
				g.logIn(actor, account)
			} else if !alone {
				quickly(actor, append(row.before, strings.ReplaceAll(row.do, "{id}", said))...)
			}
			id := ""
			for _, r := range all {
				if alone { // a message of his own
					id = ""
					quickly(actor, strings.ReplaceAll(row.do, "{nick}", r.name))
				}
				// The judge reads names; here they are many.
				r.conn.lines = slices.DeleteFunc(r.conn.lines, func(line string) bool { return strings.Contains(line, " 353 ") })
				want := row.want(r.caps.hasName, r.name)
				for i := range want {
					want[i].text = strings.ReplaceAll(want[i].text, "{id}", said)
				}
				r.requireShape(t, want, &id)
			}
			g.settle()
		})
	}
}

// actorWith is a recipient and what it has negotiated of what matters.
type actorWith struct {
	*actor
	caps capSet
}

func (s capSet) hasName(name string) bool { return s.has(capByName(name)) }

// quickly lets a client say lines without looking at the whole stage after each.
func quickly(a *actor, lines ...string) {
	for _, line := range lines {
		a.conn.judge.sent(line, false)
		a.client.Line([]byte(line))
	}
	a.client.Batch()
}

// recipient is a member of #c that has these of the capabilities that matter, and some of those that do not.
func (g *stage) recipient(set int, matter []string) *actorWith {
	name := fmt.Sprintf("r%d", set)
	a := g.open(name, "127.0.0.1", false, "")
	quickly(a, "CAP LS 302")
	var names []string
	for i, name := range matter {
		if set&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	for _, other := range a.conn.judge.offered {
		hash := fnv.New32()
		_, _ = fmt.Fprintf(hash, "%d %s", set, other)
		if !slices.Contains(matter, other) && hash.Sum32()>>8&1 == 0 {
			names = append(names, other)
		}
	}
	for _, line := range joinLines(names, 400) {
		quickly(a, "CAP REQ :"+line)
	}
	quickly(a, "NICK "+name, "USER u 0 * :U", "CAP END", "JOIN #c")
	require.NotNil(g.t, a.client.session, "%q", a.conn.lines)
	require.Empty(g.t, g.blamed)
	return &actorWith{a, a.client.capabilities()}
}

// requireShape compares what a recipient was told. id is the message's, the same for all of them.
func (a *actorWith) requireShape(t *testing.T, want []shapeLine, id *string) {
	t.Helper()
	shown := "[" + strings.Join(a.caps.names(), " ") + "]"
	got := a.take()
	require.Len(t, got, len(want), "%s: %q", shown, got)
	reference := ""
	for i, line := range got {
		m := (&judge{blame: t.Errorf}).parse(line)
		text := line[strings.Index(line, ":"):]
		if strings.HasPrefix(line, "@") {
			_, text, _ = strings.Cut(line, " ")
		}
		if ref, is := strings.CutPrefix(m.param(0), "+"); is && m.verb == "BATCH" {
			reference = ref
		}
		if reference != "" { // whatever it is called
			text = strings.ReplaceAll(text, reference, "REF")
			if m.tags["batch"] == reference {
				m.tags["batch"] = "REF"
			}
		}
		require.Equal(t, want[i].text, text, shown)
		require.Equal(t, a.tagsOf(want[i], m.tags["msgid"]), m.tags, "%s: %s", shown, line)
		if found, has := m.tags["msgid"]; has && i == 0 {
			if *id == "" {
				*id = found
			}
			require.Equal(t, *id, found, shown)
		}
	}
}

// tagsOf are the tags of a line for this recipient. What happens may have an id, too; a message must.
func (a *actorWith) tagsOf(l shapeLine, id string) map[string]string {
	tags := map[string]string{}
	put := func(capability, key, value string) {
		if a.caps.hasName(capability) {
			tags[key] = value
		}
	}
	switch {
	case l.plain:
		return tags
	case l.inBatch:
		tags["batch"] = "REF"
		put(l.tag[0], l.tag[1], l.tag[2])
		delete(tags, "")
		return tags
	}
	put("server-time", "time", "2026-01-01T12:00:00.000Z")
	put("znc.in/playback", "time", "2026-01-01T12:00:00.000Z")
	if l.message && id == "" {
		id = "an id"
	}
	if id != "" {
		put("message-tags", "msgid", id)
	}
	if l.clientTags != "" {
		key, value, _ := strings.Cut(l.clientTags, "=")
		put("message-tags", key, value)
	}
	if l.tag[0] != "" {
		put(l.tag[0], l.tag[1], l.tag[2])
	}
	if !strings.HasPrefix(l.text, ":actor!") && !l.caused {
		return tags
	}
	put("account-tag", "account", "acct")
	put("draft/oper-tag", "draft/oper", "")
	put("message-tags", "bot", "")
	return tags
}

// TestEveryEcho: what somebody says comes back to him with an echo and with a label, as far as he has asked for them.
func TestEveryEcho(t *testing.T) {
	matter := append(slices.Clone(tagCapabilities), "echo-message", "labeled-response", "batch")
	for _, verb := range []string{"PRIVMSG", "NOTICE"} {
		g := newStage(t, testConfig)
		for set := range 1 << len(matter) {
			a := g.recipient(set, matter)
			a.take()
			a.conn.judge.owed["l"] = 0
			quickly(a.actor, "@label=l;+x=y "+verb+" #c :own")
			got := a.take()
			labelled := a.caps.hasName("labeled-response") && a.caps.hasName("batch")
			if !a.caps.hasName("echo-message") {
				if labelled {
					require.Equal(t, []string{"@label=l :irc.test ACK"}, got)
				} else {
					require.Empty(t, got)
				}
				continue
			}
			require.Len(t, got, 1)
			m := (&judge{blame: t.Errorf}).parse(got[0])
			want := a.tagsOf(shapeLine{text: ":" + a.name, message: true}, m.tags["msgid"])
			if labelled {
				want["label"] = "l"
			}
			if a.caps.hasName("message-tags") {
				want["+x"] = "y"
			}
			require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(m.tags)), got[0])
			require.True(t, strings.HasSuffix(got[0], ":"+a.name+"!u@127.0.0.1 "+verb+" #c :own"), got[0])
			a.take()
		}
	}
}

// TestEveryOwnJoin: what somebody is told who joins, for every set of the capabilities that change it.
func TestEveryOwnJoin(t *testing.T) {
	matter := append(slices.Clone(tagCapabilities), "extended-join", "no-implicit-names", "multi-prefix", "userhost-in-names", "draft/read-marker")
	g := newStage(t, testConfig)
	host := g.register("host", connectOptions{addr: "127.0.0.1"})
	quickly(host, "JOIN #own", "MODE #own +v host", "TOPIC #own :text")
	for set := range 1 << len(matter) {
		a := g.recipient(set, matter)
		a.take()
		quickly(a.actor, "JOIN #own")
		join := shapeLine{text: ":" + a.name + "!u@127.0.0.1 JOIN #own"}
		if a.caps.hasName("extended-join") {
			join.text += " * :U"
		}
		want := []shapeLine{join}
		line := func(text string) {
			want = append(want, shapeLine{text: ":irc.test " + strings.ReplaceAll(text, "{me}", a.name), plain: true})
		}
		if a.caps.hasName("draft/read-marker") {
			want = append(want, shapeLine{text: ":irc.test MARKREAD #own *"})
		}
		line("332 {me} #own :text")
		line("333 {me} #own host!host@127.0.0.1 1767268800")
		if !a.caps.hasName("no-implicit-names") {
			names := "~host {me}"
			switch multi, long := a.caps.hasName("multi-prefix"), a.caps.hasName("userhost-in-names"); {
			case multi && long:
				names = "~@+host!host@127.0.0.1 {me}!u@127.0.0.1"
			case multi:
				names = "~@+host {me}"
			case long:
				names = "~host!host@127.0.0.1 {me}!u@127.0.0.1"
			}
			line("353 {me} = #own :" + names)
			line("366 {me} #own :End of /NAMES list")
		}
		id := ""
		a.requireShape(t, want, &id)
		quickly(a.actor, "PART #own")
	}
	require.Empty(t, g.blamed)
}

package commands

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the judge holds for lawful.

// gate is what makes a line lawful: one of these capabilities, or with a question mark a verb that the connection has
// just said; none at all is for everybody.
type gate []string

// tagGates are the tags of servers. Those of clients, with a plus, need message-tags.
var tagGates = map[string]gate{
	"time": {"server-time", "znc.in/playback"}, "batch": {"batch"}, "label": {"labeled-response"}, "account": {"account-tag"},
	"draft/oper": {"draft/oper-tag"}, "msgid": {"message-tags"}, "bot": {"message-tags"},
	"draft/chathistory-context": {"draft/chathistory", "znc.in/playback"},
	"draft/multiline-concat":    {"draft/multiline"}, "draft/relaymsg": {"draft/relaymsg"},
}

// valuedTags never stand without a value.
var valuedTags = []string{"time", "batch", "label", "account", "msgid", "draft/relaymsg"}

// verbGates has the verbs, except numerics, that a server may send.
var verbGates = map[string]gate{
	"TAGMSG": {"message-tags"}, "AWAY": {"away-notify"}, "RENAME": {"draft/channel-rename"}, "CHGHOST": {"chghost"}, "SETNAME": {"setname"},
	"ACCOUNT": {"account-notify"}, "BATCH": {"batch"}, "ACK": {"labeled-response"}, "REDACT": {"draft/message-redaction"},
	"MARKREAD": {"draft/read-marker"}, "METADATA": {"draft/metadata-2"}, "CHATHISTORY": {"draft/chathistory"}, "AUTHENTICATE": {"sasl"},
	"JOIN": {}, "PART": {}, "QUIT": {}, "NICK": {}, "MODE": {}, "TOPIC": {}, "KICK": {}, "INVITE": {}, "PRIVMSG": {}, "NOTICE": {}, "PING": {}, "PONG": {},
	"ERROR": {}, "CAP": {}, "WALLOPS": {}, "KILL": {}, "FAIL": {}, "WARN": {}, "NOTE": {}, "SILENCE": {},
}

// batchGates are the types of batch. One that only shows history as it was needs no more than batches.
var batchGates = map[string]gate{
	"labeled-response": {"labeled-response"}, "draft/multiline": {"draft/multiline"}, "chathistory": {"batch"},
	"draft/chathistory-targets": {"draft/chathistory"}, "metadata": {"draft/metadata-2", "?METADATA"}, "metadata-subs": {"draft/metadata-2", "?METADATA"},
	"draft/isupport": {"draft/extended-isupport"}, "znc.in/playback": {"znc.in/playback"},
}

// numericGates are the numerics that need a capability.
var numericGates = map[string]gate{
	"760": {"draft/metadata-2"}, "761": {"draft/metadata-2", "?METADATA"}, "766": {"?METADATA"}, "770": {"?METADATA"},
	"771": {"?METADATA"}, "772": {"?METADATA"}, "774": {"draft/metadata-2", "?METADATA"},
}

// failVerbs have standard replies by their own specification, for whoever says them.
// https://ircv3.net/specs/extensions/standard-replies#capabilities
var failVerbs = []string{
	"RENAME", "SETNAME", "METADATA", "CHATHISTORY", "REDACT", "MARKREAD", "BATCH", "RELAYMSG", "AUTHENTICATE", "REGISTER", "VERIFY",
}

// lawful reports whether the connection has one of a gate's capabilities.
func (j *judge) lawful(g gate) bool {
	return len(g) == 0 || slices.ContainsFunc(g, func(name string) bool {
		verb, answer := strings.CutPrefix(name, "?")
		return answer && j.asked[verb] || j.caps.has(capByName(name))
	})
}

// judgeTags: each was negotiated, the batch is open, the label was sent and has had no answer yet.
func (j *judge) judgeTags(m *told) {
	for key := range m.tags {
		g, known := tagGates[key]
		switch {
		case strings.HasPrefix(key, "+"):
			g = gate{"message-tags"}
		case !known:
			j.blame("an unknown tag %s: %q", key, m.line)
		case key == "batch" && j.batches[m.tags[key]].kind != "":
			continue // it was open before the capability went
		}
		if !j.lawful(g) {
			j.blame("%s has not asked for the tag %s: %q", j.nick, key, m.line)
		}
		if m.tags[key] == "" && slices.Contains(valuedTags, key) {
			j.blame("%s: the tag %s says nothing: %q", j.nick, key, m.line)
		}
	}
	if ref, in := m.tags["batch"]; in {
		m.batch = j.batches[ref].kind
		for b := j.batches[ref]; b.kind != ""; b = j.batches[b.outer] {
			m.past = m.past || b.kind == "chathistory"
		}
		if b, open := j.batches[ref]; open {
			b.lines++
			j.batches[ref] = b
		}
		if m.batch == "" {
			j.blame("%s has no open batch %s: %q", j.nick, ref, m.line)
		}
	}
	if label, answers := m.tags["label"]; answers {
		count, was := j.owed[label]
		if !was || count > 0 || m.batch != "" {
			j.blame("%s: the label %s stands where it should not (%d answers before): %q", j.nick, label, count, m.line)
		}
		j.owed[label]++
	}
	// https://ircv3.net/specs/extensions/server-time, https://ircv3.net/specs/extensions/message-ids
	if m.byPerson() && m.batch != "draft/multiline" && j.caps.has(capServerTime) && m.tags["time"] == "" {
		j.blame("%s is not told the time: %q", j.nick, m.line)
	}
	if id := m.tags["msgid"]; id != "" && j.ids != nil {
		j.ids.compare(j, id, m)
	}
}

func (j *judge) judgeNumeric(m *told) {
	if len(m.params) < 1 {
		j.blame("a numeric that names nobody: %q", m.line)
	}
	if g, gated := numericGates[m.verb]; gated && !j.lawful(g) {
		j.blame("%s has not asked for %s: %q", j.nick, m.verb, m.line)
	}
	switch m.verb {
	case "353":
		j.judgeNames(m)
	case "005": // https://ircv3.net/specs/extensions/extended-isupport
		if asked := j.caps.has(capExtendedISupport) && j.caps.has(capBatch); asked != (m.batch == "draft/isupport") {
			j.blame("%s is told of features in the other form: %q", j.nick, m.line)
		}
	}
}

// judgeNames: https://ircv3.net/specs/extensions/multi-prefix, https://ircv3.net/specs/extensions/userhost-in-names
func (j *judge) judgeNames(m *told) {
	for _, name := range strings.Fields(m.param(3)) {
		nick := strings.TrimLeft(name, "~&@%+")
		if len(name)-len(nick) > 1 && !j.caps.has(capMultiPrefix) {
			j.blame("%s has not asked for all prefixes: %q", j.nick, m.line)
		}
		if strings.Contains(nick, "!") != j.caps.has(capUserhostInNames) {
			j.blame("%s is told names in the other form: %q", j.nick, m.line)
		}
	}
}

func (j *judge) judgeVerb(m *told) {
	g, known := verbGates[m.verb]
	_, closing := j.batches[strings.TrimPrefix(m.param(0), "-")]
	switch {
	case !known:
		j.blame("an unknown verb: %q", m.line)
	case m.verb == "BATCH" && closing: // it was open before the capability went
	case !j.lawful(g):
		j.blame("%s has not asked for %s: %q", j.nick, m.verb, m.line)
	}
	switch m.verb {
	case "PRIVMSG", "NOTICE", "TAGMSG": // https://ircv3.net/specs/extensions/echo-message
		if j.live && !m.past && !j.asked["CHATHISTORY"] && m.from == j.nick && m.param(0) != j.nick && !j.caps.has(capEchoMessage) {
			j.blame("%s has not asked for an echo: %q", j.nick, m.line)
		}
	case "JOIN": // https://ircv3.net/specs/extensions/extended-join
		want := 1
		if j.caps.has(capExtendedJoin) {
			want = 3
		}
		if len(m.params) != want {
			j.blame("a JOIN with %d parameters: %q", len(m.params), m.line)
		}
	case "INVITE": // https://ircv3.net/specs/extensions/invite-notify
		if m.param(0) != j.nick && !j.lawful(gate{"invite-notify"}) {
			j.blame("%s has not asked for invitations of others: %q", j.nick, m.line)
		}
	case "ACK":
		if m.tags["label"] == "" {
			j.blame("an ACK of nothing: %q", m.line)
		}
	case "FAIL", "WARN", "NOTE":
		// Of a batch it comes when the time is up, or with another line.
		// https://ircv3.net/specs/extensions/client-batch#errors
		ours := m.param(1) == "INVALID_UTF8" || m.param(0) == "BATCH" && j.caps.has(capMultiline) || slices.Contains(failVerbs, m.param(0)) && j.asked[m.param(0)] || m.param(1) == "CHANNEL_RENAMED" && j.caps.has(capChannelRename)
		if !ours && !j.caps.has(capStandardReplies) || len(m.params) < 3 {
			j.blame("%s has not asked for standard replies: %q", j.nick, m.line)
		}
	case "ERROR": // https://ircv3.net/specs/extensions/batch#the-batch-verb
		for ref, b := range j.batches {
			if !j.within(m, ref) {
				j.blame("%s: the batch %s (%s) is open when the connection ends: %q", j.nick, ref, b.kind, m.line)
			}
		}
	case "CAP":
		j.judgeCap(m)
	case "BATCH":
		j.judgeBatch(m)
	}
}

// within reports whether a line is part of a batch, or of one nested in it.
func (j *judge) within(m *told, batch string) bool {
	for ref := m.tags["batch"]; ref != ""; ref = j.batches[ref].outer {
		if ref == batch {
			return true
		}
	}
	return false
}

// judgeCap: https://ircv3.net/specs/extensions/capability-negotiation
func (j *judge) judgeCap(m *told) {
	sub, list := m.param(1), m.param(len(m.params)-1)
	switch sub {
	case "NEW", "DEL":
		if !j.caps.has(capCapNotify) {
			j.blame("%s has not asked for cap-notify: %q", j.nick, m.line)
		}
	case "LS", "LIST", "ACK", "NAK":
	default:
		j.blame("an unknown subcommand: %q", m.line)
	}
	if values := sub == "LS" || sub == "NEW"; values && !j.version302 && strings.Contains(list, "=") || len(m.params) > 3 && !j.version302 {
		j.blame("%s does not know values or more lines: %q", j.nick, m.line)
	}
}

// judgeBatch: https://ircv3.net/specs/extensions/batch
func (j *judge) judgeBatch(m *told) {
	ref, opens := strings.CutPrefix(m.param(0), "+")
	if !opens {
		ref = strings.TrimPrefix(m.param(0), "-")
		b, is := j.batches[ref]
		if !is || b.outer != m.tags["batch"] {
			j.blame("%s: the end of a batch that was not begun so: %q", j.nick, m.line)
		}
		if b.kind == "labeled-response" && b.lines == 0 {
			j.blame("%s: a response of many lines has none: %q", j.nick, m.line)
		}
		delete(j.batches, ref)
		for _, inner := range j.batches {
			if inner.outer == ref && ref != "" {
				j.blame("%s: the inner batch ends later: %q", j.nick, m.line)
			}
		}
		return
	}
	kind := m.param(1)
	g, known := batchGates[kind]
	switch _, twice := j.batches[ref]; {
	case twice, ref == "", strings.Trim(strings.ToLower(ref), "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		j.blame("%s: the name of a batch is open already, or none: %q", j.nick, m.line)
	case !known:
		j.blame("an unknown type of batch: %q", m.line)
	case !j.lawful(g):
		j.blame("%s has not asked for batches of %s: %q", j.nick, kind, m.line)
	case kind == "labeled-response" && m.tags["label"] == "":
		j.blame("%s: the answer to nothing: %q", j.nick, m.line)
	}
	j.batches[ref] = openedBatch{kind: kind, outer: m.tags["batch"]}
}

// TestJudge: what it lets pass, and what it does not.
func TestJudge(t *testing.T) {
	for _, row := range []struct {
		caps  string
		lines []string
		bad   bool
	}{
		{"", []string{":a!a@h PRIVMSG #c :hi"}, false},
		{"", []string{":a!a@h TAGMSG #c"}, true},
		{"", []string{"@time=x :a!a@h PRIVMSG #c :hi"}, true},
		{"", []string{"@+typing=active :a!a@h PRIVMSG #c :hi"}, true},
		{"", []string{":a!a@h EXPLODE #c"}, true},
		{"", []string{":a!a@h JOIN #c * :Real"}, true},
		{"", []string{":s FAIL PRIVMSG NO :no"}, true},
		{"", []string{":s FAIL RENAME CANNOT_RENAME #a #b :no"}, true}, // he has said no RENAME
		{"", []string{":s FAIL PRIVMSG INVALID_UTF8 :no"}, false},
		{"", []string{":s CAP n NEW :x"}, true},
		{"", []string{":s CAP n LS :x=1"}, true},
		{"", []string{":s BATCH +a chathistory #c", ":s BATCH -a"}, true},
		{"", []string{":a!a@h INVITE other #c"}, true},
		{"", []string{":s 760 n x y z :v"}, true},
		{"", []string{":s 353 n = #c :@+a"}, true},
		{"", []string{":s 353 n = #c :a!b@c"}, true},
		{"", []string{":s ACK"}, true},
		{"", []string{"a\rb"}, true},
		{"", []string{":s NOTICE n :" + strings.Repeat("x", 600)}, true},
		{"extended-join", []string{":a!a@h JOIN #c"}, true},
		{"extended-join", []string{":a!a@h JOIN #c * :Real"}, false},
		{"server-time", []string{":a!a@h PRIVMSG #c :hi"}, true},
		{"message-tags", []string{"@x=1 :a!a@h PRIVMSG #c :hi"}, true},
		{"message-tags", []string{"@+x=1;+x=2 :a!a@h PRIVMSG #c :hi"}, true},
		{"message-tags", []string{"@+x=1;msgid=1 :a!a@h PRIVMSG #c :hi"}, false},
		{"message-tags", []string{"@msgid=1 :a!a@h PRIVMSG #c :hi", "@msgid=1 :a!a@h PRIVMSG #c :other"}, true},
		{"message-tags", []string{"@msgid=1 :a!a@h PRIVMSG #c :once:x", "@msgid=2 :a!a@h PRIVMSG #c :once:x"}, true},
		{"batch", []string{":s BATCH +a chathistory #c", "@batch=a :s NOTICE n :x", ":s BATCH -a"}, false},
		{"batch", []string{":s BATCH +a chathistory #c"}, true},
		{"batch", []string{":s BATCH -a"}, true},
		{"batch", []string{":s BATCH +a! chathistory #c", ":s BATCH -a!"}, true},
		{"batch", []string{"@batch=a :s NOTICE n :x"}, true},
		{"batch", []string{":s BATCH +a mine", ":s BATCH -a"}, true},
		{"batch", []string{":s BATCH +a chathistory #c", ":s BATCH +a chathistory #c", ":s BATCH -a"}, true},
		{"batch", []string{":s BATCH +a chathistory #c", "@batch=a :s BATCH +b chathistory #c", "@batch=a :s BATCH -b", ":s BATCH -a"}, false},
		{"batch", []string{":s BATCH +a chathistory #c", "@batch=a :s BATCH +b chathistory #c", ":s BATCH -b", ":s BATCH -a"}, true},
		{"batch", []string{":s BATCH +a chathistory #c", "@batch=a :s BATCH +b chathistory #c", ":s BATCH -a", "@batch=a :s BATCH -b"}, true},
		{"batch", []string{":s BATCH +a chathistory #c", "ERROR :x", ":s BATCH -a"}, true},
		{"batch", []string{":s BATCH +a chathistory #c", "@batch=a :s BATCH +b chathistory #c", "@batch=a ERROR :x", "@batch=a :s BATCH -b", ":s BATCH -a"}, true},
		{"batch", []string{":s BATCH +a chathistory #c", "@batch=a ERROR :x", ":s BATCH -a"}, false},
		{"batch labeled-response", []string{"@label=one :s ACK"}, false},
		{"batch labeled-response", []string{"@label=two :s ACK"}, true},
		{"batch labeled-response", []string{"@label=one :s ACK", "@label=one :s ACK"}, true},
		{"batch labeled-response", nil, true}, // an answer that does not come
		{"batch labeled-response", []string{"@label=one :s BATCH +a labeled-response", "@batch=a :s NOTICE n :x", ":s BATCH -a"}, false},
		{"batch labeled-response", []string{"@label=one :s BATCH +a labeled-response", ":s NOTICE n :x", ":s BATCH -a"}, true},
		{"account-tag", []string{"@account= :a!a@h PRIVMSG #c :hi"}, true},
		{"batch labeled-response", []string{":s BATCH +a labeled-response", ":s BATCH -a", "@label=one :s ACK"}, true},
	} {
		bad := []string{}
		j := newJudge(func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) })
		j.nick, j.ids = "n", newMessageIDs()
		for _, name := range strings.Fields(row.caps) {
			j.caps |= capByName(name)
		}
		j.sent("@label=one PRIVMSG #c :hi", true)
		for _, line := range row.lines {
			j.hear(line + "\r\n")
		}
		j.settled()
		require.Equal(t, row.bad, len(bad) > 0, "%q with %s: %q", row.lines, row.caps, bad)
	}
}

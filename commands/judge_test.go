package commands

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
	"bavard/wire"
)

// A judge reads what one connection is told, in its order, and blames every line that is not well formed or that the
// connection has not negotiated. One goroutine uses it. A nil
// judge reads nothing.
type judge struct {
	// blame is told of each violation.
	blame func(format string, args ...any)
	// ids are those that others have seen, too; nil: nobody compares.
	ids *messageIDs

	// live: no history is shown, so that what the connection reads of its own is an echo.
	live bool

	// heard counts verbs, and tags and types of batches.
	heard map[string]int

	nick       string // "" before the welcome
	caps       capSet
	offered    []string // as CAP LS, NEW and DEL have told; without sts, which nobody can ask for
	version302 bool
	batches    map[string]openedBatch
	// owed are the labels that were sent and how many answers each has had; strictly those that must have one.
	owed     map[string]int
	strictly map[string]string // the label's line
	later    map[string]bool   // labels of batches that the connection has begun: the answer comes at their end
	// asked are the verbs that it has said and that may not have been answered yet.
	asked map[string]bool
}

// openedBatch is a batch between its BATCH + and its BATCH -.
type openedBatch struct {
	kind, outer string
	lines       int
}

// told is a line, taken apart.
type told struct {
	line   string
	tags   map[string]string
	source string // as it stands there, "" for none
	from   string // its nick, or the server
	verb   string
	params []string
	batch  string // the type of the batch that it stands in
	past   bool   // it stands in a batch of history
}

func (m *told) param(i int) string {
	if i < len(m.params) {
		return m.params[i]
	}
	return ""
}

// byPerson: it tells what somebody has done, not what the server answers.
func (m *told) byPerson() bool { return strings.Contains(m.source, "!") }

func newJudge(blame func(format string, args ...any)) *judge {
	return &judge{blame: blame, batches: map[string]openedBatch{}, owed: map[string]int{}, strictly: map[string]string{}, later: map[string]bool{}, asked: map[string]bool{}, heard: map[string]int{}}
}

// gate is what makes a line lawful: one of these capabilities, or with a question mark a verb that the connection has just said;
// none at all is for everybody.
type gate []string

// tagGates are the tags of servers. Those of clients, with a plus, need message-tags.
var tagGates = map[string]gate{
	"time": {"server-time"}, "batch": {"batch"}, "label": {"labeled-response"}, "account": {"account-tag"},
	"draft/oper": {"draft/oper-tag"}, "msgid": {"message-tags"}, "bot": {"message-tags"},
	"draft/chathistory-context": {"draft/chathistory", "znc.in/playback"},
	"draft/multiline-concat":    {"draft/multiline"}, "draft/relaymsg": {"draft/relaymsg"},
}

// valuedTags never stand without a value.
var valuedTags = []string{"time", "batch", "label", "account", "msgid", "draft/relaymsg"}

// verbGates are the verbs that a server may say, but for numerics.
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

// lawful tells whether the connection has one of a gate's capabilities.
func (j *judge) lawful(g gate) bool {
	return len(g) == 0 || slices.ContainsFunc(g, func(name string) bool {
		verb, answer := strings.CutPrefix(name, "?")
		return answer && j.asked[verb] || j.caps.has(capByName(name))
	})
}

// sent notes what the connection says: its labels, and the version of CAP. strict: what it has negotiated cannot change before
// the answer.
func (j *judge) sent(line string, strict bool) {
	if j == nil {
		return
	}
	tags, rest := "", line
	if strings.HasPrefix(line, "@") {
		tags, rest, _ = strings.Cut(line[1:], " ")
	}
	words := strings.Fields(strings.ToUpper(rest))
	if len(words) > 0 {
		verb := words[0]
		if verb == "REN" { // the short form
			verb = "RENAME"
		}
		j.asked[verb] = true
	}
	if len(words) > 2 && words[0] == "CAP" && words[1] == "LS" {
		version, _ := strconv.Atoi(words[2]) // the largest number there is when it is larger
		if version >= 302 {
			j.version302 = true
			j.caps |= capCapNotify
		}
	}
	label := ""
	for _, tag := range strings.Split(tags, ";") {
		if value, is := strings.CutPrefix(tag, "label="); is {
			label = value
		}
	}
	if label == "" {
		return
	}
	j.owed[label] = 0
	able := j.caps.has(capBatch) && j.caps.has(capLabeledResponse)
	if len(words) > 0 && words[0] == "BATCH" {
		j.later[label] = true
	}
	inBatch := strings.Contains(";"+tags, ";batch=") || len(words) > 0 && words[0] == "BATCH" && !(j.caps.has(capMultiline) && strings.Contains(tags, batchLabel))
	if strict && able && !inBatch && len(label) <= mostLabelBytes && len(tags) < 1000 && len(line) <= wire.MaxLineBytes && !strings.ContainsAny(line, "\x00\r\n") {
		j.strictly[label] = line
	}
}

// settled is when all that was sent has been answered.
func (j *judge) settled() {
	if j == nil {
		return
	}
	for label, line := range j.strictly {
		if j.owed[label] != 1 {
			j.blame("%s had %d answers to %q", j.nick, j.owed[label], line)
		}
	}
	for ref, b := range j.batches {
		j.blame("%s: the batch %s (%s) is not closed", j.nick, ref, b.kind)
	}
	maps.DeleteFunc(j.owed, func(label string, answers int) bool { return answers > 0 || !j.later[label] })
	maps.DeleteFunc(j.later, func(label string, _ bool) bool { _, owed := j.owed[label]; return !owed })
	clear(j.strictly)
	clear(j.asked)
	clear(j.batches)
}

// hear judges a line, its end included, and learns from it. It is nil for what is no line.
func (j *judge) hear(text string) *told {
	if j == nil {
		return nil
	}
	line, ok := strings.CutSuffix(text, "\r\n")
	if !ok || strings.ContainsAny(line, "\r\n\x00") {
		j.blame("not one line: %q", text)
		return nil
	}
	m := j.parse(line)
	if m == nil {
		return nil
	}
	j.heard[m.verb]++
	for tag := range m.tags {
		j.heard["tag "+tag]++
	}
	if strings.HasPrefix(m.param(0), "+") && m.verb == "BATCH" {
		j.heard["batch "+m.param(1)]++
	}
	j.judgeTags(m)
	if numeric := len(m.verb) == 3 && strings.Trim(m.verb, "0123456789") == ""; numeric {
		j.judgeNumeric(m)
	} else {
		j.judgeVerb(m)
	}
	j.learn(m)
	return m
}

// parse takes a line apart in its own way, not in that of the program.
func (j *judge) parse(line string) *told {
	m := &told{line: line, tags: map[string]string{}}
	rest := line
	if strings.HasPrefix(line, "@") {
		tags, after, _ := strings.Cut(line[1:], " ")
		if len(tags)+2 > 8191 || tags == "" {
			j.blame("the tags have %d bytes: %q", len(tags), line)
		}
		for _, tag := range strings.Split(tags, ";") {
			key, value, _ := strings.Cut(tag, "=")
			if _, twice := m.tags[key]; twice || key == "" {
				j.blame("the tag %q is there twice, or has no name: %q", key, line)
			}
			m.tags[key] = value
		}
		rest = after
	}
	if len(rest)+2 > wire.MaxLineBytes {
		j.blame("%d bytes: %q", len(rest)+2, line)
	}
	if strings.HasPrefix(rest, ":") {
		m.source, rest, _ = strings.Cut(rest[1:], " ")
	}
	m.from, _, _ = strings.Cut(m.source, "!")
	head, text, trailing := strings.Cut(rest, " :")
	m.params = strings.Fields(head)
	if trailing {
		m.params = append(m.params, text)
	}
	if len(m.params) == 0 || len(m.params) > 16 {
		j.blame("not a command: %q", line)
		return nil
	}
	m.verb, m.params = m.params[0], m.params[1:]
	return m
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
		// Of a batch it comes when the time is up, or with another line. https://ircv3.net/specs/extensions/client-batch#errors
		ours := m.param(1) == "INVALID_UTF8" || m.param(0) == "BATCH" && j.caps.has(capMultiline) || slices.Contains(failVerbs, m.param(0)) && j.asked[m.param(0)] || m.param(1) == "CHANNEL_RENAMED" && j.caps.has(capChannelRename)
		if !ours && !j.caps.has(capStandardReplies) || len(m.params) < 3 {
			j.blame("%s has not asked for standard replies: %q", j.nick, m.line)
		}
	case "CAP":
		j.judgeCap(m)
	case "BATCH":
		j.judgeBatch(m)
	}
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

// learn follows the connection's name and what it has negotiated.
func (j *judge) learn(m *told) {
	switch m.verb {
	case "001":
		j.nick = m.param(0)
	case "NICK":
		if m.from == j.nick {
			j.nick = m.param(0)
		}
	case "CAP":
		switch m.param(1) {
		case "ACK":
			add, remove, ok := parseCaps(m.param(2), ^capSet(0))
			if !ok {
				j.blame("a capability that nobody knows: %q", m.line)
			}
			j.caps = j.caps&^remove | add
		case "LS", "NEW":
			for _, name := range strings.Fields(m.param(len(m.params) - 1)) {
				if name, _, _ = strings.Cut(name, "="); name != "sts" && !slices.Contains(j.offered, name) {
					j.offered = append(j.offered, name)
				}
			}
		case "DEL":
			for _, name := range strings.Fields(m.param(2)) {
				j.caps &^= capByName(name)
				j.offered = slices.DeleteFunc(j.offered, func(o string) bool { return o == name })
			}
		}
	}
}

// messageIDs are the ids that many connections have been told of: the same message has the same one for all.
type messageIDs struct {
	// mu is where the judges of all connections meet.
	mu sync.Mutex
	// said is what each id stands for, and of those texts that are unique, the id.
	said, unique map[string]string
}

func newMessageIDs() *messageIDs {
	return &messageIDs{said: map[string]string{}, unique: map[string]string{}}
}

// mostMessageIDs bounds a long soak.
const mostMessageIDs = 200_000

// uniqueText begins a text that is said once only.
const uniqueText = "once:"

// compare: an id is that of one text, and a text that is said once has one id.
func (x *messageIDs) compare(j *judge, id string, m *told) {
	what := m.from
	message := m.verb == "PRIVMSG" || m.verb == "NOTICE" || m.verb == "TAGMSG"
	if message {
		if !state.IsChannelName(m.param(0)) {
			what = "" // history shows private messages under the names that there are now
		}
		what += " " + m.verb + " " + m.param(1)
	} else if m.verb == "BATCH" {
		return // of a message whose lines have no id
	}
	if m.param(1) == redactedText {
		return // what has been taken back has its id still
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.said) > mostMessageIDs {
		clear(x.said)
		clear(x.unique)
	}
	if before, known := x.said[id]; known && before != what {
		j.blame("%s: the id of %q is that of %q", j.nick, what, before)
	}
	x.said[id] = what
	if message && strings.HasPrefix(m.param(1), uniqueText) {
		if before, known := x.unique[what]; known && before != id {
			j.blame("%s: %q has the ids %s and %s", j.nick, what, before, id)
		}
		x.unique[what] = id
	}
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

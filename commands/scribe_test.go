package commands

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// A scribe makes lines for the soak and the fuzzer. It reads the syntax of the table's rows and the tables of modes
// and capabilities, so that what is new in them is tried by itself.
type scribe struct {
	r *rand.Rand
	// people and channels are how many different nicks and channels it names.
	people, channels int
	// in are the channels that who speaks is in; it names these more often.
	in map[string]bool
	// home is the one that it names when it is in none; "": any.
	home string
	// params are those of the modes that it has just written.
	params []string
	// labels counts those that it has used, said the texts: each is new.
	labels, said int
	// ids are those of messages that who speaks has heard of.
	ids []string
	// masks are some that it writes often; none: only those that it makes itself.
	masks []string
}

// spared are verbs that would end the test with the server.
var spared = map[string]bool{"DIE": true, "RESTART": true}

// favourites are drawn more often than others: what makes the rest meaningful, and what people do.
var favourites = []string{"JOIN", "JOIN", "JOIN", "JOIN", "PRIVMSG", "PRIVMSG", "PRIVMSG", "MODE", "MODE", "NICK", "PART"}

// line is a line, mostly one that means something.
func (s *scribe) line() string {
	row := &verbs[s.r.IntN(len(verbs))]
	if s.one(3) {
		row = table[favourites[s.r.IntN(len(favourites))]]
	}
	if spared[row.verb] || (row.verb == "QUIT" || row.verb == "BYE") && !s.one(20) {
		row = table["PRIVMSG"]
	}
	line := s.written(row)
	switch {
	case s.one(10):
		line = "@+x=y;+typing=active;" + s.label() + " " + line
	case s.one(4):
		line = "@" + s.label() + " " + line
	case s.one(40):
		line = s.junk() + line
	case s.one(40):
		line += " " + s.junk()
	case s.one(40):
		line = strings.ToLower(line)
	}
	return line
}

// batchLabel begins the label of a batch that has an end; such a label must have an answer.
const batchLabel = "label=b"

// label is a tag that this scribe has not written before.
func (s *scribe) label() string {
	s.labels++
	return fmt.Sprintf("label=s%d", s.labels)
}

// multiline is a message of several lines to a target, mostly one that may be sent. Each of its texts has this
// beginning.
func (s *scribe) multiline(target, beginning string) (lines []string) {
	reference, verb := s.number(), s.pick("PRIVMSG", "NOTICE")
	ends, label := !s.one(20), s.label()
	if ends {
		label = strings.Replace(label, "label=s", batchLabel, 1)
	}
	lines = append(lines, s.pick("", "@+draft/reply=x ", "@"+label+" ")+"BATCH +"+reference+" draft/multiline "+target)
	for i := range s.r.IntN(5) {
		tags := "@batch=" + reference
		switch {
		case i > 0 && s.one(3):
			tags += ";draft/multiline-concat"
		case s.one(30):
			tags = s.pick("@batch=x", "@+x;batch="+reference, "@"+s.label())
		}
		text := beginning
		if text != "" {
			text += fmt.Sprintf(".%d ", i)
		}
		text += s.pick("a line", "\x01ACTION waves\x01", "\x02bold", strings.Repeat("long ", 80), "é ü 日本")
		if s.one(5) {
			text = s.pick("", "", " ", "\x01VERSION\x01", "\x0304", "\xff")
		}
		if s.one(50) {
			target, verb = s.pick(s.channel(), s.nick(), target+",x"), s.pick("NOTICE", "JOIN", "PRIVMSG", "BATCH")
		}
		lines = append(lines, tags+" "+verb+" "+target+" :"+text)
	}
	if !ends {
		return lines
	}
	return append(lines, s.pick("", "", "", "@"+s.label()+" ")+"BATCH -"+reference)
}

// one is true once in n times.
func (s *scribe) one(n int) bool { return s.r.IntN(n) == 0 }

func (s *scribe) pick(list ...string) string { return list[s.r.IntN(len(list))] }

// written is a line of this command, by its syntax: <value>, [what may be left out], {what may be repeated}, this |
// that.
func (s *scribe) written(row *command) string {
	s.params = nil
	line := s.expand(row.syntax)
	if line != row.verb && !strings.HasPrefix(line, row.verb+" ") {
		line = row.verb + " " + line // the later alternatives leave the verb out
	}
	return line
}

// expand makes a text of a piece of syntax.
func (s *scribe) expand(syntax string) string {
	// "A B | C D" are alternatives of the whole, "A|B C" of one word only.
	if choices := splitOutside(syntax, " | "); len(choices) > 1 {
		return s.expand(s.pick(choices...))
	}
	if words := splitOutside(syntax, " "); len(words) > 1 {
		for i, word := range words {
			words[i] = s.expand(word)
		}
		return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
	}
	if choices := splitOutside(syntax, "|"); len(choices) > 1 {
		return s.expand(s.pick(choices...))
	}
	var b strings.Builder
	for i := 0; i < len(syntax); {
		end := closing(syntax, i)
		if end == i {
			if syntax[i] != '.' {
				b.WriteByte(syntax[i])
			}
			i++
			continue
		}
		inner := syntax[i+1 : end]
		switch syntax[i] {
		case '<':
			b.WriteString(s.value(inner))
		case '[':
			if strings.Contains(inner, "<parameter>") || s.one(2) {
				b.WriteString(s.expand(inner))
			}
		case '{':
			for range s.r.IntN(3) {
				b.WriteString(s.expand(inner))
			}
		}
		i = end + 1
	}
	return b.String()
}

// closing is where the bracket at i closes, or i when there is none at i.
func closing(text string, i int) int {
	pairs := map[byte]byte{'<': '>', '[': ']', '{': '}'}
	shut, opens := pairs[text[i]]
	if !opens {
		return i
	}
	depth := 0
	for j := i; j < len(text); j++ {
		switch text[j] {
		case text[i]:
			depth++
		case shut:
			if depth--; depth == 0 {
				return j
			}
		}
	}
	return i
}

// splitOutside splits at a separator that stands in no bracket.
func splitOutside(text, separator string) (parts []string) {
	start := 0
	for i := 0; i < len(text); i++ {
		if end := closing(text, i); end > i {
			i = end
		} else if strings.HasPrefix(text[i:], separator) {
			parts = append(parts, text[start:i])
			start = i + len(separator)
			i = start - 1
		}
	}
	return append(parts, text[start:])
}

// value is something for <name>.
func (s *scribe) value(name string) string {
	name = s.pick(strings.Split(name, "|")...)
	has := func(word string) bool { return strings.Contains(name, word) }
	switch {
	case s.one(25):
		return s.junk()
	case name == "modes":
		return s.modes()
	case name == "parameter":
		return strings.Join(s.params, " ")
	case name == "#new":
		return fmt.Sprintf("#r%d", s.r.IntN(1000))
	case has("#"), has("channel"):
		return s.pick("", "", "", "", "", "@", "+") + s.channel()
	case has("mask"), has("host"), has("address"):
		return s.mask()
	case has("nick"), name == "user":
		return s.nick()
	case has("target"):
		return s.pick(s.channel(), s.channel(), s.nick(), s.nick(), s.mask(), playbackNick)
	case has("capabilities"):
		return s.pick("", "", "-") + capTable[s.r.IntN(len(capTable))].name + " " + s.pick("", "-") + capTable[s.r.IntN(len(capTable))].name
	case has("duration"), has("time"):
		return s.pick("1s", "2s", "5m", "1h30m", "0", "1")
	case name == "reference", name == "msgid":
		id := "nonsense"
		if len(s.ids) > 0 {
			id = s.pick(s.ids...)
		}
		if name == "msgid" {
			return id
		}
		return s.pick("1", "2", "bad_one", "*", "msgid="+id, "msgid="+id, "timestamp=1970-01-01T00:00:00.000Z", "timestamp="+time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "timestamp=9999-12-31T23:59:59.999Z", "timestamp=now", "msgid=x", "x=y")
	case name == "relayed":
		return s.pick("x/net", "y/net", "ж/net", "x", "a!b/c")
	case name == "character":
		return s.pick("hero", "villain", "no|one", "*")
	case name == "utc":
		return s.pick("2026-01-01T12:00:00.000Z", "2026-01-01T12:00:01.500Z", "1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")
	case name == "mechanism":
		return s.pick("PLAIN", "PLAIN", "EXTERNAL", "X-SIZES", "SCRAM-SHA-256")
	case name == "base64": // of those that accounts_test.go knows
		return s.pick("AGFsaWNlAHdvbmRlcmxhbmQ=", "AEJvYgBidWlsZGVy", "AGFsaWNlAHg=", "AGJyb2tlbgB4", "Mzk5", "+", strings.Repeat("e", 400))
	case name == "type":
		return s.pick("draft/multiline", "draft/multiline", "netsplit")
	case name == "letter":
		return string(rune("abcdefghijklmnopqrstuvwxyz"[s.r.IntN(26)]))
	case name == "level":
		return s.pick("1", "2", "3", "4", "5")
	case has("pattern"):
		return s.pick("*spam*", "/sp.m/", "*n1*", "/(/")
	case name == "n", has("count"), has("limit"), has("number"), has("seconds"):
		return s.number()
	case has("condition"):
		return s.pick(">", "<", "C>", "C<", "T>", "T<") + s.number()
	case has("fields"):
		return s.pick("tcuihsnfdlaor", "tn", "x")
	case has("server"):
		return s.pick("irc.test", "*", s.nick())
	case name == "name":
		return "root"
	case has("password"):
		return s.pick("secret", "wrong")
	case has("key"):
		return s.pick("key", "other")
	case has("text"), has("reason"), has("topic"), has("message"), has("realname"):
		return s.pick("some text", "", "\x01VERSION\x01", "\x02bold\x0304,05 red", strings.Repeat("long ", 30), "n1: hello", "é ü 日本", "PLAY * 0", "CLEAR *")
	}
	return s.pick("x", s.number(), s.nick(), s.mask())
}

func (s *scribe) nick() string { return fmt.Sprintf("n%d", s.r.IntN(s.people)) }
func (s *scribe) channel() string {
	if s.home != "" && len(s.in) == 0 {
		return s.home
	}
	if len(s.in) > 0 && (s.home != "" || !s.one(3)) {
		return s.pick(slices.Sorted(maps.Keys(s.in))...)
	}
	return fmt.Sprintf("#%c%d", 'a'+rune(s.r.IntN(2)), s.r.IntN(s.channels))
}
func (s *scribe) number() string { return s.pick("0", "1", "2", "5", "20", "100", "999999999") }

// mask never is everybody: that would be the end of all talk, when an oper bans it.
func (s *scribe) mask() string {
	if len(s.masks) > 0 && s.one(2) {
		return s.pick(s.masks...)
	}
	return s.pick(s.nick()+"!*@*", "n1?!*@*", "*!u3*@*", "*!*@10.0.3.*", "*!*@*.3.example", "10.0.7.0/24", "10.0.0.9", s.nick(),
		"$"+s.pick("", "~")+s.pick("a", "a:x", "r:*eal*", "r:n1*", "j:"+s.channel(), "j:@"+s.channel(), "z", "U", "m:"+s.nick(), "m:$a"))
}

// modes are changes of modes, with their parameters in s.params.
func (s *scribe) modes() string {
	letters := "qaohvx"
	kinds := map[byte]state.ModeKind{}
	for _, m := range state.ChannelModes() {
		letters += string(rune(m.Letter))
		kinds[m.Letter] = m.Kind
	}
	for _, m := range state.UserModes() {
		letters += string(rune(m.Letter))
	}
	modes := ""
	for range 1 + s.r.IntN(4) {
		letter := letters[s.r.IntN(len(letters))]
		modes += s.pick("+", "+", "-") + string(rune(letter))
		switch kind, known := kinds[letter]; {
		case letter == 's' && s.one(3):
			s.params = append(s.params, s.pick("*", "ko", "-x", "+c"))
		case !known && strings.IndexByte("qaohv", letter) >= 0:
			s.params = append(s.params, s.nick())
		case kind == state.ListMode:
			s.params = append(s.params, s.pick(s.mask(), s.mask(), "noctcp:v", "stripcolor:o", "flood:v", "topiclock:*", "v:"+s.mask(), "*word*"))
		case kind == state.AlwaysParam || kind == state.SetParam:
			s.params = append(s.params, s.pick(
				"5", "3", "10", "3:10", "5:2", "key", s.channel(), "2:5", "20:1h", "3:60", "1m30s", "2s", "[1j#b1]:60", "[3m#m5,2r#k]:10", "[2n#m1,4m#b1]:5", "normal"))
		}
	}
	return modes
}

// junk is what no syntax has.
func (s *scribe) junk() string {
	return s.pick(":", ":x", "\xff\xfe", "é", "*", "@#a1", "0", ",", "#", "#a1,#a1,,#b1", strings.Repeat("x", 600), "\x00", "a\rb", "@a ", "@", "-", "\x7f", "%", strings.Repeat("y", 9000), "99999999999999999999", "-1")
}

// TestScribe: it writes what the syntax says, for every verb of the table.
func TestScribe(t *testing.T) {
	s := &scribe{r: rand.New(rand.NewPCG(1, 2)), people: 5, channels: 3}
	for syntax, pattern := range map[string]string{
		"X <#a>{,<#a>} [:<text>]":  `^X \S+( .*)?$`,
		"X LS [302] | REQ | END":   `^(X LS|X LS 302|REQ|END)$`,
		"X ADD|DEL <n> [a | b]":    `^X (ADD|DEL) \S+( [ab])?$`,
		"X <a> | X <b> [<c> [<d>]": `^X `,
	} {
		for range 50 {
			require.Regexp(t, pattern, s.expand(syntax), syntax)
		}
	}
	for i := range verbs {
		row := &verbs[i]
		most := 0
		for range 100 {
			line := s.written(row)
			require.True(t, line == row.verb || strings.HasPrefix(line, row.verb+" "), line)
			most = max(most, len(strings.Fields(line))-1)
		}
		require.GreaterOrEqual(t, most, row.params, "the syntax of %s", row.verb)
	}
}

package commands

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// reader converts the lines that clients receive to the form in scripts: ids that the server chose become tokens, and a
// complete welcome or list of supported features becomes one line.
//
//	MSGID(text)           the id of a message: its text; of anything else who did it and what, as in MSGID(bob JOIN #c). The same id is
//	                      the same token in the whole script; an id whose text others had before is MSGID(text 2)
//	BATCH1, BATCH2        the references of the batches that one action opened for a client, in their order
//	(welcome) n!u@h       the lines from 001 to 266, and 422; then whatever of 004 and 005 is not as in a server without options.
//	                      Those of a message of the day stand for themselves
//	(isupport)            a whole list of 005, and what of it is not as in a server without options
//
// A client that was opened with the word "whole" is shown every line of both.
type reader struct {
	tokens  map[string]string // of the ids of messages
	ids     map[string]string // by what stands in a token's brackets
	batches map[*actor]*references
	whole   map[*actor]bool
}

func newReader() *reader {
	return &reader{tokens: map[string]string{}, ids: map[string]string{}, batches: map[*actor]*references{}, whole: map[*actor]bool{}}
}

// read returns the lines that a client has received because of one action, in the form in scripts.
func (r *reader) read(a *actor, lines []string) []string {
	refs := r.batches[a]
	if refs == nil {
		refs = &references{numbers: map[string]int{}}
		r.batches[a] = refs
	}
	for i := range lines {
		r.learn(lines, i)
	}
	shown := make([]string, len(lines))
	for i, line := range lines {
		shown[i] = escape(r.withTokens(refs.name(line)))
	}
	refs.forget()
	if r.whole[a] {
		return shown
	}
	return shorten(shown)
}

// heardLine is a parsed line that a client has received.
type heardLine struct {
	tags, nick string
	words      []string // the command and its parameters, except a text
	text       string
}

func takeApart(line string) (h heardLine) {
	if strings.HasPrefix(line, "@") {
		h.tags, line, _ = strings.Cut(line[1:], " ")
	}
	if strings.HasPrefix(line, ":") {
		h.nick, line, _ = strings.Cut(line[1:], " ")
		h.nick, _, _ = strings.Cut(h.nick, "!")
	}
	head, text, _ := strings.Cut(line, " :")
	h.words, h.text = strings.Fields(head), text
	return h
}

// tag returns the value of a tag.
func (h heardLine) tag(key string) string {
	for _, tag := range strings.Split(h.tags, ";") {
		if name, value, _ := strings.Cut(tag, "="); name == key {
			return value
		}
	}
	return ""
}

// learn chooses a token for the id of a line, if no client has received that id before.
func (r *reader) learn(lines []string, i int) {
	h := takeApart(lines[i])
	id := h.tag("msgid")
	if id == "" || len(h.words) == 0 || r.tokens[id] != "" {
		return
	}
	base := h.name(lines[i+1:])
	name := base
	for n := 2; r.ids[name] != ""; n++ {
		name = fmt.Sprintf("%s %d", base, n)
	}
	r.ids[name], r.tokens[id] = id, "MSGID("+name+")"
}

// mostTokenRunes cuts the text in a token.
const mostTokenRunes = 30

// name returns the text in a message's token. after holds the following lines, which contain the batch that the line
// opens.
func (h heardLine) name(after []string) string {
	verb := h.words[0]
	if verb == "BATCH" {
		for _, line := range after {
			if l := takeApart(line); len(h.words) > 1 && l.tag("batch") == h.words[1][1:] {
				return l.name(nil)
			}
		}
	}
	kept := map[string]int{"MODE": 3, "KICK": 3, "QUIT": 1}[verb]
	if kept == 0 {
		kept = 2
	}
	name := strings.Join(append([]string{h.nick}, h.words[:min(kept, len(h.words))]...), " ")
	if (verb == "PRIVMSG" || verb == "NOTICE") && h.text != "" && h.text != redactedText {
		name = h.text
	}
	name = strings.Trim(strings.Map(func(c rune) rune {
		switch {
		case c < ' ' || c == 0x7f:
			return -1
		case c == '(':
			return '['
		case c == ')':
			return ']'
		}
		return c
	}, strings.ToValidUTF8(name, "?")), " ")
	if runes := []rune(name); len(runes) > mostTokenRunes {
		name = string(runes[:mostTokenRunes]) + "..."
	}
	return name
}

var (
	idShape   = regexp.MustCompile(`\b[0-9A-V]{26}\b`)
	idInToken = regexp.MustCompile(`MSGID\(([^)]*)\)`)
)

// withTokens replaces ids in a line by tokens.
func (r *reader) withTokens(line string) string {
	return idShape.ReplaceAllStringFunc(line, func(id string) string {
		if token := r.tokens[id]; token != "" {
			return token
		}
		return id
	})
}

// withIDs replaces tokens in a line to send by ids.
func (r *reader) withIDs(t *testing.T, line string) string {
	return idInToken.ReplaceAllStringFunc(line, func(token string) string {
		name := idInToken.FindStringSubmatch(token)[1]
		require.Contains(t, r.ids, name, "nobody has received that with an id")
		return r.ids[name]
	})
}

// references holds the batches of a client: the open ones, and those that the current action has closed.
type references struct {
	numbers map[string]int
	closed  []string
}

// name replaces the reference of a batch that the server has opened by a token.
func (f *references) name(line string) string {
	h := takeApart(line)
	if ref := h.tag("batch"); f.numbers[ref] > 0 {
		line = strings.Replace(line, "batch="+ref, "batch="+f.token(ref), 1)
	}
	if len(h.words) < 2 || h.words[0] != "BATCH" {
		return line
	}
	sign, ref := h.words[1][:1], h.words[1][1:]
	switch {
	case sign == "+":
		taken := slices.Collect(maps.Values(f.numbers))
		n := 1
		for slices.Contains(taken, n) {
			n++
		}
		f.numbers[ref] = n
	case f.numbers[ref] == 0:
		return line
	default:
		f.closed = append(f.closed, ref)
	}
	return strings.Replace(line, " BATCH "+sign+ref, " BATCH "+sign+f.token(ref), 1)
}

func (f *references) token(ref string) string { return fmt.Sprintf("BATCH%d", f.numbers[ref]) }

// forget is called at the end of an action, and drops the batches that it has closed.
func (f *references) forget() {
	for _, ref := range f.closed {
		delete(f.numbers, ref)
	}
	f.closed = nil
}

// numericOf returns the numeric of a line, and its tags with a space after them.
func numericOf(line string) (code, tags string) {
	h := takeApart(line)
	if len(h.words) == 0 || len(h.words[0]) != 3 || strings.Trim(h.words[0], "0123456789") != "" {
		return "", ""
	}
	if h.tags != "" {
		tags = "@" + h.tags + " "
	}
	return h.words[0], tags
}

// wholeWelcome matches the order of a complete welcome's numerics, without the lines of a message of the day.
var wholeWelcome = regexp.MustCompile(`^001 002 003 004 (005 )+251 (252 )?(253 )?254 255 265 266 (422|375|$)`)

// shorten replaces a complete welcome, or a complete list of supported features, by one line.
func shorten(lines []string) (short []string) {
	codes, first := "", -1
	for i, line := range lines {
		if code, _ := numericOf(line); code != "" && (first >= 0 || code == "001") {
			codes += code + " "
			if first < 0 {
				first = i
			}
		}
	}
	welcomed := wholeWelcome.MatchString(codes)
	swallowed := map[string]bool{"001": true, "002": true, "003": true, "004": true, "251": true, "252": true, "253": true, "254": true, "255": true, "265": true, "266": true, "422": true}
	for i := 0; i < len(lines); i++ {
		code, tags := numericOf(lines[i])
		within := welcomed && i >= first
		switch {
		case within && i == first:
			short = append(short, shortWelcome(lines[i:]))
		case within && swallowed[code]:
			welcomed = code != "422" && welcomed
		case code == "005":
			n := supportedLines(lines[i:])
			list := supported(lines[i : i+n])
			alone := !within || strings.Contains(tags, "batch=")
			if alone && wholeList(list) {
				short = append(short, tags+strings.Join(append([]string{"(isupport)"}, list.unusual()...), " "))
			} else if alone {
				short = append(short, lines[i:i+n]...)
			}
			i += n - 1
		default:
			short = append(short, lines[i])
		}
	}
	return short
}

// shortWelcome returns the line for a welcome, which begins with the given lines.
func shortWelcome(lines []string) string {
	_, tags := numericOf(lines[0])
	_, who, _ := strings.Cut(takeApart(lines[0]).text, ", ")
	short := []string{tags + "(welcome)", who}
	for i, line := range lines {
		switch code, tags := numericOf(line); code {
		case "004":
			short = append(short, unusualModes(takeApart(line).words)...)
		case "005":
			if !strings.Contains(tags, "batch=") {
				short = append(short, supported(lines[i:i+supportedLines(lines[i:])]).unusual()...)
			}
			return strings.Join(short, " ")
		}
	}
	return strings.Join(short, " ")
}

// supportedLines returns how many lines of 005 come first.
func supportedLines(lines []string) (n int) {
	for n < len(lines) {
		if code, _ := numericOf(lines[n]); code != "005" {
			break
		}
		n++
	}
	return n
}

// isupport maps the names of a server's 005 tokens to the complete tokens.
type isupport map[string]string

func supported(lines []string) isupport {
	list := isupport{}
	for _, line := range lines {
		for _, token := range takeApart(line).words[2:] {
			name, _, _ := strings.Cut(token, "=")
			list[name] = token
		}
	}
	return list
}

// wholeList reports whether a list has all tokens of a server, and not only changed ones.
func wholeList(list isupport) bool {
	return list["CASEMAPPING"] != "" && list["CHANTYPES"] != "" && list["PREFIX"] != ""
}

// unusual returns the tokens that a server without options does not have, and a minus with the name of each one that is
// missing.
func (list isupport) unusual() (tokens []string) {
	usual := usualServer().list
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if usual[name] != list[name] {
			tokens = append(tokens, list[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(usual)) {
		if list[name] == "" {
			tokens = append(tokens, "-"+name)
		}
	}
	return tokens
}

// unusualModes returns the differences between a 004 and that of a server without options.
func unusualModes(words []string) (tokens []string) {
	usual := usualServer().modes
	for i, kind := range []string{"user", "channel", "parameter"} {
		var more, fewer string
		at := 4 + i
		for _, c := range words[at] {
			if !strings.ContainsRune(usual[at], c) {
				more += string(c)
			}
		}
		for _, c := range usual[at] {
			if !strings.ContainsRune(words[at], c) {
				fewer += string(c)
			}
		}
		if more != "" {
			more = "+" + more
		}
		if fewer != "" {
			fewer = "-" + fewer
		}
		if more+fewer != "" {
			tokens = append(tokens, kind+"-modes"+more+fewer)
		}
	}
	return tokens
}

// usual holds the parts of the welcome of a server without options.
type usual struct {
	modes []string // the words of 004
	list  isupport
}

// usualServer gets the welcome of a server without options. It does so only once.
var usualServer = sync.OnceValue(func() (u usual) {
	g := newStage(&testing.T{}, testConfig)
	a := g.open("alice", "127.0.0.1", false, "")
	g.say(a, "NICK alice")
	g.say(a, "USER alice 0 * :Alice")
	lines := a.take()
	for i, line := range lines {
		switch code, _ := numericOf(line); code {
		case "004":
			u.modes = takeApart(line).words
		case "005":
			u.list = supported(lines[i : i+supportedLines(lines[i:])])
			return u
		}
	}
	return u
})

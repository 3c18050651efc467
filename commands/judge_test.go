package commands

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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

// sent notes what the connection says: its labels, and the version of CAP. strict: what it has negotiated cannot
// change before the answer.
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
	// A line is cut at the edge of a character. Only free text, which has a colon, may be cut.
	if len(rest) > wire.MaxLineBytes-len("\r\n")-utf8.UTFMax && !strings.Contains(rest, " :") {
		j.blame("cut in a word that programs read: %q", line)
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

// learn follows the connection's name and what it has negotiated.
func (j *judge) learn(m *told) {
	if m.past {
		return // it was so then
	}
	switch m.verb {
	case "001":
		j.nick = m.param(0)
	case "NICK":
		if m.from == j.nick && !m.past {
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

package commands

import (
	"strconv"
	"strings"
	"time"

	"bavard/state"
)

// selection is a parsed CHATHISTORY command.
type selection struct {
	// verb is the subcommand in upper case, given the subcommand as written.
	verb, given string
	target      string
	from, until reference
	most        int
}

// reference is a place that a client refers to: a message, or a whole millisecond.
type reference struct {
	// any means *: the reference is not a place. foreign means the id of a message that was never on this server.
	any, foreign bool
	// isTime means that the reference is the whole millisecond that contains time, which is in nanoseconds. Then locate
	// sets first and last.
	isTime bool
	time   int64
	// Lines before first are before the reference, and lines after last are after it. For a message, both are its place.
	first, last state.Position
}

// locate finds the places of the times that the client names. The lock is held.
func (q *selection) locate(s *state.State) {
	for _, at := range [...]*reference{&q.from, &q.until} {
		if at.isTime {
			at.first, at.last = s.BeforeTime(at.time), s.AfterTime(at.time)
		}
	}
}

// badSelection is a FAIL: its code, context and text.
type badSelection struct {
	code, text string
	context    []string
}

// historyForms holds the subcommands with the number of their parameters.
var historyForms = map[string]int{"LATEST": 4, "BEFORE": 4, "AFTER": 4, "AROUND": 4, "BETWEEN": 5, "TARGETS": 4}

// parseSelection parses the parameters of a CHATHISTORY command. A limit above most counts as most; the client can
// request the rest next.
// https://ircv3.net/specs/extensions/chathistory#errors-and-warnings
func parseSelection(params []string, most int) (*selection, *badSelection) {
	q := &selection{verb: strings.ToUpper(params[0]), given: params[0]}
	form, known := historyForms[q.verb]
	switch {
	case !known:
		return nil, q.bad("Unknown command")
	case len(params) < form:
		return nil, q.bad("Insufficient parameters")
	case len(params) > form:
		return nil, q.bad("Too many parameters")
	}
	rest := params[1:]
	if q.verb != "TARGETS" {
		q.target, rest = rest[0], rest[1:]
	}
	limit := rest[len(rest)-1]
	references := []*reference{&q.from, &q.until}[:len(rest)-1]
	for i, at := range references {
		var problem *badSelection
		if *at, problem = q.parseReference(rest[i]); problem != nil {
			return nil, problem
		}
	}
	if strings.Trim(limit, "0123456789") != "" || limit == "" {
		return nil, q.bad("Invalid limit", limit)
	}
	q.most = most
	if n, err := strconv.Atoi(limit); err == nil { // otherwise it is greater than any number
		q.most = min(n, most)
	}
	return q, nil
}

func (q *selection) bad(text string, context ...string) *badSelection {
	return &badSelection{code: "INVALID_PARAMS", text: text, context: append([]string{q.given}, context...)}
}

// parseReference parses a reference. Only LATEST may have *, and TARGETS has only timestamps.
// https://ircv3.net/specs/extensions/chathistory#subcommands
func (q *selection) parseReference(word string) (reference, *badSelection) {
	kind, value, _ := strings.Cut(word, "=")
	switch {
	case word == "*" && q.verb == "LATEST":
		return reference{any: true}, nil
	case kind == "timestamp":
		t, ok := parseServerTime(value)
		if !ok {
			return reference{}, q.bad("Invalid timestamp", word)
		}
		return reference{isTime: true, time: t}, nil
	case q.verb == "TARGETS":
		return reference{}, q.bad("Invalid timestamp", word)
	case kind == "msgid":
		// Ids are opaque to clients, and a client may send one from a different server. Such an id is valid, but finds
		// no messages.
		// https://ircv3.net/specs/extensions/message-ids#the-message-id-tag
		if value == "" || value[0] == ':' || !noSpaces(value) {
			return reference{}, q.bad("Invalid message id", word)
		}
		at, ok := state.ParseEventID(value)
		return reference{first: at, last: at, foreign: !ok}, nil
	case kind == word:
		return reference{}, q.bad("Invalid message reference", word)
	}
	return reference{}, &badSelection{
		code: "INVALID_MSGREFTYPE", text: "A message reference must be msgid= or timestamp=", context: []string{q.given, q.target, kind},
	}
}

// serverTimeForm is YYYY-MM-DDThh:mm:ss.sssZ, 0 for any digit.
const serverTimeForm = "0000-00-00T00:00:00.000Z"

// parseServerTime parses a time in exactly the form that the server sends, and returns nanoseconds. A leap second
// counts as the next second. Times outside the range of nanoseconds become its ends.
// https://ircv3.net/specs/extensions/server-time
func parseServerTime(text string) (nanoseconds int64, ok bool) {
	if len(text) != len(serverTimeForm) {
		return 0, false
	}
	var numbers [7]int
	field := 0
	for i := range len(text) {
		switch form := serverTimeForm[i]; {
		case form != '0' && text[i] != form:
			return 0, false
		case form != '0':
			field++
		case text[i] < '0' || text[i] > '9':
			return 0, false
		default:
			numbers[field] = numbers[field]*10 + int(text[i]-'0')
		}
	}
	year, month, day, hour, minute, second, milli := numbers[0], time.Month(numbers[1]), numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]
	if hour > 23 || minute > 59 || second > 60 {
		return 0, false
	}
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if t.Month() != month || t.Day() != day {
		return 0, false // no such day
	}
	t = time.Date(year, month, day, hour, minute, second, milli*int(time.Millisecond), time.UTC)
	const firstYear, lastYear = 1678, 2261 // the whole years in the range of nanoseconds
	switch {
	case year < firstYear:
		t = time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	case year > lastYear:
		t = time.Date(lastYear, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return t.UnixNano(), true
}

package state

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// talkRule says how a mode judges talk, for the test that it judges multiline messages too.
type talkRule struct {
	// set are the arguments of MODE that set it; the recipient's own modes, for a user mode.
	set []string
	// text is what the mode refuses, "" for any text, and kind the kind of message.
	text string
	kind MessageKind
	// first: the mode refuses the second message. outside: it refuses users outside the channel.
	first, outside bool
	// whole: the mode refuses the message only if all of its lines are like this.
	whole bool
	// quiet: the mode refuses nothing, and why says what else it does.
	quiet string
}

// channelTalk has a row for each channel mode that judges speaking.
var channelTalk = map[byte]talkRule{
	'b': {set: []string{"+b", "$m:u2!*@*"}},
	'g': {set: []string{"+g", "bad"}, text: "so bad so"},
	'F': {set: []string{"+F", "[1r#m1]:60"}, text: "again", first: true},
	'W': {set: []string{"+W", "60"}, first: true},
	'C': {set: []string{"+C"}, text: "\x01VERSION\x01"},
	'S': {set: []string{"+S"}, text: "\x02\x02", whole: true},
	'T': {set: []string{"+T"}, kind: Notice},
	'U': {set: []string{"+U"}, quiet: "operators receive the message"},
	'c': {set: []string{"+c"}, text: "in \x02bold"},
	'm': {set: []string{"+m"}},
	'n': {set: []string{"+n"}, outside: true},
}

// privateTalk has a row for each user mode that judges messages.
var privateTalk = map[byte]talkRule{
	'R': {set: []string{"+R"}},
	'T': {set: []string{"+T"}, text: "\x01VERSION\x01"},
	'c': {set: []string{"+c"}, outside: true},
	'g': {set: []string{"+g"}},
}

// TestModesJudgeMultiline checks that each mode that refuses a message also refuses a multiline message with the same
// text in one of its lines, or divided between two of them.
func TestModesJudgeMultiline(t *testing.T) {
	judge := 0
	for i := range channelModeTable {
		row := &channelModeTable[i]
		if row.judges&Speaking == 0 {
			continue
		}
		judge++
		rule, known := channelTalk[row.letter]
		require.True(t, known, "+%c judges talk: add a row to channelTalk", row.letter)
		rule.check(t, "channel mode "+string(rune(row.letter)), func(w *crowd) string {
			w.mode(1, "#c", "-n")
			w.mode(1, "#c", rule.set...)
			if rule.outside {
				w.must(2, &Part{Channel: "#c"})
			}
			return "#c"
		})
	}
	require.Len(t, channelTalk, judge)
	judge = 0
	for i := range userModeTable {
		row := &userModeTable[i]
		if row.hears == nil {
			continue
		}
		judge++
		rule, known := privateTalk[row.letter]
		require.True(t, known, "+%c judges messages: add a row to privateTalk", row.letter)
		rule.check(t, "user mode "+string(rune(row.letter)), func(w *crowd) string {
			w.must(1, &SetUserModes{Changes: ParseUserModes(rule.set[0])})
			if rule.outside {
				w.must(2, &Part{Channel: "#c"})
			}
			return "u1"
		})
	}
	require.Len(t, privateTalk, judge)
}

// check sends the text alone, in a line of several, and in two joined lines, each to a new state.
func (r talkRule) check(t *testing.T, what string, prepare func(w *crowd) (target string)) {
	text := r.text
	if text == "" {
		text = "hello"
	}
	shapes := map[string]*Message{
		"one line": {Text: text}, "a batch of one line": {Lines: texts(text)},
		"the last line": {Lines: texts("fine", text)}, "the first line": {Lines: texts(text, "fine")},
		"two joined lines": {Lines: texts("fine", text[:len(text)/2], "+"+text[len(text)/2:])},
	}
	if r.whole {
		shapes = map[string]*Message{"one line": {Text: text}, "all lines": {Lines: texts(text, text)}, "joined lines": {Lines: texts(text, "+"+text)}}
	}
	for shape, op := range shapes {
		w := newCrowd(t, 3)
		w.policy.MultilineBytes, w.policy.MultilineLines = 1000, 10
		for i := range 3 {
			w.must(1+i, &Join{Channel: "#c"})
		}
		op.Target = prepare(w)
		op.Kind = r.kind
		heard := func() bool {
			copied := *op
			events, refusal := w.try(2, &copied)
			sent := false
			for _, e := range events {
				_, is := e.(*MessageSent)
				sent = sent || is
			}
			return refusal == nil && sent
		}
		if r.first {
			require.True(t, heard(), "%s: the first time, %s", what, shape)
		}
		require.Equal(t, r.quiet != "", heard(), "%s: %s", what, shape)
		if r.text != "" && !r.first {
			_, refusal := w.try(2, &Message{Target: op.Target, Kind: r.kind, Lines: texts("fine", "also "+strings.Repeat("x", 5))})
			require.Nil(t, refusal, "%s: other texts are allowed", what)
		}
	}
}

package state

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// texts are lines; one that begins with a plus goes on from the one before.
func texts(list ...string) (lines []TextPart) {
	for _, text := range list {
		text, concat := strings.CutPrefix(text, "+")
		lines = append(lines, TextPart{text, concat})
	}
	return lines
}

func TestMultilineBytes(t *testing.T) {
	require.Zero(t, MultilineBytes(nil))
	require.Equal(t, 5, MultilineBytes(texts("hello")))
	// The example of the specification: "hello\n\nhow is everyone?".
	require.Equal(t, len("hello\n\nhow is everyone?"), MultilineBytes(texts("hello", "", "how is ", "+everyone?")))
	require.Equal(t, 1, MultilineBytes(texts("", "")))
}

func TestParagraphs(t *testing.T) {
	require.Empty(t, Paragraphs(nil))
	require.Equal(t, []string{"hello", "", "how is everyone?"}, Paragraphs(texts("hello", "", "how is ", "+every", "+one?")))
	require.Equal(t, []string{"x", ""}, Paragraphs(texts("", "+x", "")))
}

func TestAnyText(t *testing.T) {
	has := func(word string) func(string) bool {
		return func(text string) bool { return strings.Contains(text, word) }
	}
	require.True(t, anyText("a word", nil, has("word")))
	require.False(t, anyText("a wo", nil, has("word")))
	require.True(t, anyText("", texts("x", "a word"), has("word")))
	require.True(t, anyText("", texts("x", "a wo", "+rd"), has("word")), "cut in two, it is still there")
	require.False(t, anyText("", texts("x", "a wo", "rd"), has("word")))
	// Each line is judged by itself, too: that is what most clients show.
	require.True(t, anyText("", texts("x", "+\x01VERSION\x01"), IsRequest))
}

func TestStripLines(t *testing.T) {
	given := texts("\x02bold", "\x03", "plain", "+\x0f", "+ more")
	require.Equal(t, texts("bold", "", "plain", "+ more"), stripLines(given))
	require.Equal(t, texts("\x02bold", "\x03", "plain", "+\x0f", "+ more"), given, "the operation stays as it is")
}

func TestMultilineRefused(t *testing.T) {
	s := New()
	s.policy.MultilineBytes, s.policy.MultilineLines = 10, 3
	fine := func(op *Message) bool {
		refusal := s.judgeLines(op)
		if refusal != nil {
			require.Equal(t, BadMultiline, refusal.Code)
			require.NotEmpty(t, refusal.Why)
		}
		return refusal == nil
	}
	require.True(t, fine(&Message{Text: "a text that is longer than the bound"}))
	require.True(t, fine(&Message{Lines: texts("12345", "6789")}))
	require.True(t, fine(&Message{Lines: texts("", "1", "")}))
	require.False(t, fine(&Message{Lines: texts("12345", "67890")}), "eleven bytes with the line break")
	require.True(t, fine(&Message{Lines: texts("12345", "+67890")}))
	require.False(t, fine(&Message{Lines: texts("1", "2", "3", "4")}))
	require.False(t, fine(&Message{Lines: texts("", "")}))
	require.False(t, fine(&Message{Lines: texts("1", "+")}))
	require.False(t, fine(&Message{Lines: texts("+1")}))
	require.False(t, fine(&Message{Lines: texts("1"), Text: "2"}))
	require.False(t, fine(&Message{Lines: texts("1"), Kind: Tagmsg}))
	s.policy.MultilineLines = 0
	require.False(t, fine(&Message{Lines: texts("1")}), "turned off")
}

package commands

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/wire"
)

// labelling plays a script with a label on every line of those who can have labels, and counts the answers.
type labelling struct {
	sent int
}

// label puts a label on a line, if its sender can have labels: want is its value then.
func (l *labelling) label(a *actor, line string) (labelled, want string) {
	tags, rest := "", line
	if strings.HasPrefix(line, "@") {
		tags, rest, _ = strings.Cut(line[1:], " ")
	}
	switch able := a.client.has(capLabeledResponse) && a.client.has(capBatch); {
	case !able, a.conn.over, a.client.closing, strings.HasPrefix(strings.ToUpper(rest), "BATCH "), strings.Contains(";"+tags, ";batch="), len(tags) > wire.MaxClientTagBytes-64, strings.ContainsAny(tags, "\x00\r\n"):
		return line, ""
	}
	l.sent++
	want = fmt.Sprintf("L%d", l.sent)
	if tags == "" {
		return "@label=" + want + " " + rest, want
	}
	return "@" + tags + ";label=" + want + " " + rest, want
}

// requireOne: just one of the lines that were received has the label.
func requireOneLabel(t *testing.T, want, line string, received []string) {
	t.Helper()
	found := 0
	for _, got := range received {
		if tags, _, tagged := strings.Cut(got, " "); tagged && strings.HasPrefix(tags, "@") {
			for _, tag := range strings.Split(tags[1:], ";") {
				if tag == "label="+want {
					found++
				}
			}
		}
	}
	require.Equal(t, 1, found, "%q was answered by %q", line, received)
}

// TestLabelsInScripts plays every script once more: each line has a label, and just one answer.
// https://ircv3.net/specs/extensions/labeled-response
func TestLabelsInScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	counted := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		s := parseScript(t, string(text))
		g := newStage(t, s.config)
		g.labels = &labelling{}
		for _, a := range s.actions {
			g.act(a, s.config)
			for _, c := range g.clients {
				g.reader.read(c, c.take())
			}
		}
		counted += g.labels.sent
	}
	require.Greater(t, counted, 2000)
}

// TestEveryVerbAnswersItsLabelOnce sends every verb, well and badly written, to one server.
func TestEveryVerbAnswersItsLabelOnce(t *testing.T) {
	g := newStage(t, testConfig+operConfig)
	g.labels = &labelling{}
	s := &scribe{r: rand.New(rand.NewPCG(7, 7)), people: 3, channels: 2}
	next := func(i int) *actor {
		name := fmt.Sprintf("n%d", i%3)
		for _, a := range g.clients {
			if !a.conn.over && a.name == name && a.client.session != nil {
				return a
			}
		}
		a := g.open(name, "127.0.0.1", false, "")
		g.say(a, "CAP REQ :batch labeled-response")
		g.say(a, fmt.Sprintf("NICK x%d", len(g.clients)))
		g.say(a, "USER u 0 * :U")
		g.say(a, "CAP END")
		if i%3 == 0 {
			g.say(a, "OPER root secret")
		}
		g.say(a, "JOIN #a0,#b1")
		return a
	}
	for i := range verbs {
		if spared[verbs[i].verb] {
			continue
		}
		for round := range 12 {
			line := s.written(&verbs[i])
			switch round {
			case 0:
				line = verbs[i].verb
			case 1:
				line = verbs[i].verb + " :"
			}
			if len(line) <= wire.MaxInputBytes {
				g.say(next(round), line)
			}
		}
	}
	require.NotContains(t, g.logged.String(), "panic")
}

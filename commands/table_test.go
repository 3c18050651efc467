package commands

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

func TestEveryRefusalCanBeTold(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.register("alice", parseConnect(nil))
	for _, code := range state.Codes() {
		row, found := refusalTable[code]
		require.True(t, found, "code %d has no row", code)
		require.NotEmpty(t, row.fail)
		call := &Call{Client: a.client, message: parsed(t, "X"), command: table["MODE"]}
		n := row.numeric(call, &state.Refusal{Code: code, Channel: "#c", Nick: "bob", Mode: 'k', Param: "p", Why: "why", Need: state.Operator})
		require.Len(t, n.code, 3)
		require.NotEmpty(t, n.params[len(n.params)-1])
	}
	require.Len(t, refusalTable, len(state.Codes()))
}

func TestEveryVerbIsComplete(t *testing.T) {
	require.Len(t, table, len(verbs), "a verb is there twice")
	for _, c := range verbs {
		require.Equal(t, strings.ToUpper(c.verb), c.verb)
		require.NotNil(t, c.run, c.verb)
		require.NotEmpty(t, c.help, c.verb)
		require.True(t, strings.HasPrefix(c.syntax, c.verb), c.verb)
		require.LessOrEqual(t, len(c.help), 300, c.verb)
	}
}

func TestEveryListModeHasItsNumerics(t *testing.T) {
	for _, m := range state.ChannelModes() {
		require.Equal(t, m.Kind == state.ListMode, m.Entry != "" && m.End != "", string(rune(m.Letter)))
	}
}

// TestEveryRowHasAScript: what has no script is not done.
func TestEveryRowHasAScript(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(text)
	}
	scripts, said, heard := all.String(), map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(idInToken.ReplaceAllString(scripts, "ID")) {
		who, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		if h := takeApart(text); len(h.words) > 0 && strings.HasSuffix(who, ">") {
			said[h.words[0]] = true
		} else if len(h.words) > 0 && strings.HasSuffix(who, "<") {
			heard[h.words[0]] = true
		}
	}
	requireLine := func(pattern, what string) {
		t.Helper()
		require.True(t, regexp.MustCompile(`(?m)^\w+`+pattern).MatchString(scripts), "no script has %s: a line that matches %s", what, pattern)
	}
	for _, c := range verbs {
		require.True(t, said[c.verb], "no script says %s", c.verb)
	}
	for _, c := range capTable {
		requireTested(t, c.specification, c.name)
	}
	for _, f := range features {
		sign, other := featureSigns[f.name]
		if !other {
			sign = f.name
		}
		requireTested(t, f, sign)
	}
	for _, m := range state.ChannelModes() {
		requireLine(`< .* MODE #\S+ \S*\+\w*`+string(rune(m.Letter)), string(rune(m.Letter)))
	}
	for _, r := range (&state.Policy{Ranks: "qaohv"}).RankList() {
		requireLine(`< .* MODE #\S+ \S*\+\w*`+string(rune(r.Letter)), r.Name)
	}
	for _, m := range state.UserModes() {
		requireLine(`< .* (MODE [^#]\S* :?\S*\+|221 \S+ \+)\w*`+string(rune(m.Letter)), "user mode "+m.Name)
	}
	prefix, extbans := state.Extbans()
	for _, e := range extbans {
		requireLine(`< .* MODE #\S+ \S*b .*\`+string(rune(prefix))+`~?`+string(rune(e.Letter)), "extended ban "+e.Name)
	}
	source, err := os.ReadFile("numerics.go")
	require.NoError(t, err)
	for _, row := range regexp.MustCompile(`(?m)^\t((?:rpl|err)\w+)\s*= \w+\{"(\d+)"`).FindAllStringSubmatch(string(source), -1) {
		require.True(t, heard[row[2]], "no script shows %s %s", row[2], row[1])
	}
}

// featureSigns are what a script must say that plays a feature, where that is not its name.
var featureSigns = map[string]string{
	"account-extban":         "$a",
	"bot-mode":               "+B",
	"capability-negotiation": "CAP ",
	"client-batch":           "FAIL BATCH",
	"message-ids":            "msgid=",
	"UTF8ONLY":               "utf8",
	"WHOX":                   " 354 ",
}

// requireTested: what docs/ircv3.md lists is tested where it says: each script that it names has the sign in what
// somebody says, connects with or is told, and each file with Go tests has it somewhere.
func requireTested(t *testing.T, s specification, sign string) {
	t.Helper()
	require.NotEmpty(t, s.tests, s.name)
	for _, name := range s.tests {
		file := "testdata/" + name + ".txt"
		if strings.HasSuffix(name, ".go") {
			file = "../" + name
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err, s.name)
		lines := strings.Split(string(text), "\n")
		require.True(t, slices.ContainsFunc(lines, func(line string) bool {
			return !strings.HasPrefix(line, "#") && strings.Contains(strings.ToLower(line), strings.ToLower(sign))
		}), "%s does not mention %s, for which it is named", file, sign)
	}
}

func TestSpecificationsAreFresh(t *testing.T) {
	text, err := os.ReadFile("../docs/ircv3.md")
	require.NoError(t, err)
	require.Equal(t, string(Specifications()), string(text), "go generate ./... has not been run")
}

func TestReferenceIsFresh(t *testing.T) {
	text, err := os.ReadFile("../docs/reference.md")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(text), string(Reference())), "go generate ./... has not been run")
}

func TestChangedTokens(t *testing.T) {
	old, now := []string{"A=1", "B", "C=2"}, []string{"A=2", "C=2", "D"}
	require.Equal(t, []string{"A=2", "D", "-B"}, changedTokens(old, now))
	require.Empty(t, changedTokens(old, old))
}

func TestWrap(t *testing.T) {
	require.Equal(t, []string{""}, wrap("", 5))
	require.Equal(t, []string{"abcde", "f"}, wrap("abcdef", 5))
	require.Equal(t, []string{"aé", "éé"}, wrap("aééé", 4))
}

func TestJoinLines(t *testing.T) {
	require.Equal(t, []string{""}, joinLines(nil, 10))
	require.Equal(t, []string{"aa bb", "cc"}, joinLines([]string{"aa", "bb", "cc"}, 5))
	require.Equal(t, []string{"long-word", "b"}, joinLines([]string{"long-word", "b"}, 5))
}

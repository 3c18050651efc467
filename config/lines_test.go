package config

import (
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/stretchr/testify/require"
)

func TestLines(t *testing.T) {
	const text = `# a comment with [brackets] = and "quotes
top = 1

[a] # a comment
x = "a # no comment"
  y   =   'it\'
z = """
[no.section]
no = "key"
\""" """
w = '''
[no.section]
'''
list = [ # a comment, ]
  "one",
  [ "two", { deep = "]" , other = 2 } ],

  "three" # ]
]
after.dotted . "key part" = 5
[[many]]
p = 1
[[many]]
p = 2
  [[many.inner]]
  q = 1
  [[many.inner]]
  q = { r = 1, s = [ { t = 1 },
    { t = 2 } ] }
[many.table]
u = 2026-11-20 12:00:00
[b.c]
v = 1
`
	var raw map[string]any
	_, err := toml.Decode(text, &raw)
	require.NoError(t, err, "the test's own text")
	lines, tooDeep := scanLines([]byte(text))
	require.Zero(t, tooDeep)
	for path, want := range map[string]int{
		"top": 2, "a": 4, "a.x": 5, "a.y": 6, "a.z": 7, "a.w": 11, "a.list": 14, "a.list.0": 15, "a.list.1": 16, "a.list.1.0": 16,
		"a.list.1.1.deep": 16, "a.list.1.1.other": 16, "a.list.2": 18, "a.after": 20, "a.after.dotted.key part": 20,
		"many": 21, "many.0": 21, "many.0.p": 22, "many.1": 23, "many.1.p": 24, "many.1.inner": 25, "many.1.inner.0.q": 26,
		"many.1.inner.1": 27, "many.1.inner.1.q.r": 28, "many.1.inner.1.q.s.0.t": 28, "many.1.inner.1.q.s.1.t": 29,
		"many.1.table": 30, "many.1.table.u": 31, "b": 32, "b.c.v": 33,
	} {
		require.Equal(t, want, lines[path], path)
	}
	require.NotContains(t, lines, "no")
	require.NotContains(t, lines, "no.section")
	require.Equal(t, 4, lines.of("a.missing.option"), "a missing option has the line of its section")
	require.Zero(t, lines.of("nowhere"))
}

func TestLinesWithWindowsEndings(t *testing.T) {
	lines, _ := scanLines([]byte("\ufeff[a]\r\nx = 1\r\n\r\ny = \"\"\"\r\nz\r\n\"\"\"\r\nw = 2\r\n"))
	require.Equal(t, 2, lines["a.x"])
	require.Equal(t, 4, lines["a.y"])
	require.Equal(t, 7, lines["a.w"])
}

func TestTooDeep(t *testing.T) {
	for name, text := range map[string]string{
		"lists":          "\nx = " + strings.Repeat("[", 1<<19),
		"tables":         "\nx = " + strings.Repeat("{a=", 1<<18),
		"a dotted key":   "\n" + strings.Repeat("a.", 1<<18) + "a = 1",
		"a dotted table": "\n[" + strings.Repeat("a.", 1<<18) + "a]",
		"a long key":     "\n" + strings.Repeat("a", 1<<18) + " = 1",
	} {
		_, tooDeep := scanLines([]byte(text))
		require.Equal(t, 2, tooDeep, name)
		_, err := Parse("c.toml", []byte(text))
		require.Equal(t, Problems{{File: "c.toml", Line: 2, Text: "is nested too deeply, or a name is too long"}}, err, name)
	}
}

// bare reports whether a key needs no quotes.
func bare(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return !isLetter(r) && !isDigit(r) && r != '-' && r != '_' })
}

// requireLines fails if the scanner found no line for a key that the library parsed. It ignores quoted keys, because
// the scanner does not decode escapes.
func requireLines(t *testing.T, lines lineIndex, path string, raw map[string]any) {
	for name, value := range raw {
		if !bare(name) {
			continue
		}
		here := joinPath(path, name)
		require.Contains(t, lines, here)
		if table, ok := value.(map[string]any); ok {
			requireLines(t, lines, here, table)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(Sample()))
	f.Add("[server]\nname = 3\n[[opers]]\nhosts = [\"a@b\", 5]\n[x.y]\nz = {a = [1, {b = 2}]}\n")
	f.Add("a = '''x''''\nb = \"\"\"\\\"\"\"\"\nc.\"d\".'e' = [[], [1,],]\n[[f]]\n[[f.g]]\n")
	f.Add("\xff\xfea = 0\n")
	f.Add("\xfe\xffa = 0\n")
	f.Fuzz(func(t *testing.T, text string) {
		// The fuzzer must not choose which files are opened.
		if strings.Contains(text, "_file") || strings.Contains(text, `\`) {
			return
		}
		lines, tooDeep := scanLines([]byte(text))
		cfg, err := Parse("c.toml", []byte(text))
		if err == nil {
			require.NotNil(t, cfg)
		} else {
			var problems Problems
			require.ErrorAs(t, err, &problems)
			require.NotEmpty(t, problems)
			for _, p := range problems {
				require.NotEmpty(t, p.Text)
				require.LessOrEqual(t, p.Line, strings.Count(text, "\n")+1)
			}
		}
		var raw map[string]any
		if tooDeep == 0 && len(text) < 1<<16 {
			if _, err := toml.Decode(text, &raw); err == nil {
				requireLines(t, lines, "", raw)
			}
		}
	})
}

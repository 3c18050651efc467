package wire

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	cases := []struct {
		line    string
		command string
		params  []string
	}{
		{"PING x", "PING", []string{"x"}},
		{"privmsg #c :hello there", "PRIVMSG", []string{"#c", "hello there"}},
		{"PRIVMSG #c ::-)", "PRIVMSG", []string{"#c", ":-)"}},
		{"PRIVMSG  #c   :a  b ", "PRIVMSG", []string{"#c", "a  b "}},
		{":me!x@y TOPIC #c :", "TOPIC", []string{"#c", ""}},
		{"  NICK bob\r", "NICK", []string{"bob"}},
		{"@a=b;+c=d\\s  JOIN #x", "JOIN", []string{"#x"}},
		{"@a :src  JOIN #x", "JOIN", []string{"#x"}},
		{"LIST", "LIST", nil},
		{"A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "A", strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17")},
	}
	for _, c := range cases {
		m, err := Parse([]byte(c.line))
		require.NoError(t, err, c.line)
		require.Equal(t, c.command, m.Command, c.line)
		require.Equal(t, c.params, m.Params, c.line)
	}
}

func TestParseRefuses(t *testing.T) {
	cases := map[string]error{
		"":                       ErrEmpty,
		"   ":                    ErrEmpty,
		"@a ":                    ErrEmpty, // the library panics on this line
		"@a":                     ErrEmpty,
		"@":                      ErrEmpty,
		":src":                   ErrEmpty,
		":src ":                  ErrEmpty,
		": :x":                   ErrEmpty,
		"A\x00B":                 ErrBadByte,
		"PRIVMSG #c :a\rQUIT":    ErrBadByte,
		"uſer x":                 ErrBadCommand, // Unicode rules upper-case it to USER
		"PRIV-MSG x":             ErrBadCommand,
		strings.Repeat("x", 511): ErrTooLong,
		"@" + strings.Repeat("t", 4095) + " PING x": ErrTooLong,
	}
	for line, want := range cases {
		_, err := Parse([]byte(line))
		require.ErrorIs(t, err, want, "%q", line)
	}
}

func TestParseLimits(t *testing.T) {
	m, err := Parse([]byte("PING " + strings.Repeat("x", 505)))
	require.NoError(t, err)
	require.Len(t, m.Params[0], 505)
	for line, command := range map[string]string{"@a=b :x ping ": "PING", "P-NG ": "", ":": "", "": strings.Repeat("X", 32)} {
		m, err = Parse([]byte(line + strings.Repeat("x", 511)))
		require.ErrorIs(t, err, ErrTooLong)
		require.Equal(t, command, m.Command, line)
	}
	m, err = Parse([]byte("@" + strings.Repeat("t", 4094) + " PING x"))
	require.NoError(t, err)
	require.Len(t, m.Tags, 1)
}

func TestParseTags(t *testing.T) {
	m, err := Parse([]byte("@+b=2;a;+a=x\\:y\\s\\\\\\r\\n;bad=\xff;+b=3;+c=t\\ TAGMSG #c"))
	require.NoError(t, err)
	tags, _ := ClientOnlyTags(m)
	require.Equal(t, []Tag{{"+a", "x;y \\\r\n"}, {"+b", "3"}, {"+c", "t"}}, tags)
	_, found := m.Tags["bad"]
	require.False(t, found)
}

func TestAppend(t *testing.T) {
	cases := []struct {
		line Line
		want string
	}{
		{Line{Source: "s", Command: "PONG", Params: []string{"s", "x"}}, ":s PONG s x\r\n"},
		{Line{Command: "PRIVMSG", Params: []string{"#c", "x"}, Text: true}, "PRIVMSG #c :x\r\n"},
		{Line{Command: "TOPIC", Params: []string{"#c", ""}}, "TOPIC #c :\r\n"},
		{Line{Command: "X", Params: []string{"", "a b", ":c d"}}, "X * a_b ::c d\r\n"},
		{Line{Command: "X", Params: []string{"::1", "a\r\nQUIT"}}, "X 0::1 a  QUIT\r\n"},
		{Line{Tags: []Tag{{"time", "1"}, {"+x", "a;b c\\\r\n"}, {"e", ""}}, Command: "X"}, "@time=1;+x=a\\:b\\sc\\\\\\r\\n;e X\r\n"},
	}
	for _, c := range cases {
		require.Equal(t, c.want, string(Append(nil, c.line)))
	}
}

func TestAppendCutsAtARuneEdge(t *testing.T) {
	for pad := range 8 {
		text := strings.Repeat("x", pad) + strings.Repeat("é", 600)
		out := Append([]byte("before"), Line{Tags: []Tag{{"t", "v"}}, Command: "PRIVMSG", Params: []string{"#c", text}})
		out = out[len("before@t=v "):]
		require.LessOrEqual(t, len(out), MaxLineBytes)
		require.GreaterOrEqual(t, len(out), MaxLineBytes-1)
		require.True(t, utf8.Valid(out))
		require.True(t, bytes.HasSuffix(out, []byte("\r\n")))
	}
}

func TestCut(t *testing.T) {
	require.Equal(t, "", Cut("é", 1))
	require.Equal(t, "é", Cut("éa", 2))
	require.Equal(t, "", Cut("abc", -1))
	require.Equal(t, "\xff\xff", Cut("\xff\xff\xff", 2))
	require.Equal(t, "\x80\x80\x80\x80\x80", Cut("\x80\x80\x80\x80\x80\x80", 5))
}

// FuzzParse checks that Parse does not panic, and that a parsed line, written again, is one line and parses to the same
// message.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"@a ", "@a=b :x PRIVMSG #c :hi", "PING", "\x00", "uſer", "::: :", "@;;;=;+ X", "A :\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		m, err := Parse(line)
		if err != nil {
			return
		}
		require.NotEmpty(t, m.Command)
		tags, _ := ClientOnlyTags(m)
		out := Append(nil, Line{Tags: tags, Command: m.Command, Params: m.Params})
		require.Equal(t, 1, bytes.Count(out, []byte("\n")))
		require.True(t, bytes.HasSuffix(out, []byte("\r\n")))
		again, err := Parse(out)
		require.NoError(t, err, "%q", out)
		require.Equal(t, m.Command, again.Command)
		require.Equal(t, len(m.Params), len(again.Params))
	})
}

func BenchmarkParse(b *testing.B) {
	line := []byte("PRIVMSG #channel :hello, this is a line of ordinary length that people write")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(line); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	buf := make([]byte, 0, MaxLineBytes)
	b.ReportAllocs()
	for b.Loop() {
		buf = Append(buf[:0], Line{Source: "nick!user@host", Command: "PRIVMSG", Params: []string{"#channel", "hello, this is a line"}, Text: true})
	}
}

func TestKeysOfClientOnlyTags(t *testing.T) {
	for _, key := range []string{"+a", "+A-9", "+draft/reply", "+example.org/a-b", "+-"} {
		tags, dropped := ClientOnlyTags(&Message{Tags: map[string]string{key: "x"}})
		require.Equal(t, []Tag{{key, "x"}}, tags)
		require.False(t, dropped, key)
	}
	for _, key := range []string{"+", "+/", "+a/", "+/a", "+a/b/c", "+#a", "+a b", "+\x01", "+a\x7f", "+ä", "+a.b", "+a_b", "++a", "+draft/re_act", "+dr\x02aft/a"} {
		tags, dropped := ClientOnlyTags(&Message{Tags: map[string]string{key: "x", "+ok": "y"}})
		require.Equal(t, []Tag{{"+ok", "y"}}, tags, key)
		require.True(t, dropped, key)
	}
	_, dropped := ClientOnlyTags(&Message{Tags: map[string]string{"label": "x", "#a": "y"}})
	require.False(t, dropped, "other tags are not relayed anyway")
}

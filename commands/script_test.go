package commands

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"bavard/config"
)

var update = flag.Bool("update", false, "write what is received into the scripts, to be read before it is believed")

// A script is a file of testdata. Its lines:
//
//	# a comment
//	## a case: what stands here is named by a failure in the lines up to the next
//	@config                   the lines up to @end are added to the configuration; only at the start. A password is
//	                          written HASH(word), e.g. password = "HASH(secret)"; "CERTIFICATE" and "KEY" are files
//	@connect alice [from=ADDRESS] [tls] [sni=HOST] [cert=PRINT] [pass=WORD] [caps=A,B|caps=*] [listener=ADDRESS] [webirc=WORDS,WITH,COMMAS]   connects and registers; the welcome is dropped
//	@open alice [from=...] [whole]   only connects; the welcome is one line, unless it is wanted whole: see reader
//	@drop alice [reason]      the connection breaks
//	@wait 90s                 the clock moves, and what is due happens
//	@clock -2h                the system's clock is set, here back by two hours; no time passes by that
//	@login alice ACCOUNT      the server logs her in to an account; without ACCOUNT it logs her out
//	@mechanisms A,B           SASL has other mechanisms from now on, or none. There are PLAIN and EXTERNAL at first, and
//	                          the accounts of accounts_test.go, if the script's configuration has [accounts]
//	@reload                   the lines up to @end are added to the script's configuration, for REHASH to find
//	alice> JOIN #c            what a client sends; \xHH escapes are read
//	                          and MSGID(text) is the id of a message, as the lines that were received show it
//	alice< :alice!...         what it receives because of that: all of it, in its order
//
// After each action everything that anybody receives must stand there; silence is no line. Each script is played
// twice, and a third time with the state replaced by its own snapshot half-way: the bytes are the same.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			script := parseScript(t, string(text))
			played := script.play(t, -1)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(played), 0o644))
				return
			}
			requireScript(t, file, string(text), played, "")
			requireScript(t, file, played, script.play(t, -1), ", played a second time")
			requireScript(t, file, played, script.play(t, len(script.actions)/2), ", with a restart half-way")
		})
	}
}

type script struct {
	head    []string // comments before the first action, and the configuration
	config  string
	actions []action
}

// action is one line that does something, with the comments after it and, for @reload, its block.
type action struct {
	line  string
	block []string
	after []string
}

func parseScript(t *testing.T, text string) *script {
	s := &script{config: testConfig}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		block := func() (list []string) {
			for i++; i < len(lines) && lines[i] != "@end"; i++ {
				list = append(list, lines[i])
			}
			require.Less(t, i, len(lines), "@end is missing")
			return list
		}
		name, _, _ := strings.Cut(line, " ")
		switch {
		case line == "@config":
			require.Empty(t, s.actions, "@config comes first")
			inner := block()
			s.config = mergeConfig(s.config, strings.Join(inner, "\n"))
			s.head = append(append(append(s.head, line), inner...), "@end")
		case line == "@reload":
			s.actions = append(s.actions, action{line: line, block: block()})
		case strings.HasPrefix(line, "@"), strings.HasSuffix(name, ">"):
			s.actions = append(s.actions, action{line: line})
		case strings.HasSuffix(name, "<"):
			require.NotEmpty(t, s.actions, line)
		default:
			require.True(t, line == "" || line[0] == '#', "not a line of a script: %q", line)
			if len(s.actions) == 0 {
				s.head = append(s.head, line)
			} else {
				last := &s.actions[len(s.actions)-1]
				last.after = append(last.after, line)
			}
		}
	}
	return s
}

// play runs the script and gives it back with what was really received.
func (s *script) play(t *testing.T, restartAt int) string {
	g := newStage(t, s.config)
	out := append([]string(nil), s.head...)
	for i, a := range s.actions {
		if i == restartAt {
			g.restart()
		}
		g.act(a, s.config)
		out = append(out, a.line)
		if a.line == "@reload" {
			out = append(append(out, a.block...), "@end")
		}
		for _, c := range g.clients {
			for _, line := range g.reader.read(c, c.take()) {
				out = append(out, c.name+"< "+line)
			}
		}
		out = append(out, a.after...)
	}
	g.requireReplay()
	g.requireBounds()
	require.NotContains(t, g.logged.String(), "panic")
	return strings.Join(out, "\n") + "\n"
}

func (g *stage) act(a action, base string) {
	word, rest, _ := strings.Cut(a.line, " ")
	fields := strings.Fields(rest)
	switch word {
	case "@connect":
		g.register(fields[0], parseConnect(fields[1:]))
	case "@open":
		o := parseConnect(fields[1:])
		opened := g.openAt(o.listener, fields[0], o.addr, o.secure, o.print)
		opened.conn.sni, g.reader.whole[opened] = o.sni, o.whole
	case "@drop":
		reason := error(errDropped)
		if len(fields) > 1 {
			reason = errors.New(strings.Join(fields[1:], " "))
		}
		g.drop(g.actor(fields[0]), reason)
	case "@login":
		g.logIn(g.actor(fields[0]), strings.Join(fields[1:], " "))
	case "@mechanisms":
		g.setMechanisms(splitList(rest))
	case "@wait":
		d, err := time.ParseDuration(rest)
		require.NoError(g.t, err)
		g.wait(d)
	case "@disk": // of the journal and of the history
		g.journal.failing, g.history.failing = nil, nil
		if rest == "full" {
			g.journal.failing, g.history.failing = errDisk, errDisk
		}
	case "@clock":
		d, err := time.ParseDuration(rest)
		require.NoError(g.t, err)
		g.setClock(d)
	case "@reload":
		g.reload = func() (*config.Config, error) {
			return parseConfig(mergeConfig(base, strings.Join(a.block, "\n")))
		}
	default:
		g.say(g.actor(strings.TrimSuffix(word, ">")), unescape(g.reader.withIDs(g.t, rest)))
	}
}

func parseConnect(words []string) connectOptions {
	o := connectOptions{addr: "127.0.0.1"}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "from":
			o.addr = value
		case "webirc":
			o.webirc = strings.ReplaceAll(value, ",", " ")
		case "listener":
			o.listener = value
		case "unix":
			o.addr = ""
		case "tls":
			o.secure = true
		case "sni":
			o.secure, o.sni = true, value
		case "cert":
			o.secure, o.print = true, value
		case "whole":
			o.whole = true
		case "pass":
			o.pass = value
		case "caps":
			o.caps = strings.Split(value, ",")
		default:
			panic("not an option of @connect: " + word)
		}
	}
	return o
}

// escape shows what cannot be read in a text file as \xHH: control characters, bytes that are not UTF-8, a space at the
// end.
func escape(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRuneInString(line[i:])
		if c := line[i]; r == utf8.RuneError && size == 1 || c < ' ' || c == 0x7f || c == ' ' && i == len(line)-1 {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteString(line[i : i+size])
		}
		i += size
	}
	return b.String()
}

func unescape(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		if strings.HasPrefix(line[i:], `\x`) && i+3 < len(line) {
			hi, lo := strings.IndexByte("0123456789abcdef", line[i+2]), strings.IndexByte("0123456789abcdef", line[i+3])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 3
				continue
			}
		}
		b.WriteByte(line[i])
	}
	return b.String()
}

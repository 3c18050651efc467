package config

import (
	"strconv"
	"strings"
)

// lineIndex maps the path of each key to its line in the file. A path is the parts of the key joined by dots, with the
// number of the element, counted from 0, after the name of a list: "listeners.1.address".
//
// The TOML library reports lines only for its own errors, so the lines for ours are found here.
type lineIndex map[string]int

// of returns the line of a path. If the file does not contain the path, it returns the line of the closest path that
// encloses it, or 0 if there is none.
func (l lineIndex) of(path string) int {
	for {
		if line, ok := l[path]; ok {
			return line
		}
		dot := strings.LastIndexByte(path, '.')
		if dot < 0 {
			return 0
		}
		path = path[:dot]
	}
}

// The limits of nesting and names. The TOML library has none: it would recurse until the stack overflows.
const (
	maxDepth        = 32
	maxKeyParts     = 16
	maxKeyPartBytes = 256
)

// scanner reads the text before the TOML library does. It accepts any text. In text that is not TOML, what it finds
// does not matter, because the library then reports the mistake itself.
type scanner struct {
	text    string
	at      int
	line    int
	lines   lineIndex
	counts  map[string]int // how many elements each [[list]] has so far
	tooDeep int            // the line that exceeds one of the limits above; 0 if none does
}

// scanLines finds the line of every key. If tooDeep is not 0, the library must not parse the text, because of that
// line.
func scanLines(text []byte) (lines lineIndex, tooDeep int) {
	s := &scanner{text: withoutMark(string(text)), line: 1, lines: lineIndex{}, counts: map[string]int{}}
	table := ""
	for s.blanks(true); s.at < len(s.text) && s.tooDeep == 0; s.blanks(true) {
		if s.peek() == '[' {
			table = s.header()
		} else {
			s.keyValue(table, 0)
		}
	}
	return s.lines, s.tooDeep
}

// withoutMark removes the byte order mark that some editors write, as the library does.
func withoutMark(text string) string {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "\ufeff"} {
		if rest, found := strings.CutPrefix(text, mark); found {
			return rest
		}
	}
	return text
}

// peek returns the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) next() {
	if s.peek() == '\n' {
		s.line++
	}
	s.at++
}

// blanks skips spaces and tabs; if newlines is set, it also skips line ends and comments.
func (s *scanner) blanks(newlines bool) {
	for s.at < len(s.text) {
		switch c := s.peek(); {
		case c == ' ' || c == '\t':
			s.at++
		case newlines && (c == '\n' || c == '\r'):
			s.next()
		case newlines && c == '#':
			s.skipLine()
		default:
			return
		}
	}
}

func (s *scanner) skipLine() {
	for s.at < len(s.text) && s.peek() != '\n' {
		s.at++
	}
}

// header reads [a.b] or [[a.b]] and returns the path prefix of the keys below it.
func (s *scanner) header() string {
	line := s.line
	s.at++
	list := s.peek() == '['
	if list {
		s.at++
	}
	parts := s.key()
	s.skipLine()
	path := ""
	for i, part := range parts {
		path = joinPath(path, part)
		s.note(path, line)
		last := i == len(parts)-1
		if last && list {
			s.counts[path]++
		}
		if n := s.counts[path]; n > 0 {
			path = joinPath(path, strconv.Itoa(n-1))
			s.note(path, line)
		}
	}
	return path
}

// keyValue reads one "key = value" of the table at path. It always advances, even if there is no key.
func (s *scanner) keyValue(path string, depth int) {
	start := s.at
	line := s.line
	for _, part := range s.key() {
		path = joinPath(path, part)
		s.note(path, line)
	}
	s.blanks(false)
	if s.peek() == '=' {
		s.at++
		s.value(path, depth)
	}
	if s.at == start {
		s.next()
	}
}

// key reads the parts of a.b."c d".
func (s *scanner) key() []string {
	var parts []string
	for {
		s.blanks(false)
		start := s.at
		if c := s.peek(); c == '"' || c == '\'' {
			s.str()
			parts = append(parts, strings.Trim(s.text[start:s.at], string(c)))
		} else {
			for s.at < len(s.text) && !strings.ContainsRune(" \t\r\n.=[]{},#\"'", rune(s.text[s.at])) {
				s.at++
			}
			parts = append(parts, s.text[start:s.at])
		}
		if len(parts) > maxKeyParts || s.at-start > maxKeyPartBytes {
			s.stop()
			return nil
		}
		s.blanks(false)
		if s.peek() != '.' {
			return parts
		}
		s.at++
	}
}

// value reads the value of the key at path, and records the lines of the keys inside it.
func (s *scanner) value(path string, depth int) {
	s.blanks(false)
	s.note(path, s.line)
	switch s.peek() {
	case '"', '\'':
		s.str()
	case '[':
		s.inside(']', depth, func(i int) { s.value(joinPath(path, strconv.Itoa(i)), depth+1) })
	case '{':
		s.inside('}', depth, func(int) { s.keyValue(path, depth+1) })
	default:
		for s.at < len(s.text) && !strings.ContainsRune(",]}#\r\n", rune(s.text[s.at])) {
			s.at++
		}
	}
}

// inside reads the items of a list or an inline table, up to its closing bracket.
func (s *scanner) inside(closing byte, depth int, item func(i int)) {
	if depth >= maxDepth {
		s.stop()
		return
	}
	s.at++
	for i := 0; ; i++ {
		s.blanks(true)
		if s.at >= len(s.text) {
			return
		}
		if s.peek() == closing {
			s.at++
			return
		}
		start := s.at
		item(i)
		s.blanks(true)
		if s.peek() == ',' || s.at == start {
			s.next()
		}
	}
}

// str skips a string in any of TOML's four forms.
func (s *scanner) str() {
	quote := s.text[s.at]
	triple := strings.Repeat(string(quote), 3)
	if strings.HasPrefix(s.text[s.at:], triple) {
		s.at += 3
		for s.at < len(s.text) && !strings.HasPrefix(s.text[s.at:], triple) {
			s.skipChar(quote)
		}
		// The string itself can end with up to two quotes, just before the closing three.
		for s.peek() == quote {
			s.at++
		}
		return
	}
	s.at++
	for s.at < len(s.text) && s.peek() != quote && s.peek() != '\n' {
		s.skipChar(quote)
	}
	if s.peek() == quote {
		s.at++
	}
}

// skipChar skips one character of a string. In a string with double quotes, a backslash and the next character count as
// one.
func (s *scanner) skipChar(quote byte) {
	if quote == '"' && s.peek() == '\\' {
		s.next()
	}
	if s.at < len(s.text) {
		s.next()
	}
}

// note records the line of a path, unless it is known already.
func (s *scanner) note(path string, line int) {
	if _, ok := s.lines[path]; !ok {
		s.lines[path] = line
	}
}

// stop ends the scan at a line that exceeds a limit.
func (s *scanner) stop() {
	s.tooDeep = s.line
	s.at = len(s.text)
}

package config

import (
	"strconv"
	"strings"
)

// lineIndex tells in which line of the file each key stands. The path of a key is its parts joined by dots, with the number of the element (from 0)
// after the name of a list: "listeners.1.address".
//
// The TOML library tells the line of its own errors only, so the lines of ours are found here.
type lineIndex map[string]int

// of gives the line of a path, or of the nearest thing around it that stands in the file; 0 when there is none.
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

// The bounds of what is looked into. The TOML library has none: it would go on until the stack is full.
const (
	maxDepth        = 32
	maxKeyParts     = 16
	maxKeyPartBytes = 256
)

// scanner walks over the text before the TOML library does. It takes any text without failing; what it finds in a text that is not TOML does
// not matter, since the library then reports the mistake itself.
type scanner struct {
	text    string
	at      int
	line    int
	lines   lineIndex
	counts  map[string]int // how many elements each [[list]] has so far
	tooDeep int            // the line that breaks one of the bounds above; 0: none
}

// scanLines finds the line of every key. A tooDeep that is not 0 is a line that must not be given to the library.
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

// withoutMark drops the byte order mark that some editors write, as the library does.
func withoutMark(text string) string {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "\ufeff"} {
		if rest, found := strings.CutPrefix(text, mark); found {
			return rest
		}
	}
	return text
}

// peek gives the next byte, or 0 at the end.
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

// blanks skips spaces and tabs, and when newlines is set also line ends and comments.
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

// header reads [a.b] or [[a.b]] and returns the path that the keys below it start with.
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

// keyValue reads one "key = value" of the table at path. It always moves on.
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

// value reads the value of the key at path, and notes what is inside it.
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

// inside reads the items of a list or an inline table up to its closing bracket.
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

// str skips a string of any of the four forms.
func (s *scanner) str() {
	quote := s.text[s.at]
	triple := strings.Repeat(string(quote), 3)
	if strings.HasPrefix(s.text[s.at:], triple) {
		s.at += 3
		for s.at < len(s.text) && !strings.HasPrefix(s.text[s.at:], triple) {
			s.skipChar(quote)
		}
		// Up to two quotes may stand directly before the closing three.
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

// skipChar skips one character of a string; in a string with double quotes a backslash takes the next one with it.
func (s *scanner) skipChar(quote byte) {
	if quote == '"' && s.peek() == '\\' {
		s.next()
	}
	if s.at < len(s.text) {
		s.next()
	}
}

// note keeps the first line of a path.
func (s *scanner) note(path string, line int) {
	if _, ok := s.lines[path]; !ok {
		s.lines[path] = line
	}
}

// stop ends the walk: the text is not to be looked at any further.
func (s *scanner) stop() {
	s.tooDeep = s.line
	s.at = len(s.text)
}

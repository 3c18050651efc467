package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// The maximum sizes of files.
const (
	maxFileBytes   = 1 << 20
	maxMOTDBytes   = 64 << 10
	maxSecretBytes = 4 << 10
	maxPEMBytes    = 1 << 20
)

// readFile reads a whole file of at most limitBytes. The problem says in plain English what is wrong, or is "".
func readFile(path string, limitBytes int64) (text []byte, problem string) {
	// Opening a named pipe would block until a writer opens it too, so check the file's type first.
	info, err := os.Stat(path)
	if err != nil {
		return nil, reason(err)
	}
	if info.IsDir() {
		return nil, "is a directory, not a file"
	}
	if !info.Mode().IsRegular() {
		return nil, "is not a regular file"
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	text, err = io.ReadAll(io.LimitReader(f, limitBytes+1))
	if err != nil {
		return nil, reason(err)
	}
	if int64(len(text)) > limitBytes {
		return nil, tooLarge(limitBytes)
	}
	return text, ""
}

func tooLarge(limitBytes int64) string {
	return fmt.Sprintf("is too large: the limit is %s", Size(limitBytes))
}

// parseTOML parses the text. The problem is nil, or the mistake that prevents parsing.
func parseTOML(name string, text []byte) (map[string]any, lineIndex, *Problem) {
	stop := func(line int, key, problem string) (map[string]any, lineIndex, *Problem) {
		return nil, nil, &Problem{File: name, Line: line, Key: key, Text: problem}
	}
	if len(text) > maxFileBytes {
		return stop(0, "", tooLarge(maxFileBytes))
	}
	if at := bytes.IndexByte(text, 0); at >= 0 {
		return stop(lineAt(text, at), "", "is not a text file: it contains a NUL byte")
	}
	if at := invalidUTF8(text); at >= 0 {
		return stop(lineAt(text, at), "", "is not UTF-8 text")
	}
	lines, tooDeep := scanLines(text)
	if tooDeep > 0 {
		return stop(tooDeep, "", "is nested too deeply, or a name is too long")
	}
	raw := map[string]any{}
	if _, err := toml.Decode(string(text), &raw); err != nil {
		var syntax toml.ParseError
		if !errors.As(err, &syntax) {
			return stop(0, "", "cannot be read: "+strings.TrimPrefix(err.Error(), "toml: "))
		}
		line := syntaxLine(text, syntax)
		if key, ok := strings.CutSuffix(syntax.Message, "' has already been defined."); ok {
			return stop(line, strings.TrimPrefix(key, "Key '"), "is set twice")
		}
		// The message may quote the value, which may be a secret.
		if strings.Contains(syntax.LastKey, "password") {
			return stop(line, syntax.LastKey, "syntax error: a string must be in quotes")
		}
		return stop(line, syntax.LastKey, "syntax error: "+syntax.Message)
	}
	return raw, lines, nil
}

// syntaxLine returns the line of a syntax error. If the error is an unexpected end of line, the library names the line
// after it.
func syntaxLine(text []byte, syntax toml.ParseError) int {
	if start := syntax.Position.Start; start >= 0 && start < len(text) && text[start] == '\n' {
		return min(syntax.Position.Line, lineAt(text, start))
	}
	return syntax.Position.Line
}

// invalidUTF8 returns the index of the first byte that is not UTF-8, or -1.
func invalidUTF8(text []byte) int {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

func lineAt(text []byte, at int) int { return 1 + bytes.Count(text[:at], []byte("\n")) }

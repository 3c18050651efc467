package wire

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	irc "gopkg.in/irc.v4"
)

// The limits of a line, in bytes.
const (
	// MaxLineBytes is the maximum length of a line without its tags, including CR LF.
	// https://modern.ircdocs.horse/#message-format
	MaxLineBytes = 512
	// MaxClientTagBytes is the maximum length of the tags that a client can send, without the '@' and the space.
	// https://ircv3.net/specs/extensions/message-tags#size-limit
	MaxClientTagBytes = 4094
	// MaxInputBytes is the maximum length of a line from a client, including tags but not CR LF.
	MaxInputBytes = MaxClientTagBytes + len("@ ") + MaxLineBytes - len("\r\n")
)

// Message is a parsed line. The command is upper-case ASCII, and the tags are unescaped. The prefix can be nil, because
// clients must not send one.
type Message = irc.Message

// The errors of Parse. Only ErrTooLong and ErrBadByte need an answer; the others mean that the line has no valid
// command.
var (
	ErrEmpty      = errors.New("wire: the line contains no command")
	ErrTooLong    = errors.New("wire: the line is too long")
	ErrBadByte    = errors.New("wire: the line contains a NUL or a carriage return")
	ErrBadCommand = errors.New("wire: a command can contain only ASCII letters and digits")
)

// Parse parses a line without its ending. The result does not refer to line. Its parameters share one string, so clone
// a parameter to keep it for long.
//
// If the error is in the tags or after them, the message still contains the tags, because the answer may need the
// label. With ErrTooLong, it also contains the command, or "" if there is none or it is not known. With ErrBadCommand,
// the command is the offending word, made printable.
func Parse(line []byte) (*Message, error) {
	line = bytes.TrimRight(line, "\r\n")
	tags, rest, err := splitTags(line)
	if hasBadByte(line) {
		if hasBadByte(tags) {
			tags = nil
		}
		return &Message{Tags: parseTags(tags)}, ErrBadByte
	}
	parsed := parseTags(tags)
	if errors.Is(err, ErrTooLong) {
		return &Message{Tags: parsed}, err
	}
	if err != nil {
		return nil, err
	}
	tooLong := len(rest) > MaxLineBytes-len("\r\n")
	rest = dropSource(bytes.TrimLeft(rest, " "))
	command, _, _ := bytes.Cut(rest, []byte(" "))
	if tooLong {
		m := &Message{Tags: parsed}
		if isCommand(command) {
			m.Command = strings.ToUpper(printable(command))
		}
		return m, ErrTooLong
	}
	if len(command) == 0 || command[0] == ':' {
		return &Message{Tags: parsed}, ErrEmpty
	}
	// The library upper-cases by Unicode rules, which would turn other letters into a command: "uſer" is not USER.
	if !isCommand(command) {
		return &Message{Tags: parsed, Command: printable(command)}, ErrBadCommand
	}
	// Parse the tags separately, so that a parameter that is kept does not keep the tags in memory.
	m, err := irc.ParseMessage(string(rest))
	if err != nil {
		return nil, ErrEmpty
	}
	m.Tags = parsed
	return m, nil
}

func hasBadByte(line []byte) bool {
	return bytes.IndexByte(line, 0) >= 0 || bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, '\n') >= 0
}

// parseTags returns the tags of a line, or nil if there are none.
func parseTags(tags []byte) irc.Tags {
	if len(tags) == 0 {
		return nil
	}
	m := irc.ParseTags(string(tags))
	delete(m, "")
	return m
}

// splitTags cuts the tags off a line, without their '@'. It drops tags that are not UTF-8: a value that cannot be
// decoded must be dropped, not replaced.
// https://ircv3.net/specs/extensions/message-tags#format
func splitTags(line []byte) (tags, rest []byte, err error) {
	if len(line) == 0 || line[0] != '@' {
		return nil, line, nil
	}
	tags, rest, found := bytes.Cut(line[1:], []byte(" "))
	switch {
	case len(tags) > MaxClientTagBytes:
		err = ErrTooLong
	case !found:
		return nil, nil, ErrEmpty
	}
	if !utf8.Valid(tags) {
		kept := make([][]byte, 0, 8)
		for _, tag := range bytes.Split(tags, []byte(";")) {
			if utf8.Valid(tag) {
				kept = append(kept, tag)
			}
		}
		tags = bytes.Join(kept, []byte(";"))
	}
	return tags, rest, err
}

// dropSource removes the source, which clients should not send and servers ignore.
// https://modern.ircdocs.horse/#source
func dropSource(line []byte) []byte {
	if len(line) == 0 || line[0] != ':' {
		return line
	}
	_, rest, _ := bytes.Cut(line, []byte(" "))
	return bytes.TrimLeft(rest, " ")
}

func isCommand(word []byte) bool {
	for _, b := range word {
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
		if !letter && (b < '0' || b > '9') {
			return false
		}
	}
	return true
}

// printable returns the word for use in an answer: shortened, and with '?' for each character that is not printable
// ASCII.
func printable(word []byte) string {
	const most = 32
	if len(word) > most {
		word = word[:most]
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, string(word))
}

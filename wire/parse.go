package wire

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	irc "gopkg.in/irc.v4"
)

// Limits of one line, in bytes.
const (
	// MaxLineBytes is the longest line without its tags, CR LF included.
	// https://modern.ircdocs.horse/#message-format
	MaxLineBytes = 512
	// MaxClientTagBytes bounds the tag data a client may send, without the '@' and the space.
	// https://ircv3.net/specs/extensions/message-tags#size-limit
	MaxClientTagBytes = 4094
	// MaxInputBytes is the longest line that a client may send, tags included, CR LF excluded.
	MaxInputBytes = MaxClientTagBytes + len("@ ") + MaxLineBytes - len("\r\n")
)

// Message is one parsed line. Command is upper-case ASCII; Tags are unescaped; the Prefix, which clients must not
// send, may be nil.
type Message = irc.Message

// Errors of Parse. Only ErrTooLong and ErrBadByte deserve an answer; the others are lines without a command.
var (
	ErrEmpty      = errors.New("wire: no command in the line")
	ErrTooLong    = errors.New("wire: the line is too long")
	ErrBadByte    = errors.New("wire: NUL or carriage return inside the line")
	ErrBadCommand = errors.New("wire: a command has only ASCII letters and digits")
)

// Parse reads one line without its ending. The result shares nothing with line; its parameters share one string, so
// whoever keeps one for long clones it.
//
// With an error in or after the tags the message holds these, for the label of the answer; on ErrTooLong its Command as well, ""
// when that is none or is not known, and on ErrBadCommand the offending word as its Command, made printable.
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
	// The library upper-cases by Unicode, which would make a command of letters that are not: "uſer" is not USER.
	if !isCommand(command) {
		return &Message{Tags: parsed, Command: printable(command)}, ErrBadCommand
	}
	// Tags and the rest are parsed apart, so that a word of the line that is kept does not keep the tags with it.
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

// parseTags are the tags of a line, nil when there are none.
func parseTags(tags []byte) irc.Tags {
	if len(tags) == 0 {
		return nil
	}
	m := irc.ParseTags(string(tags))
	delete(m, "")
	return m
}

// splitTags cuts off the tags, without their '@', and drops those whose bytes are not UTF-8: a value that cannot be
// decoded is dropped, never substituted.
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

// dropSource removes a source, which clients must not send and servers ignore.
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

// printable is the word, bounded, with all that is not printable ASCII as '?', fit for an answer.
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

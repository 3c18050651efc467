package state

import (
	"strings"
	"unicode/utf8"
)

// Casemapping defines which characters of a name are equal.
// https://modern.ircdocs.horse/#casemapping-parameter
type Casemapping string

// The two casemappings.
const (
	ASCII   Casemapping = "ascii"
	RFC1459 Casemapping = "rfc1459"
)

// ChannelTypes lists the characters that a channel name may start with.
// https://modern.ircdocs.horse/#chantypes-parameter
const ChannelTypes = "#"

// Fold returns the form in which a name is looked up and compared.
func (c Casemapping) Fold(name string) string {
	changes := &asciiFolds
	if c == RFC1459 {
		changes = &rfc1459Folds
	}
	for i := 0; i < len(name); i++ {
		if changes[name[i]] {
			return c.foldSlow(name)
		}
	}
	return name
}

// asciiFolds and rfc1459Folds have the bytes that folding changes. Most names have none, and finding that out is what
// folding costs.
var asciiFolds, rfc1459Folds = ASCII.folds(), RFC1459.folds()

func (c Casemapping) folds() (changes [256]bool) {
	for b := range changes {
		changes[b] = c.lower(byte(b)) != byte(b)
	}
	return changes
}

func (c Casemapping) foldSlow(name string) string {
	out := make([]byte, len(name))
	for i := range out {
		out[i] = c.lower(name[i])
	}
	return string(out)
}

func (c Casemapping) lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 'a' - 'A'
	}
	if c == RFC1459 {
		switch b {
		case '[', '\\', ']':
			return b + '{' - '['
		case '~':
			return '^'
		}
	}
	return b
}

// ValidNick reports whether a nick has only letters, digits and -_[]{}\`^| and does not start with a digit or hyphen.
// Other alphabets are not allowed because the casemapping cannot fold them: different users could have nicks that look
// the same.
// https://modern.ircdocs.horse/#clients
func ValidNick(nick string) bool {
	for i := 0; i < len(nick); i++ {
		b := nick[i]
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', strings.IndexByte("_[]{}\\`^|", b) >= 0:
		case i > 0 && (b == '-' || b >= '0' && b <= '9'):
		default:
			return false
		}
	}
	return nick != ""
}

// ValidChannelName reports whether a channel may have this name: a channel type, followed by anything except space,
// comma, colon, control characters (BEL, and formatting codes that make names look alike) and invisible characters.
// https://modern.ircdocs.horse/#channels
func ValidChannelName(name string) bool {
	if len(name) < 2 || !IsChannelName(name) {
		return false
	}
	for _, r := range name[1:] {
		if r <= ' ' || r == ',' || r == ':' || r == 0x7f || r >= 0x80 && r < 0xa0 || isInvisible(r) {
			return false
		}
	}
	return true
}

// isInvisible reports whether a character shows nothing or changes the direction of text. Such characters make
// different names look the same.
func isInvisible(r rune) bool {
	switch {
	case r == 0x00a0, r == 0x00ad, r == 0x034f, r == 0x061c, r == 0x3000, r == 0xfeff,
		r >= 0x2000 && r <= 0x200f, r >= 0x2028 && r <= 0x202f, r >= 0x205f && r <= 0x206f:
		return true
	}
	return false
}

// IsChannelName reports whether a target is meant to be a channel, by its first character.
func IsChannelName(target string) bool {
	return target != "" && strings.IndexByte(ChannelTypes, target[0]) >= 0
}

// keep returns a text in the form that the state keeps: cut to at most most bytes at the edge of a rune, and copied,
// so that a word does not keep the whole line that contained it in memory.
func keep(text string, most int) string {
	if len(text) > most {
		end := most
		for end > 0 && end > most-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		if !utf8.RuneStart(text[end]) {
			end = most // not UTF-8: cut anywhere
		}
		text = text[:end]
	}
	return strings.Clone(text)
}

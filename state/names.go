package state

import (
	"strings"
	"unicode/utf8"
)

// Casemapping says which letters of a name are the same.
// https://modern.ircdocs.horse/#casemapping-parameter
type Casemapping string

// The two casemappings.
const (
	ASCII   Casemapping = "ascii"
	RFC1459 Casemapping = "rfc1459"
)

// ChannelTypes are the characters a channel's name may start with.
// https://modern.ircdocs.horse/#chantypes-parameter
const ChannelTypes = "#"

// Fold is the form of a name under which it is found and compared.
func (c Casemapping) Fold(name string) string {
	for i := 0; i < len(name); i++ {
		if c.lower(name[i]) != name[i] {
			return c.foldSlow(name)
		}
	}
	return name
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

// ValidNick tells whether a nick has only letters, digits and -_[]{}\`^| and starts with neither digit nor hyphen.
// Other alphabets are left out while the casemapping cannot fold them: two nicks that look the same would be two users.
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

// ValidChannelName tells whether a channel may be called so: a channel type, then anything but space, comma, colon
// and control characters (BEL, and the formatting codes with which names can be made to look alike).
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

// isInvisible: characters that show nothing, or turn the text round, make two names look the same.
func isInvisible(r rune) bool {
	switch {
	case r == 0x00a0, r == 0x00ad, r == 0x034f, r == 0x061c, r == 0x3000, r == 0xfeff,
		r >= 0x2000 && r <= 0x200f, r >= 0x2028 && r <= 0x202f, r >= 0x205f && r <= 0x206f:
		return true
	}
	return false
}

// IsChannelName tells whether a target is meant as a channel, by its first character.
func IsChannelName(target string) bool {
	return target != "" && strings.IndexByte(ChannelTypes, target[0]) >= 0
}

// keep is a text as the state keeps it: cut to at most most bytes at a rune's edge, and a copy, so that a word does not
// hold the whole line in memory that it came in.
func keep(text string, most int) string {
	if len(text) > most {
		end := most
		for end > 0 && end > most-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		if !utf8.RuneStart(text[end]) {
			end = most // no UTF-8: any byte is an edge
		}
		text = text[:end]
	}
	return strings.Clone(text)
}

package wire

import (
	"slices"
	"strings"
	"unicode/utf8"

	irc "gopkg.in/irc.v4"
)

// Tag is a message tag. Its value is not escaped yet.
type Tag struct {
	Key, Value string
}

// Line is a line to write.
type Line struct {
	// Tags are written in this order. SortedTags returns them sorted.
	Tags []Tag
	// Source is a server's name or nick!user@host; "" means none.
	Source  string
	Command string
	// Only the last of Params can be empty, contain spaces or start with a colon. It is cut, at the edge of a
	// character, if the line would become longer than MaxLineBytes.
	Params []string
	// Text says that the last parameter is free text. It then gets its colon even if it is a single word, because some
	// clients that were written from examples expect it.
	Text bool
}

// Append appends the line, with its CR LF, to dst.
func Append(dst []byte, l Line) []byte {
	dst = AppendTags(dst, l.Tags)
	start := len(dst)
	if l.Source != "" {
		dst = append(dst, ':')
		dst = append(dst, l.Source...)
		dst = append(dst, ' ')
	}
	dst = append(dst, l.Command...)
	last := len(l.Params) - 1
	for i, p := range l.Params {
		dst = append(dst, ' ')
		if i < last {
			dst = appendMiddle(dst, p)
			continue
		}
		if l.Text || p == "" || p[0] == ':' || strings.IndexByte(p, ' ') >= 0 {
			dst = append(dst, ':')
		}
		dst = appendText(dst, p)
	}
	if most := start + MaxLineBytes - len("\r\n"); len(dst) > most {
		dst = dst[:start+len(Cut(string(dst[start:]), most-start))]
	}
	return append(dst, '\r', '\n')
}

// AppendTags appends the tags as they are written in front of a line, with the '@' and a space. It appends nothing if
// there are no tags.
func AppendTags(dst []byte, tags []Tag) []byte {
	for i, t := range tags {
		if i == 0 {
			dst = append(dst, '@')
		} else {
			dst = append(dst, ';')
		}
		dst = append(dst, t.Key...)
		if t.Value != "" {
			dst = append(dst, '=')
			dst = appendTagValue(dst, t.Value)
		}
	}
	if len(tags) > 0 {
		dst = append(dst, ' ')
	}
	return dst
}

// appendTagValue appends a tag's value with the necessary escapes.
// https://ircv3.net/specs/extensions/message-tags#escaping-values
func appendTagValue(dst []byte, v string) []byte {
	for i := 0; i < len(v); i++ {
		switch b := v[i]; b {
		case ';':
			dst = append(dst, '\\', ':')
		case ' ':
			dst = append(dst, '\\', 's')
		case '\\':
			dst = append(dst, '\\', '\\')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\n':
			dst = append(dst, '\\', 'n')
		case 0:
		default:
			dst = append(dst, b)
		}
	}
	return dst
}

// appendMiddle appends a parameter that is not the last. If the parameter is empty, starts with a colon or contains a
// space or line end, the caller has a bug. Then it is changed here, because an odd parameter is better than an injected
// one.
func appendMiddle(dst []byte, p string) []byte {
	if p == "" {
		return append(dst, '*')
	}
	if p[0] == ':' {
		dst = append(dst, '0') // "::1" becomes "0::1", which means the same address
	}
	for i := 0; i < len(p); i++ {
		switch b := p[i]; b {
		case ' ', '\r', '\n', 0:
			dst = append(dst, '_')
		default:
			dst = append(dst, b)
		}
	}
	return dst
}

func appendText(dst []byte, p string) []byte {
	if strings.IndexByte(p, '\n') < 0 && strings.IndexByte(p, '\r') < 0 && strings.IndexByte(p, 0) < 0 {
		return append(dst, p...)
	}
	for i := 0; i < len(p); i++ {
		switch b := p[i]; b {
		case '\r', '\n', 0:
			dst = append(dst, ' ')
		default:
			dst = append(dst, b)
		}
	}
	return dst
}

// Cut shortens s to at most most bytes, without splitting a character. Each byte that is not UTF-8 counts as a
// character.
func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	if most <= 0 {
		return ""
	}
	for i := most; i >= 0 && i > most-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			return s[:i]
		}
	}
	return s[:most]
}

// ClientOnlyTags returns the tags of m that a server relays, sorted by key, or nil. dropped: m has client-only tags
// with invalid keys, which are left out. They are no reason to refuse the message.
// https://ircv3.net/specs/extensions/message-tags#client-only-tags
func ClientOnlyTags(m *Message) (tags []Tag, dropped bool) {
	if len(m.Tags) == 0 {
		return nil, false
	}
	tags = SortedTags(m.Tags, func(key string) bool {
		name, clientOnly := strings.CutPrefix(key, "+")
		valid := clientOnly && validTagName(name)
		dropped = dropped || clientOnly && !valid
		return valid
	})
	return tags, dropped
}

// validTagName reports whether a tag's key, without its '+', has the form that the specification gives: [vendor/]name.
// https://ircv3.net/specs/extensions/message-tags#format
func validTagName(text string) bool {
	const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	vendor, name, vendored := strings.Cut(text, "/")
	if !vendored {
		name, vendor = vendor, "-"
	}
	return name != "" && vendor != "" && strings.Trim(name, alphanumeric) == "" && strings.Trim(vendor, alphanumeric+".") == ""
}

// SortedTags returns the tags whose key passes keep, sorted by key.
func SortedTags(tags irc.Tags, keep func(key string) bool) []Tag {
	var list []Tag
	for k, v := range tags {
		if keep(k) {
			list = append(list, Tag{k, v})
		}
	}
	slices.SortFunc(list, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return list
}

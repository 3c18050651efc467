package commands

import (
	"strings"
	"time"

	"bavard/state"
)

// durationText formats a duration in the form that users type, to the second.
func durationText(d time.Duration) string { return state.FormatDuration(int64(d)) }

// takeDuration removes an optional duration from the front of the words. If the first word starts with a digit or a
// sign, it must be a valid duration, and is refused if not: otherwise a ban for 1hour would be permanent, with 1hour as
// a part of its reason.
func (c *Call) takeDuration(words []string) (d time.Duration, rest []string, given, ok bool) {
	if len(words) == 0 || words[0] == "" || !strings.ContainsRune("0123456789+-", rune(words[0][0])) {
		return 0, words, false, true
	}
	n, ok := state.ParseDuration(words[0], 0)
	if !ok {
		c.refuseDuration(words[0], "; text that starts with a digit or sign needs a duration before it")
	}
	return time.Duration(n), words[1:], true, ok
}

// readDuration parses a word that must be a duration.
func (c *Call) readDuration(word string) (d time.Duration, ok bool) {
	n, ok := state.ParseDuration(word, 0)
	if !ok {
		c.refuseDuration(word, "")
	}
	return time.Duration(n), ok
}

func (c *Call) refuseDuration(word, hint string) {
	word, _, _ = strings.Cut(word, " ")
	c.refuse("INVALID_DURATION", excerpt(word)+" is not a duration; use "+state.DurationHelp+", or 0 for no end"+hint)
}

// durationFirst removes a duration that comes before a target, as on some servers. The first word is the target unless
// it looks like a duration and a second word follows.
func (c *Call) durationFirst(words []string) (d time.Duration, rest []string, given, ok bool) {
	if len(words) < 2 || !looksLikeDuration(words[0]) {
		return 0, words, false, true
	}
	return c.takeDuration(words)
}

// looksLikeDuration reports whether a word is a duration or a mistyped one, such as 1hour, 1.5h or +1h, and not the
// start of an address or a host name.
func looksLikeDuration(word string) bool {
	isDigit := func(r rune) bool { return r >= '0' && r <= '9' }
	rest := strings.TrimLeft(strings.TrimLeft(word, "+-"), "0123456789")
	if whole := strings.TrimLeft(word, "+-"); whole == rest {
		return false
	}
	if strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, ",") {
		if rest = rest[1:]; rest == "" || !isDigit(rune(rest[0])) {
			return false
		}
	}
	return strings.IndexFunc(rest, func(r rune) bool { return !isDigit(r) && (r|0x20 < 'a' || r|0x20 > 'z') }) < 0
}

package commands

import (
	"strings"
	"time"

	"bavard/state"
)

// durationText writes a duration as people give it, to the second.
func durationText(d time.Duration) string { return state.FormatDuration(int64(d)) }

// takeDuration takes a duration from the front of the words, where it is optional. A word there that starts with a digit
// or a sign is meant as one, so what cannot be read is refused and not taken for the next word: a ban for 1hour would
// otherwise be permanent.
func (c *Call) takeDuration(words []string) (d time.Duration, rest []string, given, ok bool) {
	if len(words) == 0 || words[0] == "" || !strings.ContainsRune("0123456789+-", rune(words[0][0])) {
		return 0, words, false, true
	}
	n, ok := state.ParseDuration(words[0], 0)
	if !ok {
		c.refuseDuration(words[0], "; put one before text that starts with a digit or sign")
	}
	return time.Duration(n), words[1:], true, ok
}

// readDuration reads a word that has to be a duration.
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

// durationFirst takes a duration that stands before a target, as on some servers. The first word is the target unless it
// looks like a duration and another word follows.
func (c *Call) durationFirst(words []string) (d time.Duration, rest []string, given, ok bool) {
	if len(words) < 2 || !looksLikeDuration(words[0]) {
		return 0, words, false, true
	}
	return c.takeDuration(words)
}

// looksLikeDuration reports whether a word is a duration or a slip in writing one, such as 1hour, 1.5h or +1h, and not the
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

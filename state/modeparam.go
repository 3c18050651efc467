package state

import (
	"math"
	"strconv"
	"strings"
)

func checkMask(p *Policy, param string) (tidy, why string, ok bool) {
	tidy, _, ok = p.parseMask(param, extbanDepth)
	if !ok {
		return "", "Not a valid mask: it must be nick!user@host or an extended ban of at most " + strconv.Itoa(p.MaskBytes) + " bytes", false
	}
	return tidy, "", true
}

// checkKey refuses keys that a JOIN could not contain, such as those with a space or comma.
// https://modern.ircdocs.horse/#key-channel-mode
func checkKey(p *Policy, param string) (tidy, why string, ok bool) {
	if len(param) > p.KeyBytes {
		return "", "A key may have at most " + strconv.Itoa(p.KeyBytes) + " bytes", false
	}
	if strings.ContainsAny(param, " ,") || param[0] == ':' {
		return "", "A key may not contain spaces or commas, or start with a colon", false
	}
	for _, r := range param {
		if r < ' ' || r == 0x7f {
			return "", "A key may not contain control characters", false
		}
	}
	return param, "", true
}

func checkLimit(_ *Policy, param string) (tidy, why string, ok bool) {
	n, err := strconv.Atoi(param)
	if err != nil || n < 1 || n > 1_000_000 {
		return "", "The limit must be a number from 1 to 1000000", false
	}
	return strconv.Itoa(n), "", true
}

// maskTest compiles a mask in its normal form; nil when it is not valid.
func maskTest(p *Policy, tidy string) *mask {
	unbounded := *p // an entry that was short enough when it was set stays valid when the bound changes
	unbounded.MaskBytes = math.MaxInt32
	if _, test, ok := unbounded.parseMask(tidy, extbanDepth); ok {
		return test
	}
	return nil
}

func parseNumber(tidy string) any {
	n, err := strconv.Atoi(tidy)
	if err != nil {
		return 0 // check lets no such text through
	}
	return n
}

// parseSpan reads a duration as seconds, at most most and not 0; a number without a unit means seconds.
func parseSpan(text string, most int64) (seconds int64, ok bool) {
	nanoseconds, ok := ParseDuration(text, second)
	seconds = nanoseconds / second
	return seconds, ok && seconds > 0 && seconds <= most
}

func checkSlow(_ *Policy, param string) (tidy, why string, ok bool) {
	const most = 6 * 3600
	n, ok := parseSpan(param, most)
	if !ok {
		return "", "The parameter must be a time of at most 6h, such as 10 (seconds), 2m or 1h30m", false
	}
	return strconv.FormatInt(n, 10), "", true
}

// parseSeconds returns nanoseconds.
func parseSeconds(tidy string) any { return int64(parseNumber(tidy).(int)) * second }

// checkRate parses "count:seconds".
func checkRate(_ *Policy, param string) (tidy, why string, ok bool) {
	count, span, _ := strings.Cut(param, ":")
	n, err := strconv.Atoi(count)
	seconds, ok := parseSpan(span, 3600)
	if err != nil || n < 1 || n > 1000 || !ok {
		return "", "The parameter must be a number from 1 to 1000 and a time of at most 1h, such as 5:10 (seconds) or 5:2m", false
	}
	return strconv.Itoa(n) + ":" + strconv.FormatInt(seconds, 10), "", true
}

func parseRate(tidy string) any {
	count, span, _ := strings.Cut(tidy, ":")
	return rate{count: int64(parseNumber(count).(int)), span: parseSeconds(span).(int64)}
}

// replay is how much history is shown to users who join; span 0: of any age.
type replay struct {
	lines int
	span  int64
}

// checkReplay parses "lines" or "lines:time".
func checkReplay(_ *Policy, param string) (tidy, why string, ok bool) {
	const mostLines, mostSpan = 50, 28 * 86400
	lines, span, timed := strings.Cut(param, ":")
	n, err := strconv.Atoi(lines)
	seconds, ok := parseSpan(span, mostSpan)
	if err != nil || n < 1 || n > mostLines || timed && !ok {
		return "", "The parameter must be a number of lines from 1 to 50 and a time of at most 4w, such as 20:3600 (seconds) or 20:1h", false
	}
	if !timed {
		return strconv.Itoa(n), "", true
	}
	return strconv.Itoa(n) + ":" + strconv.FormatInt(seconds, 10), "", true
}

func parseReplay(tidy string) any {
	lines, span, timed := strings.Cut(tidy, ":")
	r := replay{lines: parseNumber(lines).(int)}
	if timed {
		r.span = parseSeconds(span).(int64)
	}
	return r
}

// Replay returns how many of the last messages are shown to users who join, and their greatest age in nanoseconds (0:
// any).
func (c *Channel) Replay() (lines int, span int64) {
	r, _ := c.parsed('H').(replay)
	return r.lines, r.span
}

package state

import (
	"strconv"
	"strings"
)

// Durations have one grammar, in commands, mode parameters and options alike: one or more numbers, each with a unit,
// such as 2h or 1d12h, or 0.

const (
	second = int64(1e9)
	minute = 60 * second
	day    = 24 * 60 * minute
)

// MostDuration is the longest duration that can be given, in nanoseconds: a hundred years.
const MostDuration = 100 * 365 * day

// DurationHelp describes the grammar for a refusal.
const DurationHelp = "numbers with a unit (s, m, h, d, w or y), such as 30m, 2h or 1d12h, at most 100y"

// durationUnits are the units of durations, the largest first. There is no month, because it would be read as a minute.
var durationUnits = []struct {
	name string
	span int64
}{
	{"y", 365 * day}, {"w", 7 * day}, {"d", day}, {"h", 60 * minute}, {"m", minute}, {"s", second}, {"ms", second / 1000},
}

// ParseDuration returns the nanoseconds of a duration of whole seconds. A single number without a unit is taken in the
// unit bare; when bare is 0 it is refused, because half of the IRC servers would take it for minutes and the others
// for seconds. No duration is written 0, in no other way: 0s may be a slip, and for a ban it would mean for good.
func ParseDuration(text string, bare int64) (nanoseconds int64, ok bool) {
	if bare > 0 && isNumber(text) && text != "0" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n == 0 || n > MostDuration/bare {
			return 0, false
		}
		return n * bare, true
	}
	nanoseconds, ok = ParseFineDuration(text)
	return nanoseconds, ok && nanoseconds%second == 0 && (nanoseconds > 0 || text == "0")
}

// ParseFineDuration is ParseDuration with the additional unit ms. Every number needs a unit.
func ParseFineDuration(text string) (nanoseconds int64, ok bool) {
	if text == "0" {
		return 0, true
	}
	ok = text != ""
	for text != "" {
		rest := strings.TrimLeft(text, "0123456789")
		n, err := strconv.ParseInt(text[:len(text)-len(rest)], 10, 64)
		text = strings.TrimLeftFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		span := unitSpan(rest[:len(rest)-len(text)])
		if err != nil || span == 0 || n > (MostDuration-nanoseconds)/span {
			return 0, false
		}
		nanoseconds += n * span
	}
	return nanoseconds, ok
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func unitSpan(name string) int64 {
	for _, u := range durationUnits {
		if ASCII.Fold(name) == u.name {
			return u.span
		}
	}
	return 0
}

// FormatDuration writes a duration in the form that ParseDuration reads, in whole seconds. Less than a second is "0s".
func FormatDuration(nanoseconds int64) string {
	if nanoseconds < second {
		return "0s"
	}
	return FormatFineDuration(nanoseconds - nanoseconds%second)
}

// FormatFineDuration writes a duration in the form that ParseFineDuration reads.
func FormatFineDuration(nanoseconds int64) string {
	var text []byte
	for _, u := range durationUnits {
		if n := nanoseconds / u.span; n > 0 {
			text = append(strconv.AppendInt(text, n, 10), u.name...)
			nanoseconds -= n * u.span
		}
	}
	if text == nil {
		return "0"
	}
	return string(text)
}

package commands

import (
	"strconv"
	"strings"
	"time"
)

// durationUnits are the units in which people give durations, the largest first.
var durationUnits = []struct {
	letter byte
	span   time.Duration
}{
	{'y', 365 * 24 * time.Hour}, {'w', 7 * 24 * time.Hour}, {'d', 24 * time.Hour}, {'h', time.Hour}, {'m', time.Minute}, {'s', time.Second},
}

// mostDuration bounds what can be given: a hundred years.
const mostDuration = 100 * 365 * 24 * time.Hour

// parseDuration reads "2h", "1d12h" or "0" (for good). A number without a unit is none: half of the servers would take it
// for minutes, the others for seconds.
func parseDuration(text string) (d time.Duration, ok bool) {
	if text == "0" {
		return 0, true
	}
	for text != "" {
		digits := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if digits <= 0 {
			return 0, false
		}
		n, err := strconv.ParseInt(text[:digits], 10, 32)
		span := unitSpan(text[digits])
		if err != nil || span == 0 || time.Duration(n) > (mostDuration-d)/span {
			return 0, false
		}
		d += time.Duration(n) * span
		text = text[digits+1:]
	}
	return d, d > 0 && d <= mostDuration
}

func unitSpan(letter byte) time.Duration {
	for _, u := range durationUnits {
		if u.letter == letter|0x20 {
			return u.span
		}
	}
	return 0
}

// durationText writes a duration as parseDuration reads it, to the second.
func durationText(d time.Duration) string {
	text := ""
	for _, u := range durationUnits {
		if n := d / u.span; n > 0 {
			text += strconv.FormatInt(int64(n), 10) + string(rune(u.letter))
			d -= n * u.span
		}
	}
	if text == "" {
		return "0s"
	}
	return text
}

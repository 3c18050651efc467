package main

import (
	"fmt"
	"io"
	"time"
)

// progress is called with how much of a long task is done, and how much there is in all: bytes, or things to examine.
type progress func(what string, done, all int64)

const (
	// progressOften is how often a terminal shows progress, and progressSeldom how often other output and operators get a
	// line.
	progressOften  = 100 * time.Millisecond
	progressSeldom = 5 * time.Second
)

// showProgress shows progress on w: on a terminal as one line that changes, which end removes, otherwise as a new line
// every few seconds.
func showProgress(w io.Writer) (p progress, end func()) {
	_, terminal := terminalOf(w)
	if !terminal {
		return every(progressSeldom, time.Now, func(text string) { fmt.Fprintln(w, text) }), func() {}
	}
	shown := false
	show := func(text string) {
		shown = true
		fmt.Fprintf(w, "\r\x1b[K%s", text)
	}
	return every(progressOften, time.Now, show), func() {
		if shown {
			fmt.Fprint(w, "\r\x1b[K")
		}
	}
}

// every returns a progress that calls say at most once per pause.
func every(pause time.Duration, now func() time.Time, say func(text string)) progress {
	last := now()
	return func(what string, done, all int64) {
		if at := now(); at.Sub(last) >= pause {
			last = at
			if all > 0 {
				what = fmt.Sprintf("%s: %d%%", what, min(done*100/all, 100))
			}
			say(what)
		}
	}
}

// sizeText returns a size as text for people.
func sizeText(bytes int64) string {
	for _, unit := range []struct {
		name  string
		bytes int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes >= unit.bytes {
			return fmt.Sprintf("%.1f %s", float64(bytes)/float64(unit.bytes), unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}

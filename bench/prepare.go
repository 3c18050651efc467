package main

import (
	"fmt"
	"strings"
	"time"
)

// builder is the client that creates channels and their lists. A new one connects for each row. The adversaries have
// the numbers after it.
const builder = crowdSize

func adversary(i int) int { return builder + 1 + i }

// measure connects the adversaries of a row, prepares the row, and measures it.
func (a *arena) measure(row attack) (result worstResult, err error) {
	a.row, a.lost, a.accepted = row, 0, 0
	a.rows++
	a.flying, a.next = map[int]int{}, map[int]int{}
	defer a.dismiss()
	if err := a.limit(false); err != nil {
		return result, err
	}
	if err := a.enter(builder, crowdAddress, fmt.Sprint("builder", a.rows), "batch draft/multiline message-tags"); err != nil {
		return result, err
	}
	for i := range adversaries {
		if err := a.enter(adversary(i), adversaryAddress, a.nickOf(i), row.caps); err != nil {
			return result, err
		}
	}
	if err := a.sync(); err != nil {
		return result, err
	}
	if row.before != nil {
		if err := row.before(a); err != nil {
			return result, err
		}
		if err := a.sync(); err != nil {
			return result, err
		}
	}
	if err := a.limit(true); err != nil {
		return result, err
	}
	return a.attackFor(a.b.slice)
}

func (a *arena) nickOf(i int) string { return fmt.Sprintf("a%dx%d", a.rows, i) }

// dismiss disconnects the clients of a row.
func (a *arena) dismiss() {
	for i := builder; i < len(a.clients); i++ {
		a.drop(i)
	}
	clear(a.waiting)
}

// attackFor lets the adversaries attack for the given time, next to a bystander.
func (a *arena) attackFor(length time.Duration) (result worstResult, err error) {
	const warmUp = 300 * time.Millisecond
	watcher, err := startBystander(a.server)
	if err != nil {
		return result, err
	}
	running := true
	defer func() {
		if running {
			_ = watcher.stop() // the earlier error matters
		}
	}()
	for until := time.Now().Add(warmUp); time.Now().Before(until); {
		if err := a.step(a.hear); err != nil {
			return result, err
		}
	}
	crowd := a.present(0, crowdSize)
	m, err := startMeter(a.server.pid)
	if err != nil {
		return result, err
	}
	watcher.measuring.Store(true)
	before, began := a.receivedBytes, time.Now()
	for until := began.Add(length); time.Now().Before(until); {
		if err := a.push(); err != nil {
			return result, err
		}
		if err := a.step(a.hear); err != nil {
			return result, err
		}
	}
	var s slice
	if err := m.stop(&s); err != nil {
		return result, err
	}
	elapsed := time.Since(began)
	watcher.measuring.Store(false)
	running = false
	stopped := make(chan error, 1)
	go func() { stopped <- watcher.stop() }() // ends when the bystander has ended
	for done := false; !done; {
		select {
		case err := <-stopped:
			if err != nil {
				return result, err
			}
			done = true
		default:
			if err := a.step(a.hear); err != nil { // otherwise nobody would read
				return result, err
			}
		}
	}
	return worstResult{
		waits: &watcher.waits, worst: watcher.worst, unanswered: watcher.open, cpu: float64(s.server.nanoseconds) / float64(elapsed.Nanoseconds()),
		lines: a.accepted, closed: a.lost + adversaries - a.present(adversary(0), adversary(adversaries)), bytes: a.receivedBytes - before, crowdLost: crowd - a.present(0, crowdSize),
	}, nil
}

// present returns how many of these clients are connected.
func (a *arena) present(from, until int) (n int) {
	for i := from; i < until; i++ {
		if a.clients[i].fd >= 0 {
			n++
		}
	}
	return n
}

// push sends as much for each adversary as it can have on its way. Each piece ends with a PING, whose answer shows that
// the piece was handled.
func (a *arena) push() error {
	if a.row.line == nil {
		return nil
	}
	for i := range adversaries {
		id := adversary(i)
		if a.clients[id].fd < 0 {
			if !a.row.rejoins {
				continue
			}
			a.lost++
			a.flying[id], a.next[id] = 0, 0
			if err := a.enter(id, adversaryAddress, fmt.Sprintf("%sx%d", a.nickOf(i), a.lost), a.row.caps); err != nil {
				return err
			}
		}
		for a.flying[id] < windowBytes/2 {
			var piece strings.Builder
			lines := 0
			for ; lines < 8 && piece.Len() < windowBytes/3; lines++ {
				piece.WriteString(a.row.line(i, a.next[id]))
				a.next[id]++
			}
			fmt.Fprintf(&piece, "PING w%d.%d\r\n", lines, piece.Len())
			a.flying[id] += piece.Len()
			if err := a.send(id, []byte(piece.String())); err != nil {
				return err
			}
			if a.clients[id].fd < 0 {
				break
			}
		}
	}
	return nil
}

// hear records that a piece was handled.
func (a *arena) hear(i int, line []byte) {
	if i <= builder {
		return
	}
	var lines, bytes int
	at := strings.LastIndex(string(line), " :w")
	if at < 0 {
		return
	}
	if n, _ := fmt.Sscanf(string(line[at:]), " :w%d.%d", &lines, &bytes); n == 2 {
		a.accepted += lines
		a.flying[i] = max(0, a.flying[i]-bytes)
	}
}

// joinCrowd makes the adversaries join the crowd's channels.
func joinCrowd(a *arena) error {
	return a.each(func(int) []string { return []string{"JOIN " + numbered("#crowd", crowdChannels)} })
}

// each sends lines for every adversary, and waits until they have been handled.
func (a *arena) each(lines func(i int) []string) error {
	for i := range adversaries {
		if err := a.tell(adversary(i), lines(i)...); err != nil {
			return err
		}
	}
	return a.sync()
}

// build sends lines for the builder, and waits until they have been handled.
func (a *arena) build(lines ...string) error {
	if err := a.tell(builder, lines...); err != nil {
		return err
	}
	return a.sync()
}

// lists returns MODE lines that add entries to a list of a channel, a few per line.
func lists(channel, letter string, n int, entry func(i int) string) (lines []string) {
	for first := 0; first < n; {
		line, count := "", 0
		for ; first < n && count < 4 && len(line) < 300; first++ {
			line += " " + entry(first)
			count++
		}
		lines = append(lines, "MODE "+channel+" +"+strings.Repeat(letter, count)+line)
	}
	return lines
}

// promote makes a client give all adversaries in a channel a rank there.
func (a *arena) promote(by int, channel string) error {
	var lines []string
	for first := 0; first < adversaries; first += 10 {
		line := "MODE " + channel + " +" + strings.Repeat("o", 10)
		for i := first; i < first+10; i++ {
			line += " " + a.nickOf(i)
		}
		lines = append(lines, line)
	}
	if err := a.tell(by, lines...); err != nil {
		return err
	}
	return a.sync()
}

func prepareFlags(a *arena) error {
	if err := a.build("JOIN #flags"); err != nil {
		return err
	}
	for i := range 100 {
		if err := a.tell(i, "JOIN #flags"); err != nil {
			return err
		}
	}
	if err := a.each(func(int) []string { return []string{"JOIN #flags"} }); err != nil {
		return err
	}
	return a.promote(builder, "#flags")
}

func prepareBans(a *arena) error {
	if err := a.build("JOIN #b"); err != nil {
		return err
	}
	if err := a.each(func(int) []string { return []string{"JOIN #b"} }); err != nil {
		return err
	}
	if err := a.promote(builder, "#b"); err != nil {
		return err
	}
	return a.build(append(lists("#b", "b", 97, slowEntry), "MODE #b +b *!*@*")...)
}

func prepareNick(a *arena) error {
	const channels = 49
	if err := a.build("JOIN " + numbered("#n", channels)); err != nil {
		return err
	}
	if err := a.each(func(int) []string { return []string{"JOIN " + numbered("#n", channels)} }); err != nil {
		return err
	}
	var lines []string
	for i := range channels {
		lines = append(lines, lists(fmt.Sprintf("#n%d", i), "b", 97, slowEntry)...)
	}
	return a.build(lines...)
}

func prepareInvite(channels int) func(a *arena) error {
	return func(a *arena) error {
		lines := []string{"JOIN " + numbered("#i", channels)}
		for i := range channels {
			name := fmt.Sprintf("#i%d", i)
			lines = append(append(lines, "MODE "+name+" +i"), lists(name, "I", 99, slowEntry)...)
		}
		return a.build(lines...)
	}
}

func prepareFilter(a *arena) error {
	lines := []string{"JOIN #f", "MODE #f +X filter:voice"}
	lines = append(lines, lists("#f", "g", 31, func(i int) string { return fmt.Sprintf("*%sb%02d?", strings.Repeat("a", 54), i) })...)
	if err := a.build(lines...); err != nil {
		return err
	}
	return a.each(func(int) []string { return []string{"JOIN #f"} })
}

func prepareList(a *arena) error {
	lines := []string{"JOIN #l"}
	lines = append(lines, lists("#l", "b", 100, func(i int) string { return fmt.Sprintf("%03d%s!*@*", i, strings.Repeat("x", 180)) })...)
	if err := a.build(lines...); err != nil {
		return err
	}
	return a.each(func(int) []string { return []string{"JOIN #l"} })
}

func prepareHistory(a *arena) error {
	if err := a.build("JOIN #h"); err != nil {
		return err
	}
	message := multiline("#h", 99, 35)(0, 0)
	for range 100 {
		if err := a.build(strings.TrimSuffix(message, "\r\n")); err != nil {
			return err
		}
	}
	return a.each(func(int) []string { return []string{"JOIN #h"} })
}

func prepareSync(a *arena) error {
	for i := range crowdSize {
		if err := a.tell(i, "METADATA * SET color :"+strings.Repeat("v", 200)); err != nil {
			return err
		}
	}
	if err := a.sync(); err != nil {
		return err
	}
	if err := joinCrowd(a); err != nil {
		return err
	}
	return a.each(func(int) []string { return []string{"METADATA * SUB color"} })
}

func prepareRanks(a *arena) error {
	if err := joinCrowd(a); err != nil {
		return err
	}
	return a.promote(0, "#crowd0") // the first client to join is the founder
}

func prepareSilence(a *arena) error {
	return a.each(func(int) []string {
		var lines []string
		for i := range 8 {
			line := "SILENCE "
			for j := range 4 {
				line += fmt.Sprintf("+%d%s!*@*,", 4*i+j, strings.Repeat("x", 90))
			}
			lines = append(lines, line)
		}
		return lines
	})
}

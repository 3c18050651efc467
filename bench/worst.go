package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// The benchmark of worst waits measures how much one address can slow a server down. 50 clients send the same verb as
// fast as the default flood limits allow, while a bystander without limits sends a PING and a message to itself every 5
// ms. The result is the longest time that the bystander waited.

const (
	adversaries = 50
	// crowdSize is how many users are in each of the crowd's channels.
	crowdSize = 1000
	// crowdChannels is how many channels all of them are in.
	crowdChannels = 25
	// windowBytes is about how much each adversary has on its way. It is less than the server's receive queue, because
	// the server disconnects a client that exceeds it.
	windowBytes = 6 << 10
	// syncBound is how long a step of the preparation can take.
	syncBound = 60 * time.Second
)

// The loopback addresses of each kind of client. The limits of each kind are a connection class.
var (
	adversaryAddress = [4]byte{127, 0, 0, 1}
	bystanderAddress = [4]byte{127, 0, 0, 2}
	crowdAddress     = [4]byte{127, 0, 0, 3}
)

// arena is a server with a crowd, and with the adversaries of one row at a time.
type arena struct {
	*swarm
	b          *bench
	contestant contestant
	row        attack
	rows       int  // the number of rows so far, for unused nicks
	limited    bool // flood limits are on
	// waiting contains the clients that have not answered the last sync yet.
	waiting map[int]bool
	syncs   int
	// flying is how many bytes each adversary has on its way, and next is the number of its next line.
	flying, next map[int]int
	accepted     int
	lost         int // connections of adversaries that the server ended
}

// worstResult is a row of the table.
type worstResult struct {
	waits         *histogram
	worst         time.Duration
	unanswered    int
	cpu           float64 // cores
	lines, closed int
	bytes         int64
	crowdLost     int
}

// measureWorst measures the rows with the given names, with each server in turn.
func measureWorst(b *bench, names string) error {
	rows, err := chooseAttacks(names)
	if err != nil {
		return err
	}
	if need := crowdSize + 2*adversaries + spareFiles; need > b.files {
		return fmt.Errorf("this needs %d open files, but the system allows only %d (ulimit -n)", need, b.files)
	}
	fmt.Fprintf(b.out, "\nthe worst wait of a bystander while %d clients of one address send one verb, %s each\n", adversaries, b.slice)
	arenas := map[string]*arena{}
	defer func() {
		for _, a := range arenas {
			a.stop()
		}
	}()
	t := tabwriter.NewWriter(b.out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "verb\tserver\tworst ms\tp99 ms\tp50 ms\tCPU\tlines\tMiB\tclosed\tcrowd lost\tunanswered\t")
	for _, row := range rows {
		for _, c := range b.contestants {
			result, err := measureAttack(b, arenas, c, row)
			if err != nil {
				return fmt.Errorf("%s with %s: %w", row.name, c.name, err)
			}
			fmt.Fprintf(t, "%s\t%s\t%.1f\t%.1f\t%.2f\t%.2f\t%d\t%.1f\t%d\t%d\t%d\t\n", row.name, c.name, milliseconds(result.worst),
				milliseconds(result.waits.quantile(0.99)), milliseconds(result.waits.quantile(0.5)), result.cpu, result.lines,
				float64(result.bytes)/(1<<20), result.closed, result.crowdLost, result.unanswered)
			fmt.Fprintf(b.progress, "%-10s %-10s worst %.1f ms, p99 %.1f ms\n", row.name, c.name, milliseconds(result.worst), milliseconds(result.waits.quantile(0.99)))
		}
	}
	flush(t)
	for _, row := range rows {
		fmt.Fprintf(b.out, "%-10s %s\n", row.name, row.title)
	}
	return nil
}

// measureAttack measures one row with one server. If the server loses a part of its crowd, it is restarted for the next
// row.
func measureAttack(b *bench, arenas map[string]*arena, c contestant, row attack) (result worstResult, err error) {
	a := arenas[c.name]
	if a == nil {
		if a, err = startArena(b, c); err != nil {
			return result, err
		}
		arenas[c.name] = a
	}
	result, err = a.measure(row)
	if err != nil || result.crowdLost > 0 || result.unanswered > 0 {
		a.stop()
		delete(arenas, c.name)
	}
	return result, err
}

// startArena starts a server and its crowd.
func startArena(b *bench, c contestant) (*arena, error) {
	c.configure = func(s setting) string { return shippedConfig(s, false) }
	s, err := b.start(c)
	if err != nil {
		return nil, err
	}
	a := &arena{swarm: s, b: b, contestant: c, waiting: map[int]bool{}}
	if err := a.gather(); err != nil {
		a.stop()
		return nil, fmt.Errorf("the crowd: %w", err)
	}
	return a, nil
}

func (a *arena) stop() {
	a.close()
	a.server.stop()
}

// gather registers the crowd, makes it join its channels, and makes each member join a channel of its own.
func (a *arena) gather() error {
	const atOnce = 50
	for first := 0; first < crowdSize; first += atOnce {
		for i := first; i < first+atOnce; i++ {
			if err := a.enter(i, crowdAddress, fmt.Sprintf("m%d", i), "userhost-in-names away-notify setname"); err != nil {
				return err
			}
			lines := []string{"JOIN " + numbered("#crowd", crowdChannels), fmt.Sprintf("JOIN #own%d", i), fmt.Sprintf("TOPIC #own%d :%s", i, strings.Repeat("t", 200))}
			if err := a.tell(i, lines...); err != nil {
				return err
			}
		}
		if err := a.sync(); err != nil {
			return err
		}
	}
	return nil
}

// numbered returns n names, separated by commas.
func numbered(name string, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(name, i)
	}
	return strings.Join(list, ",")
}

// enter connects and registers a client.
func (a *arena) enter(i int, source [4]byte, nick, caps string) error {
	for len(a.clients) <= i {
		a.clients = append(a.clients, client{fd: -1})
	}
	fd, err := dial(a.server.plain, source)
	if err != nil {
		return err
	}
	a.clients[i] = client{fd: fd, nick: nick}
	if err := a.watch(fd, int32(i)); err != nil {
		return err
	}
	realname := strings.Repeat("a", 140) // long, so that comparing it is slow
	if caps != "" {
		caps = "CAP REQ :" + caps + "\r\n"
	}
	return a.tell(i, caps+"NICK "+nick, "USER "+nick+" 0 * :"+realname, "CAP END")
}

// tell sends lines for a client. The next sync waits for them.
func (a *arena) tell(i int, lines ...string) error {
	a.waiting[i] = true
	return a.send(i, []byte(strings.Join(lines, "\r\n")+"\r\n"))
}

// sync waits until the lines of all clients that tell sent lines for have been handled.
func (a *arena) sync() error {
	a.syncs++
	for i := range a.waiting {
		if err := a.send(i, fmt.Appendf(nil, "PING s%d\r\n", a.syncs)); err != nil {
			return err
		}
	}
	token := fmt.Appendf(nil, " :s%d", a.syncs)
	for deadline := time.Now().Add(syncBound); len(a.waiting) > 0; {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d clients got no answer for %s", len(a.waiting), syncBound)
		}
		if err := a.step(func(i int, line []byte) {
			if bytes.HasSuffix(line, token) {
				delete(a.waiting, i)
			}
		}); err != nil {
			return err
		}
		for i := range a.waiting {
			if a.clients[i].fd < 0 {
				return fmt.Errorf("%s was disconnected: %s", a.clients[i].nick, a.clients[i].tail)
			}
		}
	}
	return nil
}

// step polls the sockets once, and passes each line to receive.
func (a *arena) step(receive func(i int, line []byte)) error {
	_, err := a.wait(func(i int, data []byte) {
		c := &a.clients[i]
		c.tail = eachLine(c.tail, data, func(line []byte) { receive(i, line) })
	})
	for i := range a.clients {
		if err == nil && len(a.clients[i].pending) > 0 {
			err = a.resume(i)
		}
	}
	if err != nil {
		return err
	}
	return a.sound(a.b.ctx)
}

// limit turns the default flood limits on or off. The clients learn that it has happened from a length in 005 that
// changes with them.
func (a *arena) limit(on bool) error {
	if a.limited == on {
		return nil
	}
	a.limited = on
	file := filepath.Join(a.server.dir, "bench.conf")
	if err := os.WriteFile(file, []byte(shippedConfig(a.server.setting, on)), 0o600); err != nil {
		return err
	}
	if err := a.server.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		return err
	}
	told, token := false, fmt.Appendf(nil, "AWAYLEN=%d", awayLength(on))
	for deadline := time.Now().Add(syncBound); !told; {
		if time.Now().After(deadline) {
			return fmt.Errorf("the server did not reload its configuration within %s", syncBound)
		}
		if err := a.step(func(i int, line []byte) { told = told || i == 0 && bytes.Contains(line, token) }); err != nil {
			return err
		}
	}
	return nil
}

func awayLength(on bool) int {
	if on {
		return 307 // the default
	}
	return 306
}

// shippedConfig returns the default configuration, with connection classes for the bystander and the crowd that have no
// flood limit. limited turns the limit for adversaries on.
func shippedConfig(s setting, limited bool) string {
	return bavardBasics(s) + fmt.Sprintf(`[limits]
away_length = %d

[flood]
enabled = %t

[[classes]]
name = "bystander"
networks = ["127.0.0.2/32"]
flood_rate = 10000
flood_burst = 100000

[[classes]]
name = "crowd"
networks = ["127.0.0.3/32"]
flood_rate = 10000
flood_burst = 100000

[log]
level = "warn"
`, awayLength(limited), limited)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// earsAtMost is how many clients record when lines arrive. They are spread over the groups, and over the members of
	// a large group, because the last of a thousand recipients waits longer than the first.
	earsAtMost = 64
	// drainBound is long enough for a busy server, and short compared with a run.
	drainBound = 3 * time.Second
)

// load describes what the clients of a swarm do for a while. All loads send the same kind of lines, but at different
// times.
//
// With a rate, lines are sent at regular intervals; the groups take turns, and so do the members of each group. Without
// a rate, the load is saturated: each group keeps as many lines on their way as the window says. A line is on its way
// until all its recipients have received it. Received lines are counted, so the loader sends exactly as fast as the
// server delivers, and no server's queue grows without limit: it holds at most one window per member.
type load struct {
	rate     int // lines per second, from all clients together; 0 means saturated
	window   int // lines on their way in each group, if saturated
	speakers int // how many members of a group speak; 0 means all
}

// slice holds the measurements of a server under a load.
type slice struct {
	sent      int64         // lines
	delivered int64         // lines, for all recipients together
	lost      int64         // deliveries that did not arrive; negative if the server sent lines that nobody requested
	received  int64         // bytes, in a burst
	closed    int           // connections that the server has ended
	elapsed   time.Duration // from the first line sent to the last one received
	server    usage
	loader    int64 // this process's CPU time, in nanoseconds
	others    int64 // the rest of the machine's CPU time, accurate to a tick
	latency   histogram
}

// perSecond returns how many lines were delivered per second.
func (s *slice) perSecond() float64 { return s.per(s.delivered) * float64(time.Second) }

// per divides by the elapsed time in nanoseconds. Applied to CPU time, the result is how many processors were busy.
func (s *slice) per(n int64) float64 {
	if s.elapsed == 0 { // nothing was received
		return 0
	}
	return float64(n) / float64(s.elapsed)
}

// cost returns the server's CPU time per delivered line, in nanoseconds.
func (s *slice) cost() float64 {
	if s.delivered == 0 {
		return 0
	}
	return float64(s.server.nanoseconds) / float64(s.delivered)
}

// talker puts a load on a swarm.
type talker struct {
	*swarm
	load
	slice
	start time.Time
	last  time.Duration // when the latest line arrived
	now   time.Duration // when the sockets were last polled
	turn  int           // the group that sends next
}

// talk puts a load on the swarm for the given time, waits for lines that are still on their way, and measures.
func (s *swarm) talk(ctx context.Context, l load, duration time.Duration) (*slice, error) {
	for i := range s.groups {
		s.groups[i].sent, s.groups[i].received = 0, 0
	}
	s.closed = 0
	t := &talker{swarm: s, load: l}
	m, err := startMeter(s.server.pid)
	if err != nil {
		return nil, err
	}
	t.start = time.Now()
	if l.rate > 0 {
		err = t.paced(ctx, duration)
	} else {
		err = t.saturated(ctx, duration)
	}
	if err == nil {
		err = t.drain(ctx)
	}
	if err == nil {
		err = m.stop(&t.slice)
	}
	if err != nil {
		return nil, fmt.Errorf("talking with %s: %w", s.server.name, err)
	}
	for i := range s.groups {
		t.sent += s.groups[i].sent
		t.delivered += s.groups[i].received
		t.lost += s.groups[i].outstanding()
	}
	t.slice.closed, t.elapsed = s.closed, t.last
	return &t.slice, nil
}

// listen chooses the ears. No lines may be on their way.
func (s *swarm) listen() {
	ears := min(earsAtMost, len(s.clients))
	for i := range ears {
		s.clients[i*len(s.clients)/ears].ear = true
	}
}

// paced sends at the load's rate. It catches up if a timer fires late.
func (t *talker) paced(ctx context.Context, duration time.Duration) error {
	timer, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("cannot create a timer: %w", err)
	}
	defer unix.Close(timer)
	interval := unix.NsecToTimespec(int64(time.Second) / int64(t.rate))
	if err := unix.TimerfdSettime(timer, 0, &unix.ItimerSpec{Interval: interval, Value: interval}, nil); err != nil {
		return fmt.Errorf("cannot set a timer: %w", err)
	}
	if err := t.watch(timer, timerEvent); err != nil {
		return err
	}
	expired := make([]byte, 8)
	for sent := int64(0); ; {
		fired, err := t.turnOnce(ctx)
		if err != nil || t.now >= duration {
			return err
		}
		if !fired {
			continue
		}
		// The number of expirations does not matter: the clock says how many lines are due.
		if _, err := unix.Read(timer, expired); err != nil && !errors.Is(err, unix.EAGAIN) {
			return fmt.Errorf("cannot read the timer: %w", err)
		}
		for due := int64(t.now) * int64(t.rate) / int64(time.Second); sent < due; sent++ {
			if err := t.speak(&t.groups[t.turn], 1); err != nil {
				return err
			}
			t.turn = (t.turn + 1) % len(t.groups)
		}
	}
}

// saturated keeps the windows of all groups full.
func (t *talker) saturated(ctx context.Context, duration time.Duration) error {
	for t.now < duration {
		for i := range t.groups {
			g := &t.groups[i]
			free := int64(t.window)*g.recipients() - g.outstanding()
			if n := int(free / g.recipients()); n > 0 {
				if err := t.speak(g, n); err != nil {
					return err
				}
			}
		}
		if _, err := t.turnOnce(ctx); err != nil {
			return err
		}
	}
	return nil
}

// drain waits until everything that was sent has been received, or until nothing arrives any more.
func (t *talker) drain(ctx context.Context) error {
	for t.now-t.last < t.patience {
		left := int64(0)
		for i := range t.groups {
			left += max(t.groups[i].outstanding(), 0)
		}
		if left == 0 {
			return nil
		}
		for i := range t.clients {
			if err := t.resume(i); err != nil {
				return err
			}
		}
		if _, err := t.turnOnce(ctx); err != nil {
			return err
		}
	}
	return nil
}

// turnOnce polls the sockets once, and counts what arrived.
func (t *talker) turnOnce(ctx context.Context) (timer bool, err error) {
	timer, err = t.wait(t.receive)
	t.now = time.Since(t.start)
	if err == nil {
		err = t.sound(ctx)
	}
	return timer, err
}

// receive counts the lines of one read.
func (t *talker) receive(i int, data []byte) {
	c := &t.clients[i]
	n := countLines(data)
	t.groups[c.group].received += n
	if n > 0 {
		t.last = time.Since(t.start)
	}
	if !c.ear {
		return
	}
	c.tail = eachLine(c.tail, data, func(line []byte) {
		if sent, ok := stampOf(line); ok {
			t.latency.add(t.last - sent)
		}
	})
}

// speak sends n lines in a group. The speakers take turns. If there are more lines than speakers, each sends a share of
// them in one write.
func (t *talker) speak(g *group, n int) error {
	g.sent += int64(n)
	speakers := len(g.members)
	if t.speakers > 0 {
		speakers = min(speakers, t.speakers)
	}
	for left := n; left > 0; {
		from := g.members[g.speaker]
		target := g.channel
		if target == "" { // a pair
			target = t.clients[g.members[1-g.speaker]].nick
		}
		g.speaker = (g.speaker + 1) % speakers
		share := min(left, (n+speakers-1)/speakers)
		left -= share
		t.line = t.line[:0]
		for range share {
			t.line = appendMessage(t.line, target, time.Since(t.start))
		}
		if err := t.send(int(from), t.line); err != nil {
			return err
		}
	}
	return nil
}

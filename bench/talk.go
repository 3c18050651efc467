package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// earsAtMost is how many clients take note of when lines arrive. They are spread over the groups, and over the members of a large group, because
	// the last of a thousand recipients waits longer than the first.
	earsAtMost = 64
	// drainBound is long enough for a server that has much else to do, and short beside a run.
	drainBound = 3 * time.Second
)

// load is what the clients of a swarm do for a while. Their texts are alike; they differ in when the next one is sent.
//
// With a rate, lines are sent at even distances, the groups and in each group the members taking turns. Without one, the load is saturated: each group
// keeps as many lines on their way as window says. A line is on its way until all its recipients have it; what they received is counted, not guessed. So
// the loader sends as fast as the server delivers, and no server's queue grows without a bound: it holds at most the window for each member.
type load struct {
	rate     int // lines a second that all clients together send; 0: saturated
	window   int // lines on their way in each group, when saturated
	speakers int // how many members of a group speak; 0: all
}

// slice is what was measured while a load was on a server.
type slice struct {
	sent      int64         // lines
	delivered int64         // lines, to all recipients together
	lost      int64         // deliveries that did not come; negative: the server sent what nobody asked for
	received  int64         // bytes, of a burst
	closed    int           // connections that the server has ended
	elapsed   time.Duration // from the first line sent to the last one received
	server    usage
	loader    int64 // this process's CPU time, in nanoseconds
	others    int64 // that of the rest of the machine, to the tick
	latency   histogram
}

// perSecond is how many lines were delivered in a second.
func (s *slice) perSecond() float64 { return s.per(s.delivered) * float64(time.Second) }

// per divides by the time that has passed, in nanoseconds: lines by it, or CPU time, which gives how many processors were busy.
func (s *slice) per(n int64) float64 {
	if s.elapsed == 0 { // nothing was received
		return 0
	}
	return float64(n) / float64(s.elapsed)
}

// cost is the CPU time of the server for each delivered line, in nanoseconds.
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
	now   time.Duration // when the sockets were looked at last
	turn  int           // the group that sends next
}

// talk puts a load on the swarm for the given time, waits for what is still on its way, and measures.
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

// listen chooses the ears. Nothing may be on its way.
func (s *swarm) listen() {
	ears := min(earsAtMost, len(s.clients))
	for i := range ears {
		s.clients[i*len(s.clients)/ears].ear = true
	}
}

// paced sends at the load's rate. A timer that is late is made up for.
func (t *talker) paced(ctx context.Context, duration time.Duration) error {
	timer, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("cannot make a timer: %w", err)
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
		// How often it has expired does not matter, the clock tells how many lines are due.
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

// saturated fills up the windows of all groups, again and again.
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

// drain waits until all that was sent has been received, or nothing comes any more.
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

// turnOnce looks at the sockets once, and counts what came.
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

// speak sends n lines in a group: the speakers take turns, and when there are more lines than speakers, each sends his share in one write.
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

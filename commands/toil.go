package commands

import (
	"sync/atomic"
	"time"
)

// Clients whose lines cause much work take turns: only one of them at a time holds the state's lock, while the
// others wait in a queue. Clients whose lines cause little work never wait in that queue, so they do
// not notice whether one client causes much work or fifty clients do.
//
// Sending a line to many users is not counted as work: lines that are sent at the same time go out together, which
// saves more than turns would.

const (
	// muchToil is the work from which a line counts as much work, in units of the flood account: 0.1 ms, or 16 KiB of
	// answer.
	muchToil = 0.5
	// mostToil is how much work of such lines a client can have caused recently before it must take turns. The amount
	// decreases by toilPerSecond.
	mostToil, toilPerSecond = 0.5, 1
	// mostTelling is how much work one line can cause, including the lines that it sends to others, before it must wait
	// for the client's turn. A client that has the turn passes it on after the same amount of counted work, if other
	// clients wait.
	mostTelling = 2
	// wary is how long after much work clients take turns even for commands whose work is not known yet.
	wary = 50 * time.Millisecond
)

// A turn is the right to cause much work.
type turn struct {
	// place has an element while a client has the turn. Its queue has the order in which clients started to wait.
	place chan struct{}
	// waiting is the number of clients in the queue. last is the time of the latest line with much work, in
	// nanoseconds.
	waiting atomic.Int32
	last    atomic.Int64
}

func newTurn() *turn { return &turn{place: make(chan struct{}, 1)} }

// wanted reports whether a client has the turn, waits for it, or caused much work a moment ago.
func (t *turn) wanted(now time.Time) bool {
	return len(t.place) > 0 || t.waiting.Load() > 0 || now.UnixNano()-t.last.Load() < int64(wary)
}

// verbSet is a set of rows of verbs.
type verbSet [2]uint64

func (s *verbSet) has(row *command) bool { return s[row.index/64]&(1<<(row.index%64)) != 0 }

func (s *verbSet) set(row *command, on bool) {
	s[row.index/64] &^= 1 << (row.index % 64)
	if on {
		s[row.index/64] |= 1 << (row.index % 64)
	}
}

// quickAtFirst returns the commands that count as little work for a new client, so that its messages do not wait for a
// turn.
func quickAtFirst() (set verbSet) {
	for _, verb := range []string{"PING", "PONG", "PRIVMSG", "NOTICE", "TAGMSG", "BATCH", "MSG", "QUIT"} {
		set.set(table[verb], true)
	}
	return set
}

// toiled returns the counted part of the work that the line has caused so far.
func (c *Client) toiled() float64 {
	const toldWork = 4 // the work that the state counts for each recipient
	return float64(max(0, c.work-toldWork*c.out.told))/workPerUnit + float64(c.out.said-c.began)/bytesPerUnit
}

// noteToil records the work that a line with this command has caused.
func (c *Client) noteToil(row *command) {
	did := c.toiled()
	c.quick.set(row, did < muchToil)
	if did < muchToil {
		return
	}
	now := c.server.order.Steady()
	c.toil.take(did, now, toilPerSecond, mostToil)
	c.server.turn.last.Store(now.UnixNano())
}

// toils reports whether the client must take a turn for this command: because it caused much work recently, or because
// other clients do and the work of this command is not known yet.
func (c *Client) toils(row *command) bool {
	if c.toil.spent == 0 && c.quick.has(row) {
		return false // the usual case, without a look at the clock
	}
	now := c.server.order.Steady()
	if c.toil.spent > mostToil && c.toil.missing(0, now, toilPerSecond, mostToil) > 0 {
		return true
	}
	return !c.quick.has(row) && c.server.turn.wanted(now)
}

// giveWay is called before each hold of the lock. If the current line has already caused much work, giveWay waits for
// the client's turn. If the line has caused much work during the turn, the client passes the turn on and waits for the
// next one.
func (c *Client) giveWay() {
	switch did := c.toiled(); {
	case !c.hasTurn && (did > mostToil || c.did(c.out.said) > mostTelling):
		c.takeTurn()
	case c.hasTurn && did-c.turnBegan > mostTelling && c.server.turn.waiting.Load() > 0:
		c.endTurn()
		c.takeTurn()
	}
}

// takeTurn waits until it is this client's turn to cause much work. Other connections do not wait with it. The lock
// must not be held.
func (c *Client) takeTurn() {
	if c.hasTurn {
		return
	}
	t := c.server.turn
	c.conn.WillWait()
	c.server.shared.add(&c.out, c.server.order.Steady())
	t.waiting.Add(1)
	t.place <- struct{}{}
	t.waiting.Add(-1)
	c.hasTurn, c.turnBegan = true, c.toiled()
}

// endTurn passes the turn on to the next client, if this client has it. The last client in the queue writes the output
// of all.
func (c *Client) endTurn() {
	if !c.hasTurn {
		return
	}
	now := c.server.order.Steady()
	c.server.shared.add(&c.out, now)
	if list := c.server.shared.due(c.server.turn.waiting.Load() == 0, now); len(list) > 0 {
		c.server.options.FlushAll(list)
	}
	c.hasTurn = false
	<-c.server.turn.place
}

// never is a number of queued bytes that is never reached: only the timeout or the end of the connection ends a wait
// for it.
const never = -1

// pause waits for the given time, or until the connection ends.
func (c *Client) pause(d time.Duration) { c.conn.Await(never, d) }

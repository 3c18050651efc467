package commands

import (
	"sync/atomic"
	"time"
)

// Clients whose lines make the server do much take turns: one of them at a time has the state's lock or writes what it
// was given, while the others wait in a queue. Whoever does little never waits in it, so it makes no difference to them
// whether one client does much or fifty.
//
// To tell many people something is not counted: what is told at the same time goes out together, which is worth more
// than a turn.

const (
	// muchToil is from which cost on a line counts as much work, in units of the flood account: 0.1 ms, or 16 KiB of answer.
	muchToil = 0.5
	// mostToil is how much of that a client may have done lately before it takes turns. It is forgotten at toilPerSecond.
	mostToil, toilPerSecond = 0.5, 1
	// mostTelling is how much one line may do, telling included, before it goes on in its turn.
	mostTelling = 2
	// wary is for how long after much work clients take turns with commands of which nobody knows yet what they will cost.
	wary = 50 * time.Millisecond
)

// A turn is the right to do much.
type turn struct {
	// place has an element while somebody has the turn; its queue is in the order in which clients came.
	place chan struct{}
	// waiting is how many are in the queue, and last when one of them did much, in nanoseconds.
	waiting atomic.Int32
	last    atomic.Int64
}

func newTurn() *turn { return &turn{place: make(chan struct{}, 1)} }

// wanted reports whether somebody has the turn, waits for it, or did much a moment ago.
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

// quickAtFirst are the verbs that are taken for little work with a new client: to talk does not wait for a turn.
func quickAtFirst() (set verbSet) {
	for _, verb := range []string{"PING", "PONG", "PRIVMSG", "NOTICE", "TAGMSG", "BATCH", "MSG", "QUIT"} {
		set.set(table[verb], true)
	}
	return set
}

// toiled is how much of what the line has done so far counts.
func (c *Client) toiled() float64 {
	const toldWork = 4 // what the state counts for one who is told
	return float64(max(0, c.work-toldWork*c.out.told))/workPerUnit + float64(c.out.said-c.began)/bytesPerUnit
}

// noteToil notes what a line has made the server do.
func (c *Client) noteToil(row *command) {
	did := c.toiled()
	c.quick.set(row, did < muchToil)
	if did < muchToil {
		return
	}
	now := c.server.steady()
	c.toil.take(did, now, toilPerSecond, mostToil)
	c.server.turn.last.Store(now.UnixNano())
}

// toils reports whether the client has to take a turn for this command: it did much lately, or others do and nobody knows
// what the command will cost.
func (c *Client) toils(row *command) bool {
	now := c.server.steady()
	if c.toil.spent > mostToil && c.toil.missing(0, now, toilPerSecond, mostToil) > 0 {
		return true
	}
	return !c.quick.has(row) && c.server.turn.wanted(now)
}

// giveWay is for before each hold of the lock: a line that has made the server do much already goes on in its turn, and
// lets others have theirs.
func (c *Client) giveWay() {
	switch did := c.toiled(); {
	case !c.hasTurn && (did > mostToil || c.did(c.out.said) > mostTelling):
		c.takeTurn()
	case c.hasTurn && did-c.turnBegan > mostTelling && c.server.turn.waiting.Load() > 0:
		c.endTurn()
		c.takeTurn()
	}
}

// takeTurn waits until it is this client's turn to do much; nobody waits with it. Not under the lock.
func (c *Client) takeTurn() {
	if c.hasTurn {
		return
	}
	t := c.server.turn
	c.conn.WillWait()
	c.server.flush(&c.out)
	t.waiting.Add(1)
	t.place <- struct{}{}
	t.waiting.Add(-1)
	c.hasTurn, c.turnBegan = true, c.toiled()
}

// endTurn lets the next one go on, if this client has the turn. What it has caused is written before, so that there is one
// at a time for that, too.
func (c *Client) endTurn() {
	if !c.hasTurn {
		return
	}
	c.server.flush(&c.out)
	c.hasTurn = false
	<-c.server.turn.place
}

// never as few bytes are queued: only the end of the connection ends a wait for it before its time.
const never = -1

// pause waits, or until the connection ends.
func (c *Client) pause(d time.Duration) { c.conn.Await(never, d) }

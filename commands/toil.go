package commands

import "time"

// Clients whose lines make the server do much take turns: one of them at a time has the state's lock or writes what it
// was given, while the others wait in a queue. Whoever does little never waits in it, so it makes no difference to them
// whether one client does much or fifty.

const (
	// toilOf is from which cost on a line counts as much work, in units of the flood account: 20 us, or 3 KiB of answer.
	toilOf = 0.1
	// mostToil is how much of that a client may have done lately before it takes turns. It is forgotten at toilPerSecond.
	mostToil, toilPerSecond = 0.5, 1
)

// A turn is the right to do much. The channel's queue is in the order in which clients came.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// noteToil notes what a line has made the server do.
func (c *Client) noteToil(did float64) {
	if did >= toilOf {
		c.toil.take(did, c.server.options.Now(), toilPerSecond, mostToil)
	}
}

// toils reports whether the client has to take a turn for its next line.
func (c *Client) toils() bool {
	return c.toil.spent > mostToil && c.toil.missing(0, c.server.options.Now(), toilPerSecond, mostToil) > 0
}

// giveWay is for before each hold of the lock: a line that has made the server do much already goes on in its turn.
func (c *Client) giveWay() {
	if !c.hasTurn && c.did(c.out.said) > mostToil {
		c.takeTurn()
	}
}

// takeTurn waits until it is this client's turn to do much; nobody waits with it. Not under the lock.
func (c *Client) takeTurn() {
	if c.hasTurn {
		return
	}
	c.server.flush(&c.out)
	c.conn.WillWait()
	c.server.turn <- struct{}{}
	c.hasTurn = true
}

// endTurn lets the next one go on, if this client has the turn. What it has caused is written before, so that there is one
// at a time for that, too.
func (c *Client) endTurn() {
	if !c.hasTurn {
		return
	}
	c.server.flush(&c.out)
	c.hasTurn = false
	<-c.server.turn
}

// never as few bytes are queued: only the end of the connection ends a wait for it before its time.
const never = -1

// pause waits, or until the connection ends.
func (c *Client) pause(d time.Duration) { c.conn.Await(never, d) }

package commands

import (
	"time"

	"bavard/state"
)

// costOfNonsense is charged for lines that are not a command.
const costOfNonsense = 1

// A line costs the larger of two amounts: the cost in its row of the table of verbs, and the work that it made the
// server do. The constants are the work that one unit of the flood account pays for. Ordinary lines cause less: a
// message to a channel of 5,000, the names of a channel of 700 with their hosts, and 50 bans compared with 100 users
// cost no more than their rows say.
const (
	// workPerUnit is in units of state.State.Work: 0.2 ms under the lock.
	workPerUnit = 20_000
	// bytesPerUnit is in bytes of the answer.
	bytesPerUnit = 32 << 10
)

// mostOwed is how far a long answer can exceed the burst of the flood account, in bursts, before it continues only as
// fast as the account fills.
const mostOwed = 4

// bill is the cost of the line that is being handled. Only the connection's goroutine uses it.
type bill struct {
	row   float64 // the cost in the table of verbs
	extra float64 // the cost that the handler adds to it
	work  int     // the work for the line, in units of state.State.Work
	began int     // outbox.said before the line
	paid  float64 // the part that has been charged
}

// did returns the line's work, in units of the flood account. said is the current value of outbox.said.
func (b *bill) did(said int) float64 {
	return float64(b.work)/workPerUnit + float64(said-b.began)/bytesPerUnit
}

// due returns the amount to charge now, and counts it as paid.
func (b *bill) due(said int) float64 {
	due := max(0, max(b.row+b.extra, b.did(said))-b.paid)
	b.paid += due
	return due
}

// worked adds the work of one hold of the lock to the bill.
func (c *Client) worked(units int) {
	c.work += units
	if held := c.server.options.Held; held != nil {
		held(units)
	}
}

// beginBill starts the bill of a new line.
func (c *Client) beginBill() {
	c.bill = bill{began: c.out.said}
	c.out.told = 0
}

// payBill charges the line's cost since the last call, and returns how long to wait before the next line.
func (c *Client) payBill() (wait time.Duration) {
	if c.closing {
		return 0
	}
	return c.charge(c.due(c.out.said))
}

// pace charges the cost of a long answer so far, and waits if the client owes too much.
func (c *Client) pace() {
	wait, s := c.payBill(), c.settled()
	if over := wait - time.Duration(mostOwed*s.floodBurst/s.floodRate*float64(time.Second)); over > 0 {
		c.pause(over)
	}
}

// bucket is a client's flood account. It fills with time up to the burst, and pays for commands. Its balance can be
// negative; then the client waits until it is not.
type bucket struct {
	spent float64 // units owed at the time seen
	seen  time.Time
}

// take pays cost, and returns how long to wait before the next payment.
func (b *bucket) take(cost float64, now time.Time, perSecond, burst float64) (wait time.Duration) {
	if passed := now.Sub(b.seen).Seconds(); passed > 0 {
		b.spent = max(0, b.spent-passed*perSecond)
	}
	b.seen = now
	b.spent += cost
	if over := b.spent - burst; over > 0 {
		return time.Duration(over / perSecond * float64(time.Second))
	}
	return 0
}

// missing returns how long it takes until cost can be paid without a debt.
func (b *bucket) missing(cost float64, now time.Time, perSecond, burst float64) time.Duration {
	left := max(0, b.spent-max(0, now.Sub(b.seen).Seconds())*perSecond)
	if over := left + cost - burst; over > 0 {
		return time.Duration(over / perSecond * float64(time.Second))
	}
	return 0
}

// charge takes cost from this client's flood account, and returns how long to wait before the next line.
func (c *Client) charge(cost float64) (wait time.Duration) {
	flood := &c.view().config.Flood
	if !flood.Enabled || flood.ExemptOpers && c.can(state.PrivOper) {
		return 0
	}
	s := c.settled()
	return c.flood.take(cost, c.server.order.Steady(), s.floodRate, s.floodBurst)
}

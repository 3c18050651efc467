package commands

import (
	"time"

	"bavard/state"
)

// costOfNonsense is charged for lines that are no command.
const costOfNonsense = 1

// bucket is a client's flood account: it fills with time up to the burst, and commands are paid from it. It may go
// below zero by one command; the client waits until it is above again.
type bucket struct {
	spent float64 // units owed, at the time of seen
	seen  time.Time
}

// take pays cost and tells how long to wait.
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

// missing is how long it takes until cost can be paid without a debt.
func (b *bucket) missing(cost float64, now time.Time, perSecond, burst float64) time.Duration {
	left := max(0, b.spent-max(0, now.Sub(b.seen).Seconds())*perSecond)
	if over := left + cost - burst; over > 0 {
		return time.Duration(over / perSecond * float64(time.Second))
	}
	return 0
}

// charge pays for a command of this client.
func (c *Client) charge(cost float64) (wait time.Duration) {
	flood := &c.view().config.Flood
	if !flood.Enabled || cost == 0 || flood.ExemptOpers && c.can(state.PrivOper) {
		return 0
	}
	s := c.settled()
	return c.flood.take(cost, c.server.options.Now(), s.floodRate, s.floodBurst)
}

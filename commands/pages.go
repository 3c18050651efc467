package commands

import "bavard/state"

// A long answer is sent in pages. Between two pages the lock is free, queued lines are flushed, and the client can read
// them. These are the limits of one page.
const (
	// pageItems is how many users, channels or entries are examined for a page. firstItems applies while the client
	// does not have the turn (see takeTurn), which is usually the first page: most answers end there.
	pageItems, firstItems = 256, 64
	// pageBytes and firstBytes are about how many bytes of the answer such a page has.
	pageBytes, firstBytes = 32 << 10, 4 << 10
)

// itemWork is the work of examining one item of a long answer, in units of state.State.Work: some comparisons with a
// mask, and the check whether the caller may see the item.
const itemWork = 80

// mostMatchWork is the limit on the work of comparing one item of a long answer with the masks in the client's request,
// in the same units. Masks that need more are refused.
const mostMatchWork = 150

// costlyMask is the text of that refusal.
const costlyMask = "That mask takes too long to compare: use fewer wildcards"

// page is the part of a long answer that is prepared during one hold of the lock.
type page struct {
	call  *Call
	items int // how many more items may be examined
	until int // the page is full when Client.out.said reaches this
}

func (c *Call) newPage() *page {
	if !c.hasTurn {
		return &page{call: c, items: firstItems, until: c.out.said + firstBytes}
	}
	// Between two pages at most a quarter of the send queue waits, so half of it is always free.
	return &page{call: c, items: pageItems, until: c.out.said + min(pageBytes, c.settled().sendQueue/2)}
}

// more reports whether the page has room for another item, and counts it if so.
func (p *page) more() bool { return p.moreFor(itemWork) }

// moreFor is like more, for an item with a different amount of work.
func (p *page) moreFor(work int) bool {
	if p.items <= 0 || p.call.out.said >= p.until {
		return false
	}
	p.items--
	p.call.work += work
	return true
}

// pages sends a long answer in parts. It calls next for each page, with the lock held, until next returns true.
func (c *Call) pages(next func(s *state.State, p *page) (done bool)) {
	for {
		done, p := true, c.newPage()
		c.View(func(s *state.State) { done = next(s, p) })
		if done || !c.makeRoom() {
			return
		}
	}
}

// eachItem sends a long answer about all items of one kind, in pages. from returns the items from an id on, in the
// order of their ids. visit is called with the lock held.
func eachItem[T any, K ~uint64](c *Call, from func(*state.State, K) []T, id func(T) K, visit func(s *state.State, item T)) {
	var next K
	c.pages(func(s *state.State, p *page) bool {
		for _, item := range from(s, next) {
			if !p.more() {
				return false
			}
			next = id(item) + 1
			visit(s, item)
		}
		return true
	})
}

// eachOf is like eachItem, for a list that the handler already has.
func eachOf[T any](c *Call, list []T, visit func(s *state.State, item T)) {
	c.pages(func(s *state.State, p *page) bool {
		for ; len(list) > 0; list = list[1:] {
			if !p.more() {
				return false
			}
			visit(s, list[0])
		}
		return true
	})
}

// makeRoom is called between the parts of a long answer. It flushes the queue, lets other clients have their turn,
// charges the client for the answer so far, and waits until the client has read enough. It disconnects a client that
// does not read, like one that does not answer a PING. It returns false if the connection ends.
func (c *Call) makeRoom() bool {
	limits := c.settled()
	c.willWait()
	if !c.free {
		c.pace()
	}
	if c.conn.Await(limits.sendQueue/4, limits.pingTimeout) {
		c.roomAt = c.out.said
		c.takeTurn()
		return true
	}
	if !c.closing {
		c.end("SendQ exceeded", nil)
	}
	return false
}

// breathe is like makeRoom, but does nothing while little has been queued since the last time. It is called between
// lines, and between the operations of one line, such as the joins of a JOIN, whose names it completes.
func (c *Call) breathe() bool {
	c.tellRolls()
	if c.out.said-c.roomAt < c.settled().sendQueue/4 {
		return !c.closing
	}
	return c.makeRoom()
}

// Flush writes out everything that has been queued so far.
func (c *Call) Flush() { c.server.flush(&c.out) }

// willWait must be called by a handler before it waits for something slow. It flushes the queue and ends the client's
// turn, so that other clients wait neither for queued lines nor for the answers to their own lines.
func (c *Call) willWait() {
	c.endTurn()
	c.Flush()
	c.conn.WillWait()
}

package commands

import "bavard/state"

// A long answer goes out in pages: between two of them the lock is free, what was queued is flushed, and the client
// reads. These are the bounds of one page.
const (
	// pageItems is how many users, channels or entries are looked at, and firstItems how many in the first page, which
	// nobody waits for: most answers end there.
	pageItems, firstItems = 256, 64
	// pageBytes is about how much is said.
	pageBytes, firstBytes = 32 << 10, 4 << 10
)

// itemWork is what it takes to look at one item of a long answer, in units of state.State.Work: some comparisons with a
// mask, and whether the caller may see it.
const itemWork = 80

// mostMatchWork bounds the work of comparing one item of a long answer with the masks that the client asks for, in the same
// units: a mask that takes more is refused.
const mostMatchWork = 150

// costlyMask is the text of that refusal.
const costlyMask = "That mask takes too long to compare: use fewer wildcards"

// page is the part of a long answer that one hold of the lock may take.
type page struct {
	call  *Call
	items int // that may still be looked at
	until int // Client.out.said, from which on the page is full
}

func (c *Call) newPage() *page {
	if !c.hasTurn {
		return &page{call: c, items: firstItems, until: c.out.said + firstBytes}
	}
	// Between two pages at most a quarter of the send queue waits, so half of it is always free.
	return &page{call: c, items: pageItems, until: c.out.said + min(pageBytes, c.settled().sendQueue/2)}
}

// more reports whether the page has room for another item, and counts it if so.
func (p *page) more() bool {
	if p.items <= 0 || p.call.out.said >= p.until {
		return false
	}
	p.items--
	p.call.work += itemWork
	return true
}

// pages gives a long answer in parts. next has the lock.
func (c *Call) pages(next func(s *state.State, p *page) (done bool)) {
	for {
		done, p := true, c.newPage()
		c.View(func(s *state.State) { done = next(s, p) })
		if done || !c.makeRoom() {
			return
		}
	}
}

// eachItem is pages for an answer about all of one kind: from gives those from an id on, in the order of their ids.
// visit has the lock.
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

// eachOf is pages for a list that the handler already has. visit runs under the lock.
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

// makeRoom is for between the parts of a long answer. What is queued goes out, others have their turn, the client pays
// for what it was given so far, and the rest waits until it has read. A client that does not read is disconnected, as
// one that answers no PING would be. false: the connection ends.
func (c *Call) makeRoom() bool {
	limits := c.settled()
	c.willWait()
	c.pace()
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

// breathe is makeRoom for between lines, and between the operations of one line such as the joins of a JOIN: it does
// nothing as long as little has been said.
func (c *Call) breathe() bool {
	if c.out.said-c.roomAt < c.settled().sendQueue/4 {
		return !c.closing
	}
	return c.makeRoom()
}

// Flush writes out everything that has been queued so far.
func (c *Call) Flush() { c.server.flush(&c.out) }

// willWait is for a handler that is about to wait for something slow: nobody waits with it, neither for what it has
// queued nor for their own lines.
func (c *Call) willWait() {
	c.endTurn()
	c.Flush()
	c.conn.WillWait()
}

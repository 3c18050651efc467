package commands

import (
	"math"
	"slices"

	"bavard/state"
)

// The names of a large channel are too long for one hold of the lock, and would fill the reader's queue. They are sent
// in pages, like other long answers. Meanwhile members come and go, and the client is told so as usual: a member who
// stays is named once, and one who leaves before being named is not named.

// roll is a list of names that a client must still be sent.
type roll struct {
	channel state.ChannelID
	// name is the channel's name in the line that ends the list.
	name string
	// next is the place, in the order of joining, up to which members have been named.
	next uint64
	// before is the place up to which history follows the names after a JOIN; zero if the list does not follow a JOIN.
	before state.Position
}

const (
	// mostNamesAtOnce is the greatest number of members in a list that is sent in one hold of the lock.
	mostNamesAtOnce = 1500
	// mostBytesUnasked is the greatest length of such a list if an IRC operator has forced the client to join: half of the
	// smallest send queue that can be configured.
	mostBytesUnasked = 16 << 10
	// nameWork is the work of one name, in units of state.State.Work.
	nameWork = 8
	// namesPerLine is about how many names with hosts one line has.
	namesPerLine = 6
)

// isLong reports whether the names of a channel must be sent in pages.
func (r *renderer) isLong(channel *state.Channel, viewer *state.User, c *Client) bool {
	if len(channel.Members()) > mostNamesAtOnce {
		return true
	}
	most, bytes := r.mostNameBytes(c), 0
	for _, tail := range r.nameTails(channel, viewer, c.capabilities()&nameCaps) {
		bytes += len(tail)
	}
	return bytes > most
}

// mostNameBytes returns how many bytes of names a client can be sent in one hold of the lock. If a command makes the
// server send the names to all members, each gets one list; otherwise, a client can get one for each forced JOIN.
func (r *renderer) mostNameBytes(c *Client) int {
	switch {
	case c == r.by:
		return c.settled().sendQueue / 4
	case r.paced:
		return r.server.config.SmallestSendQueue() / 4
	}
	return mostBytesUnasked
}

// leaveRoll arranges that a client is sent the names of a channel: after the operation if its own command has caused
// them, and otherwise soon, on its own goroutine.
func (r *renderer) leaveRoll(channel *state.Channel, c *Client) {
	list := &c.given
	if c == r.by {
		list = &c.rolls
	}
	added, u := roll{channel: channel.ID(), name: channel.Name()}, c.session.User()
	*list = slices.DeleteFunc(*list, func(l roll) bool {
		of := r.server.state.ChannelByID(l.channel)
		if of == channel {
			added.before = l.before
		}
		return of == nil || of == channel || u.Member(of) == nil // so there is at most one for each of the user's channels
	})
	*list = append(*list, added)
	if c != r.by {
		c.conn.TickSoon()
	}
}

// restFollowsRoll arranges that what a JOIN shows after the names is sent after them, and reports whether the names are
// sent later at all. What is said in between is not part of the history, because the client receives it as it is said.
func (r *renderer) restFollowsRoll(channel *state.Channel, c *Client) bool {
	list := c.given
	if c == r.by {
		list = c.rolls
	}
	if len(list) == 0 || list[len(list)-1].channel != channel.ID() {
		return false
	}
	list[len(list)-1].before = state.Position{Elapsed: r.server.state.Now(), Order: r.stamp.Order, Index: math.MaxUint16}
	return true
}

// tellRolls sends the names that the client's own command has caused.
func (c *Call) tellRolls() {
	for len(c.rolls) > 0 && !c.closing {
		next := c.rolls[0]
		c.rolls = c.rolls[1:]
		c.sendRoll(next)
	}
	c.rolls = nil
}

// tellGiven sends the names that other clients' commands have caused. The client does not pay for them.
func (c *Client) tellGiven() {
	call := &Call{Client: c, free: true}
	for !c.closing {
		var next []roll
		call.View(func(*state.State) {
			n := min(1, len(c.given))
			next, c.given = c.given[:n:n], c.given[n:]
		})
		if len(next) == 0 {
			return
		}
		call.sendRoll(next[0])
		call.tellEntered()
	}
}

// sendRoll sends a list. A client that has left the channel meanwhile is sent only the end of the list.
func (c *Call) sendRoll(l roll) {
	c.pages(func(s *state.State, p *page) bool {
		r := renderer{server: c.server, out: &c.out, by: c.Client, call: c}
		channel := s.ChannelByID(l.channel)
		if inside := channel != nil && c.user().Member(channel) != nil; inside {
			if l.name = channel.Name(); !r.namesPage(channel, &l.next, p) {
				return false
			}
			r.numericTo(c.Client, rplEndOfNames.with(l.name))
			if !l.before.IsZero() {
				r.oweReplay(c.user().Member(channel), c.Client, l.before)
				r.entered(channel, c.Client)
			}
			return true
		}
		r.numericTo(c.Client, rplEndOfNames.with(l.name))
		return true
	})
	c.tellReplays()
}

// listNames answers NAMES for one channel.
func (c *Call) listNames(name string) {
	next := uint64(0)
	c.pages(func(s *state.State, p *page) bool {
		r := renderer{server: c.server, out: &c.out, by: c.Client}
		switch channel := s.ChannelFor(c.user(), name); {
		case channel == nil:
		case next == 0 && !r.isLong(channel, c.user(), c.Client):
			r.names(channel, c.user(), c.Client)
		case !r.namesPage(channel, &next, p):
			return false
		}
		c.reply(rplEndOfNames.with(echoable(name)))
		return true
	})
}

// namesPage sends the names of members from a place in the order of joining on, as many as the page allows, and reports
// whether the list is complete.
func (r *renderer) namesPage(channel *state.Channel, next *uint64, p *page) (done bool) {
	c, viewer := p.call.Client, p.call.user()
	own, head := viewer.Member(channel), r.namesTo(p.call.Client)
	lines := r.nameLines(channel, c.capabilities()&nameCaps)
	send := func() {
		for _, tail := range lines.tails {
			r.out.sendPair(c, head, tail)
		}
		lines.tails = nil
	}
	for _, m := range channel.MembersFrom(*next) {
		if !p.moreFor(nameWork) {
			lines.finish()
			send()
			return false
		}
		*next = m.Joined() + 1
		if r.listed(m, viewer, own) {
			lines.add(m)
			send()
		}
	}
	lines.finish()
	send()
	r.ownName(channel, viewer, c)
	return true
}

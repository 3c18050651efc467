package commands

import (
	"slices"
	"time"

	"bavard/state"
	"bavard/wire"
)

// tour sends a client the values of keys of channels and all their members, page by page, so that the lock is never
// held for long. A page shows the values at the time when it is sent; changes in between are sent like any other
// change.
type tour struct {
	*Call
	keys []string // sorted
	// channels are the remaining ones, and next is the place in the first one where the remaining members begin.
	channels []state.ChannelID
	next     uint64
	// batch is that of the first channel, nil before it is open. always: it is sent even when it is empty.
	batch  *batch
	always bool
	// told holds the users whose values have been sent; nil when there is only one channel.
	told map[state.UserID]bool
}

// page sends the values of as many members as one page may have.
func (t *tour) page(s *state.State, p *page) (done bool) {
	for len(t.channels) > 0 && p.more() {
		channel := s.ChannelByID(t.channels[0])
		if channel == nil || !t.mayKnow(s, channel) { // it is gone, or the client has left it, since the last page
			t.leave()
			continue
		}
		t.of(s, channel, p)
	}
	return len(t.channels) == 0
}

func (t *tour) mayKnow(s *state.State, channel *state.Channel) bool {
	_, known := s.MetadataTarget(t.user(), channel.Name())
	return known == channel && t.mayReadMetadata(s, channel)
}

// of sends the first channel, as far as the page allows.
func (t *tour) of(s *state.State, channel *state.Channel, p *page) {
	if t.next == 0 {
		if t.always {
			t.open(channel)
		}
		t.tell(channel, channel.Name(), channel.Metadata())
		t.next = 1 // the first member's place
	}
	members := channel.MembersFrom(t.next)
	if t.hidesMembers(channel) {
		members = nil // so the time that this takes does not show how many there are
	}
	for _, m := range members {
		if !p.more() {
			return
		}
		t.next = m.Joined() + 1
		t.member(s, channel, m)
	}
	t.leave()
}

// member sends the values of a member whom the client sees in the channel.
func (t *tour) member(s *state.State, channel *state.Channel, m *state.Member) {
	u := m.User()
	if u == t.user() || len(u.Metadata()) == 0 || t.told[u.ID()] || !s.Sees(t.user(), m) {
		return
	}
	if t.told != nil {
		t.told[u.ID()] = true
	}
	t.tell(channel, u.Nick(), u.Metadata())
}

func (t *tour) tell(channel *state.Channel, name string, list state.Metadata) {
	for _, x := range list {
		if _, wanted := slices.BinarySearch(t.keys, x.Key); wanted {
			t.open(channel)
			t.batch.say(t.metadataLine(name, x))
		}
	}
}

func (t *tour) open(channel *state.Channel) {
	if t.batch == nil {
		t.batch = t.openBatch(&t.out, "metadata", channel.Name())
	}
}

// leave continues with the next channel.
func (t *tour) leave() {
	if t.batch != nil {
		t.batch.end()
	}
	t.batch, t.channels, t.next = nil, t.channels[1:], 0
}

// metadataLine returns the line with a key's value.
// https://ircv3.net/specs/extensions/metadata#metadata-server-message
func (c *Client) metadataLine(name string, x state.Metadatum) wire.Line {
	return c.fromServer("METADATA", name, x.Key, visibleToAll, x.Value)
}

// tellMetadata sends those of a user's keys that the client has subscribed to. The lock is held.
func (c *Client) tellMetadata(u *state.User, keys []string, say func(wire.Line)) {
	for _, x := range u.Metadata() {
		if _, wanted := slices.BinarySearch(keys, x.Key); wanted {
			say(c.metadataLine(u.Nick(), x))
		}
	}
}

// syncMetadata: https://ircv3.net/specs/extensions/metadata#metadata-sync
func (c *Call) syncMetadata() {
	if c.registration != nil {
		// There is no name yet that a METADATA line could have; all is told with the welcome.
		c.reply(rplMetadataSyncLater.with("*"))
		return
	}
	t := tour{Call: c, always: true}
	c.View(func(s *state.State) {
		t.keys = slices.Clone(c.subs)
		switch u, channel := s.MetadataTarget(c.user(), c.param(0)); {
		case u != nil:
			b := c.openBatch(&c.out, "metadata", u.Nick())
			c.tellMetadata(u, t.keys, b.say)
			b.end()
		case channel == nil:
			c.failMetadata(&state.Refusal{Code: state.NoMetadataTarget})
		case !c.mayReadMetadata(s, channel):
			c.denyMetadata(channel)
		case c.mayTour(channel):
			t.channels = []state.ChannelID{channel.ID()}
		}
	})
	if len(t.channels) > 0 {
		c.pages(t.page)
	}
}

// mayTour reports whether the client may be sent a channel now. If not, the client is asked to wait, because a large
// channel has many values. The lock is held.
// https://ircv3.net/specs/extensions/metadata#postponed-synchronization
func (c *Call) mayTour(channel *state.Channel) bool {
	now := c.server.order.Steady()
	switch {
	case !c.server.largeForMetadata(channel) || c.hidesMembers(channel):
	case now.Before(c.syncAfter):
		c.reply(rplMetadataSyncLater.with(channel.Name(), wholeSeconds(c.syncAfter.Sub(now))))
		return false
	default:
		c.syncAfter = now.Add(time.Duration(c.config().Metadata.SyncPause))
	}
	return true
}

// hidesMembers reports whether a channel hides its members, and even their number, from the caller, who is not a
// member. The lock is held.
func (c *Call) hidesMembers(channel *state.Channel) bool {
	return channel.HasMode('p') && c.user().Member(channel) == nil
}

// largeForMetadata reports whether clients have to ask for a channel's metadata.
func (s *Server) largeForMetadata(channel *state.Channel) bool {
	return len(channel.Members()) > s.config.Metadata.SyncMembers
}

// syncLater asks a client to synchronise a channel later, because it is large. The lock is held.
func (r *renderer) syncLater(channel *state.Channel, c *Client) {
	params := []string{channel.Name()}
	if r.server.largeForMetadata(channel) {
		now, pause := r.server.order.Steady(), time.Duration(r.server.config.Metadata.SyncPause)
		if c.syncAfter.Before(now.Add(pause)) {
			c.syncAfter = now.Add(pause)
		}
		params = append(params, wholeSeconds(c.syncAfter.Sub(now)))
	}
	r.numericTo(c, rplMetadataSyncLater.with(params...))
}

// entered is called for a client that has joined a channel. If the client's own command did that, and the channel is
// small, its metadata is sent when the command is done. Otherwise the client is asked to synchronise later. The lock is
// held.
func (r *renderer) entered(channel *state.Channel, c *Client) {
	switch {
	case !c.listens():
	case c == r.by && r.call != nil && !r.server.largeForMetadata(channel):
		r.call.entered = append(r.call.entered, channel.ID())
	default:
		r.syncLater(channel, c)
	}
}

// tellEntered sends the metadata of the channels that the command has joined.
func (c *Call) tellEntered() {
	if len(c.entered) == 0 {
		return
	}
	t := tour{Call: c, channels: c.entered, told: map[state.UserID]bool{}}
	c.entered = nil
	c.View(func(*state.State) { t.keys = slices.Clone(c.subs) })
	c.pages(t.page)
}

// tellEverywhere sends the values of keys that the client has just subscribed to: those of itself, of its channels
// with their members, and of the users that it watches.
// https://ircv3.net/specs/extensions/metadata#notifications
func (c *Call) tellEverywhere(keys []string) {
	t := tour{Call: c, keys: keys, told: map[state.UserID]bool{}}
	var watched []monitored
	c.View(func(s *state.State) {
		c.tellMetadata(c.user(), keys, func(l wire.Line) { c.say(&c.out, l) })
		r := renderer{server: c.server, out: &c.out, by: c.Client, call: c}
		for _, m := range c.user().Members() {
			if c.server.largeForMetadata(m.Channel()) {
				r.syncLater(m.Channel(), c.Client)
			} else {
				t.channels = append(t.channels, m.Channel().ID())
			}
		}
		watched = slices.Clone(c.monitored)
	})
	if len(t.channels) > 0 {
		c.pages(t.page)
	}
	c.tellWatched(watched, keys, t.told)
}

// tellWatched sends the values of keys of watched users who are online, except those that have been sent.
func (c *Call) tellWatched(watched []monitored, keys []string, told map[state.UserID]bool) {
	if len(watched) == 0 || len(keys) == 0 {
		return
	}
	say := func(l wire.Line) { c.say(&c.out, l) }
	c.pages(func(s *state.State, p *page) bool {
		for ; len(watched) > 0 && p.more(); watched = watched[1:] {
			if u := s.User(watched[0].nick); u != nil && u != c.user() && !told[u.ID()] {
				c.tellMetadata(u, keys, say)
			}
		}
		return len(watched) == 0
	})
}

// metadataBurst is the part of the welcome with all of the user's metadata, even when there is none. The lock is held.
// https://ircv3.net/specs/extensions/metadata#notifications
func (c *Call) metadataBurst(u *state.User) {
	if !c.has(capMetadata) {
		return
	}
	b := c.openBatch(&c.out, "metadata", u.Nick())
	for _, x := range u.Metadata() {
		b.say(c.metadataLine(u.Nick(), x))
	}
	b.end()
}

package commands

import (
	"cmp"
	"slices"

	"bavard/state"
)

// linesPerUnit is how many lines of history cost as much as sending one message.
const linesPerUnit = 50

// mostTalks bounds how many of a user's latest conversations are searched for a name that nobody has now.
const mostTalks = 500

// runChathistory reads history without the lock, because it may be slow.
// https://ircv3.net/specs/extensions/chathistory#chathistory-command
func runChathistory(c *Call) {
	q, bad := parseSelection(c.params(), c.config().History.LinesPerRequest)
	if bad != nil {
		for i := range bad.context {
			bad.context[i] = excerpt(bad.context[i])
		}
		c.fail(bad.code, bad.text, bad.context...)
		return
	}
	c.View(q.locate)
	if q.verb == "TARGETS" {
		c.historyTargets(q)
		return
	}
	p := c.pastOf(q.target)
	if p == nil {
		// The answer is the same for a target that does not exist and one that the caller may not read.
		c.fail("INVALID_TARGET", "Messages could not be retrieved", excerpt(q.given), excerpt(q.target))
		return
	}
	lines := q.fetch(c, p)
	if c.reads.failed() {
		c.fail("MESSAGE_ERROR", "Messages could not be retrieved", excerpt(q.given), excerpt(q.target))
		return
	}
	c.showPast(p, lines)
}

// fetch returns the selected lines. There are none for a reference to a message that was never on this server: an empty
// batch ends the client's search, while an error would be shown to its user.
// https://ircv3.net/specs/extensions/chathistory#chathistory-command
func (q *selection) fetch(c *Call, p *past) []state.Line {
	if q.from.foreign || q.until.foreign {
		return nil
	}
	page := state.Page{Most: q.most}
	switch q.verb {
	case "LATEST":
		page.Newest = true
		if !q.from.any {
			page.After = q.from.last
		}
	case "BEFORE":
		page.Newest, page.Before = true, q.from.first
	case "AFTER":
		page.After = q.from.last
	case "BETWEEN":
		page.After, page.Before, page.Newest = q.between()
	case "AROUND":
		return q.around(c, p)
	}
	return c.pageOf(p, page)
}

// pageOf returns lines that this client may see and supports.
// https://ircv3.net/specs/extensions/chathistory#chathistory-command
func (c *Call) pageOf(p *past, page state.Page) []state.Line {
	// Without a batch, an old JOIN would be taken for a new one.
	page.Events, page.Redacted = c.hasAll(capEventPlayback|capBatch), c.has(capMessageRedaction)
	if !c.has(capMessageTags) {
		page.Without = append(page.Without, "TAGMSG")
	}
	if !c.has(capChannelRename) {
		page.Without = append(page.Without, "RENAME")
	}
	return p.lines(c.reader(), page)
}

// lines returns the lines of all buffers that the reader may see.
func (p *past) lines(h *historyReader, page state.Page) (lines []state.Line) {
	if !p.sees(page.After) && !p.start.IsZero() {
		page.After = p.start.Previous()
	}
	for _, b := range p.buffers {
		lines = append(lines, h.page(b, page)...)
	}
	if len(p.buffers) > 1 {
		slices.SortFunc(lines, func(a, b state.Line) int { return a.Compare(b.Position) })
	}
	return cutTo(lines, page.Most, page.Newest)
}

// cutTo shortens a list to at most most elements, and keeps the last ones if the newest are wanted.
func cutTo[T any](list []T, most int, newest bool) []T {
	over := max(0, len(list)-most)
	if newest {
		return list[over:]
	}
	return list[:len(list)-over]
}

// between returns lines between two references, counted from the first one, forwards or backwards in time.
// https://ircv3.net/specs/extensions/chathistory#between
func (q *selection) between() (after, before state.Position, newest bool) {
	if q.from.first.Compare(q.until.first) < 0 {
		return q.from.last, q.until.first, false
	}
	return q.until.last, q.from.first, true
}

// around returns as many lines before as after the reference, or more from one side if the other has fewer. The
// message itself counts as the first of the later lines.
// https://ircv3.net/specs/extensions/chathistory#around
func (q *selection) around(c *Call, p *past) []state.Line {
	later := c.pageOf(p, state.Page{Most: q.most, After: q.from.first.Previous()})
	earlier := c.pageOf(p, state.Page{Most: q.most, Before: q.from.first, Newest: true})
	later = cutTo(later, q.most-min(len(earlier), q.most/2), false)
	return append(cutTo(earlier, q.most-len(later), true), later...)
}

// showPast sends lines in a batch, and a long page in parts, like other long answers. Users who have left the channel
// in between are sent no more of it.
// https://ircv3.net/specs/batches/chathistory
func (c *Call) showPast(p *past, lines []state.Line) {
	c.extra += float64(len(lines)) / linesPerUnit
	c.pages(func(s *state.State, part *page) bool {
		if !p.look(s, c.user()) {
			lines = nil
		}
		if p.batch == nil {
			p.batch = c.openBatch(&c.out, "chathistory", p.target)
		}
		for ; len(lines) > 0 && part.more(); lines = lines[1:] {
			p.show(&lines[0])
		}
		if len(lines) == 0 {
			p.batch.end()
		}
		return len(lines) == 0
	})
}

// look updates the channel's name, and reports whether the reader is still a member. Conversations can always be read.
func (p *past) look(s *state.State, reader *state.User) (mayRead bool) {
	id := p.buffers[0].Channel()
	if id == 0 {
		return true
	}
	channel := s.ChannelByID(id)
	if channel == nil {
		return false
	}
	p.target = channel.Name()
	return reader.Member(channel) != nil
}

// roughBytes estimates the length of a line when it is sent.
func roughBytes(l *state.Line) int {
	const frame = 100 // time, id, verb, target
	n := frame + len(l.Source)
	for _, text := range l.Params {
		n += len(text)
	}
	tags := 0
	for _, t := range l.Tags {
		tags += len(t.Key) + len(t.Value)
	}
	n += tags
	for _, part := range l.Parts {
		n += frame + len(l.Source) + len(part.Text) + min(tags, mostRepeatedTagBytes)
	}
	return n
}

// pastOf returns the history that a target means to the caller: that of a channel that they are in, or of a
// conversation. It is nil when there is none that they may read.
// https://ircv3.net/specs/extensions/chathistory#security-considerations
func (c *Call) pastOf(target string) (p *past) {
	if !state.IsChannelName(target) {
		return c.talkWith(target)
	}
	c.View(func(s *state.State) {
		if channel := s.ChannelFor(c.user(), target); channel != nil && c.user().Member(channel) != nil {
			p = c.pastOfChannel(c.user().Member(channel))
		}
	})
	return p
}

// pastOfChannel returns the history of a member's channel. The lock is held.
func (c *Client) pastOfChannel(m *state.Member) *past {
	channel := m.Channel()
	return &past{
		client: c, target: channel.Name(), buffers: []state.Buffer{state.ChannelBuffer(channel.ID())}, start: m.ReadableFrom(),
	}
}

// sees reports whether the reader may see lines at this place.
func (p *past) sees(at state.Position) bool { return at.Compare(p.start) >= 0 }

// talkWith finds a conversation: with the user who has the nick now, otherwise with the account of that name,
// otherwise with the party who last had the nick. While a user has the nick, it never means a previous holder.
func (c *Call) talkWith(name string) *past {
	var account state.Party
	p := c.newTalk(func(s *state.State, p *past) {
		account = s.AccountParty(name)
		if u := s.User(name); u != nil {
			p.target = u.Nick()
			p.with(s.PartiesOf(u))
		}
	})
	if p.target != "" {
		return p
	}
	fold := c.view().policy.Casemapping.Fold
	talks := c.talks(p.own, state.Position{}, state.Position{}, mostTalks, true)
	slices.Reverse(talks)
	at := -1
	for _, means := range [...]func(talk) bool{
		func(t talk) bool { return t.peer == account && !account.IsZero() },
		func(t talk) bool { return fold(t.Nick) == fold(name) },
		func(t talk) bool { return fold(t.Was) == fold(name) },
	} {
		if at = slices.IndexFunc(talks, means); at >= 0 {
			break
		}
	}
	if at < 0 {
		return nil
	}
	p.with([]state.Party{talks[at].peer})
	c.View(func(s *state.State) { p.target = cmp.Or(p.peerName(s, talks[at]), name) })
	return p
}

// with sets the other side of the conversation.
func (p *past) with(peers []state.Party) {
	for _, mine := range p.own {
		for _, peer := range peers {
			if b := state.PairBuffer(mine, peer); !slices.Contains(p.buffers, b) {
				p.buffers = append(p.buffers, b, state.OneSidedBuffer(mine, peer))
			}
		}
	}
}

// newTalk returns a conversation of the caller. more runs under the lock.
func (c *Call) newTalk(more func(*state.State, *past)) *past {
	p := &past{client: c.Client}
	c.View(func(s *state.State) {
		u := c.user()
		p.own, p.nick, p.source = s.PartiesOf(u), u.Nick(), u.Source()
		more(s, p)
	})
	return p
}

// talk is a conversation with its other side.
type talk struct {
	state.Conversation
	peer state.Party
}

// talks returns the conversations of these parties, in the order of their latest messages, at most most for each.
func (c *Call) talks(own []state.Party, after, before state.Position, most int, newest bool) (list []talk) {
	for _, party := range own {
		for _, conversation := range c.reader().conversations(party, after, before, most, newest) {
			list = append(list, talk{conversation, conversation.Buffer.Peer(party)})
		}
	}
	slices.SortStableFunc(list, func(a, b talk) int { return cmp.Compare(a.Last, b.Last) })
	return list
}

// peerName returns the name by which the peer of a conversation can be found. It is "" when a different user has their
// nick now and they have no account. The lock is held.
func (p *past) peerName(s *state.State, t talk) string {
	if slices.Contains(p.own, t.peer) {
		return p.nick
	}
	if u := s.UserByID(t.peer.User()); u != nil {
		return u.Nick()
	}
	u := s.User(t.Nick)
	switch {
	case u == nil:
		return t.Nick
	case s.PartyOf(u) == t.peer:
		return u.Nick()
	}
	if account := s.AccountByID(t.peer.Account()); account != nil && s.User(account.Name()) == nil {
		return account.Name()
	}
	return ""
}

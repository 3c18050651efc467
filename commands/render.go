package commands

import (
	"math"
	"time"

	"bavard/state"
	"bavard/wire"
)

// renderer turns the events of one operation into lines in the queues of the local sessions. The lock is held.
type renderer struct {
	server *Server
	out    *outbox
	by     *Client // the client that acts, if it is local
	call   *Call   // its command, nil when none is being run
	// replayed: the operation is told again for what is remembered of it, and there is nobody to tell.
	replayed bool
	lists    []nameList
	paced    bool // a part of a long command, which waits until its lines have been written
	// stamp is that of the operation. numbered counts its events with an id, apart from its message.
	stamp    state.Stamp
	numbered int
	lines    *linePool // nil: every line is allocated
}

// outLine is one line for many recipients. It is encoded once for each distinct shape, and the queues share the bytes.
type outLine struct {
	server *Server
	from   *state.User // the user who acts; nil: the server
	time   int64
	// id is the event's place, from which its id is derived; zero for lines without an id.
	id state.Position
	// account is the account of the user who acts, "" for none.
	account string
	// author is the sender, when that is not from. relayer is their nick, when they have relayed the message.
	author  *state.User
	relayer string
	bot     bool
	tags    []state.Tag
	line    wire.Line
	// parts are the text of a multiline message, whose line has no text.
	parts []state.TextPart

	// matter caches the result of matters; 0: not known yet.
	matter capSet
	shapes [4]shape
	known  int
	// more holds further shapes, which most lines do not have. Each set of capabilities occurs once.
	more []shape
}

// shape is the encoding of a line for one set of capabilities.
type shape struct {
	caps  capSet
	bytes []byte
}

// shapeCaps are the capabilities that add tags to any line. Other differences between clients need lines of their own.
const shapeCaps = capMessageTags | capServerTime | capAccountTag | capOperTag | capRelaymsg

// forOperators is not a capability but a part of a shape: the line is for an IRC operator.
const forOperators capSet = 1 << 63

// linePool holds the lines of one operation, which can be reused when it has been rendered. Most operations have few
// lines. Server.mu guards it.
type linePool struct {
	lines [4]outLine
	used  int
}

// next returns a line to be filled. It allocates one if there is no pool or the pool is used up.
func (p *linePool) next() *outLine {
	if p == nil || p.used == len(p.lines) {
		return new(outLine)
	}
	p.used++
	return &p.lines[p.used-1]
}

func (r *renderer) line(from *state.User, source, command string, params ...string) *outLine {
	l := r.lines.next()
	*l = outLine{
		server: r.server, from: from, time: r.server.state.Wall(),
		line: wire.Line{Source: source, Command: command, Params: params},
	}
	if from != nil {
		l.account, l.bot = from.Account(), from.HasMode('B')
	}
	return l
}

// sourceOf returns the source of a line: the user, or the server for nil.
func (r *renderer) sourceOf(by *state.User) string {
	if by == nil {
		return r.server.view.Load().name
	}
	return by.Source()
}

// number gives the line of an event that history keeps an id. The message of an operation has the first one. If an
// operation has more events than ids, such as the end of a whole machine, the rest have none.
// https://ircv3.net/specs/extensions/message-ids
func (r *renderer) number(l *outLine) *outLine {
	if r.numbered < math.MaxUint16-1 && r.stamp.Order != 0 {
		r.numbered++
		l.id = state.Position{Elapsed: r.server.state.Now(), Order: r.stamp.Order, Index: uint16(r.numbered)}
	}
	return l
}

// placeBefore is number for an event that comes before the operation's message. Its place is the last one of the
// previous operation, which is never used otherwise. An operation has one such event; a second one is numbered like
// any other.
func (r *renderer) placeBefore(l *outLine) *outLine {
	if r.numbered > 0 || r.stamp.Order == 0 {
		return r.number(l)
	}
	r.numbered++
	l.id = state.Position{Elapsed: r.server.state.Now(), Order: r.stamp.Order}.Previous()
	return l
}

// text marks the last parameter as free text.
func (l *outLine) text() *outLine {
	l.line.Text = true
	return l
}

// to queues the line for a client in the shape that it has negotiated.
func (r *renderer) to(l *outLine, c *Client) {
	if l.parts != nil && c.knowsMultiline() {
		r.out.sendBatch(c, l.encodedFor(&c.Peer))
		return
	}
	r.out.send(c, l.encodedFor(&c.Peer))
}

// encodedFor returns the line in the shape that a client has negotiated. Capabilities that would add nothing to the
// line do not count, so that clients that differ only in these share one encoding.
func (l *outLine) encodedFor(p *Peer) []byte {
	all := p.capabilities()
	if all&(shapeCaps|capPlayback|capMultiline) == 0 {
		return l.encoded(0) // the most common case in large channels
	}
	if all.has(capPlayback) { // such clients request history from the latest time that they have seen: https://wiki.znc.in/Playback#Message_tags
		all |= capServerTime
	}
	if l.matter == 0 {
		l.matter = l.matters()
	}
	caps := all & l.matter
	if caps.has(capOperTag) {
		switch {
		case p.can(state.PrivOper):
			caps |= forOperators
		case l.from.HasMode('H'):
			caps &^= capOperTag
		}
	}
	if l.parts != nil && p.knowsMultiline() {
		caps |= capMultiline
	}
	return l.encoded(caps)
}

// matters returns the capabilities that would add something to the line. There are always some.
func (l *outLine) matters() capSet {
	caps := shapeCaps
	if l.account == "" {
		caps &^= capAccountTag
	}
	if l.relayer == "" {
		caps &^= capRelaymsg
	}
	if l.from == nil || !l.from.IsOper() {
		caps &^= capOperTag
	}
	return caps
}

// encoded returns the line's encoding for these capabilities.
func (l *outLine) encoded(caps capSet) []byte {
	for i := range l.known {
		if l.shapes[i].caps == caps {
			return l.shapes[i].bytes
		}
	}
	for i := range l.more {
		if l.more[i].caps == caps {
			return l.more[i].bytes
		}
	}
	s := l.server
	if l.parts != nil {
		s.scratch = l.appendLines(s.scratch[:0], caps)
	} else {
		s.tags = l.appendTags(s.tags[:0], caps)
		l.line.Tags = s.tags
		s.scratch = wire.Append(s.scratch[:0], l.line)
	}
	bytes := append([]byte(nil), s.scratch...)
	if l.known < len(l.shapes) {
		l.shapes[l.known] = shape{caps, bytes}
		l.known++
	} else {
		l.more = append(l.more, shape{caps, bytes})
	}
	return bytes
}

// appendTags appends the tags of the line. Server tags come first, so that client-only tags cannot push them over the
// limit.
// https://ircv3.net/specs/extensions/message-tags#client-only-tags
func (l *outLine) appendTags(tags []wire.Tag, caps capSet) []wire.Tag {
	if caps.has(capServerTime) {
		tags = append(tags, wire.Tag{Key: "time", Value: serverTime(l.time)})
	}
	// https://ircv3.net/specs/extensions/account-tag
	if caps.has(capAccountTag) {
		tags = append(tags, wire.Tag{Key: "account", Value: l.account})
	}
	// Only operators see the operator's name. https://ircv3.net/specs/extensions/oper-tag
	if caps.has(capOperTag) {
		tag := wire.Tag{Key: "draft/oper"}
		if caps.has(forOperators) {
			tag.Value = l.from.Oper()
		}
		tags = append(tags, tag)
	}
	// https://github.com/ircv3/ircv3-specifications/pull/417#relaymsg-command
	if caps.has(capRelaymsg) {
		tags = append(tags, wire.Tag{Key: "draft/relaymsg", Value: l.relayer})
	}
	if !caps.has(capMessageTags) {
		return tags
	}
	// https://ircv3.net/specs/extensions/message-ids
	if !l.id.IsZero() {
		tags = append(tags, wire.Tag{Key: "msgid", Value: l.id.ID()})
	}
	// https://ircv3.net/specs/extensions/bot-mode#the-bot-tag
	if l.bot {
		tags = append(tags, wire.Tag{Key: "bot"})
	}
	for _, t := range l.tags {
		tags = append(tags, wire.Tag(t))
	}
	return tags
}

// serverTime: https://ircv3.net/specs/extensions/server-time
func serverTime(nanoseconds int64) string {
	return time.Unix(0, nanoseconds).UTC().Format("2006-01-02T15:04:05.000Z")
}

// local returns the local client of a session, or nil.
func local(x *state.Session) *Client {
	c, _ := x.Local.(*Client)
	return c
}

// toUser queues the line for all local sessions of a user.
func (r *renderer) toUser(l *outLine, u *state.User) {
	for _, x := range u.Sessions() {
		if c := local(x); c != nil {
			r.to(l, c)
		}
	}
}

// toPeers queues the line, once, for the sessions of everyone else who sees the user in one of these channels and has
// the capability (0: any).
func (r *renderer) toPeers(l *outLine, members []*state.Member, only capSet) {
	r.eachPeer(members, func(c *Client) {
		if only == 0 || c.has(only) {
			r.to(l, c)
		}
	})
}

// eachPeer calls do, once, for the sessions of everyone else who sees the user in one of these channels.
func (r *renderer) eachPeer(members []*state.Member, do func(*Client)) {
	r.server.walk++
	walk := r.server.walk
	for _, about := range members {
		eachWitness(about, func(m *state.Member, c *Client) {
			if c.seen == walk || m.User() == about.User() {
				return
			}
			c.seen = walk
			do(c)
		})
	}
}

// toObservers is toPeers for events that clients which watch the user's nick are told too.
func (r *renderer) toObservers(l *outLine, u *state.User, only capSet) {
	r.eachObserver(u, only, func(c *Client) { r.to(l, c) })
}

// eachObserver calls do, once, for the sessions of everyone else that have the capability and either see the user in a
// channel or watch the user's nick with extended-monitor.
// https://ircv3.net/specs/extensions/extended-monitor
func (r *renderer) eachObserver(u *state.User, only capSet, do func(*Client)) {
	r.eachPeer(u.Members(), func(c *Client) {
		if c.has(only) {
			do(c)
		}
	})
	walk := r.server.walk
	for _, c := range r.watchers(u.Nick()) {
		if c.seen != walk && c.has(capExtendedMonitor) && c.has(only) && !c.isOf(u) {
			do(c)
		}
	}
}

// isOf reports whether this is a session of that user. The lock is held.
func (c *Client) isOf(u *state.User) bool { return c.session != nil && c.session.User() == u }

// toMembers queues the line for all members of a channel.
func (r *renderer) toMembers(l *outLine, c *state.Channel) {
	for _, m := range c.Members() {
		r.toUser(l, m.User())
	}
}

// toWitnesses queues the line for all members of the channel who see this member.
func (r *renderer) toWitnesses(l *outLine, about *state.Member) {
	eachWitness(about, func(_ *state.Member, c *Client) { r.to(l, c) })
}

// eachWitness calls do for every local session of a member who sees this member.
func eachWitness(about *state.Member, do func(*state.Member, *Client)) {
	eachSession(about.Channel(), func(m *state.Member, c *Client) {
		if m.Sees(about) {
			do(m, c)
		}
	})
}

// eachSession calls do for every local session in a channel.
func eachSession(c *state.Channel, do func(*state.Member, *Client)) {
	for _, m := range c.Members() {
		eachSessionOf(m.User(), func(cl *Client) { do(m, cl) })
	}
}

func eachSessionOf(u *state.User, do func(*Client)) {
	for _, x := range u.Sessions() {
		if c := local(x); c != nil {
			do(c)
		}
	}
}

// Lines for one connection that are not the result of an event.

// say queues a line for this client that is not the result of an event: a reply or a notice.
func (c *Client) say(out *outbox, l wire.Line) {
	if g := out.gathering; g != nil && g.client == c {
		g.lines = wire.Append(g.lines, l)
		return
	}
	out.send(c, wire.Append(nil, l))
}

// fromServer returns a line from the server.
func (c *Client) fromServer(command string, params ...string) wire.Line {
	return wire.Line{Source: c.view().name, Command: command, Params: params, Text: true}
}

// errorLine returns the ERROR for a connection that is closed from elsewhere, with its address.
func (c *Client) errorLine(reason string) []byte { return errorLineFor(c.shownAddress(), reason) }

// errorLineFor: https://modern.ircdocs.horse/#error-message
func errorLineFor(host, reason string) []byte {
	text := "Closing Link: " + host + " (" + reason + ")"
	return wire.Append(nil, wire.Line{Command: "ERROR", Params: []string{text}, Text: true})
}

// numericTo queues a numeric for any client. The lock is held.
func (r *renderer) numericTo(c *Client, n numeric) { c.numeric(r.out, n) }

// numericFrom queues a numeric that was caused by a different user. It has that user's account tag, and the tags of a
// bot and an IRC operator.
// https://ircv3.net/specs/extensions/account-tag, https://ircv3.net/specs/extensions/bot-mode#the-bot-tag, https://ircv3.net/specs/extensions/oper-tag
func (r *renderer) numericFrom(by *state.User, c *Client, n numeric) {
	l := r.line(by, r.sourceOf(nil), n.code, append([]string{c.nick()}, n.params...)...)
	l.line.Text = !n.words
	r.to(l, c)
}

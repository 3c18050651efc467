package commands

import (
	"strings"

	"bavard/state"
)

// runMarkread shows or sets the time up to which the caller has read a channel or conversation.
// https://ircv3.net/specs/extensions/read-marker#markread-command
func runMarkread(c *Call) {
	switch target := c.param(0); {
	case target == "":
		c.fail("NEED_MORE_PARAMS", "Missing parameters")
	case len(c.params()) == 1:
		c.showMarker(target)
	default:
		c.setMarker(target, c.param(1))
	}
}

// showMarker sends the time up to which the caller has read.
// https://ircv3.net/specs/extensions/read-marker#markread-client-get-command
func (c *Call) showMarker(name string) {
	known := c.markPeer(name)
	c.View(func(s *state.State) {
		target, refusal := s.MarkTarget(c.user(), name, known)
		r := renderer{server: c.server, out: &c.out}
		if refusal == nil {
			r.to(r.marker(target.Name(), s.ReadUntil(c.user(), target)), c.Client)
		} else {
			c.markRefused(name, refusal)
		}
	})
}

// setMarker sets a marker. The answer has the time that is now set, which can be later than the requested one.
// https://ircv3.net/specs/extensions/read-marker#markread-client-set-command
func (c *Call) setMarker(name, timestamp string) {
	text, found := strings.CutPrefix(timestamp, "timestamp=")
	until, ok := parseServerTime(text)
	if !found || !ok {
		c.fail("INVALID_PARAMS", "The time must be timestamp=YYYY-MM-DDThh:mm:ss.sssZ", excerpt(timestamp))
		return
	}
	known := c.markPeer(name)
	refusal := c.Try(&state.MarkRead{Target: name, Time: until, Known: known}, func(s *state.State, _ []state.Event) {
		if target, refusal := s.MarkTarget(c.user(), name, known); refusal == nil {
			r := renderer{server: c.server, out: &c.out}
			r.to(r.marker(target.Name(), s.ReadUntil(c.user(), target)), c.Client)
		}
	})
	if refusal != nil {
		c.markRefused(name, refusal)
	}
}

// markPeer returns the party that the caller has talked with by a nick that nobody has now.
func (c *Call) markPeer(nick string) (known state.Side) {
	if state.IsChannelName(nick) {
		return state.Side{}
	}
	here := false
	c.View(func(s *state.State) { here = s.User(nick) != nil })
	if here {
		return state.Side{}
	}
	if p := c.talkWith(nick); p != nil && len(p.buffers) > 0 {
		return state.SideOf(p.buffers[0].Peer(p.own[0]))
	}
	return state.Side{}
}

// markRefused answers a refusal. A name that no channel or user can have is the client's mistake; INTERNAL_ERROR is for
// mistakes of the server.
// https://ircv3.net/specs/extensions/read-marker#errors-and-warnings
func (c *Call) markRefused(target string, refusal *state.Refusal) {
	if refusal.Code == state.BadChannelName || refusal.Code == state.BadNick {
		c.fail("INVALID_PARAMS", "Invalid target", excerpt(target))
		return
	}
	c.answer(refusal)
}

// marker returns the line that shows the time up to which a target has been read; 0 means that it is not known.
// https://ircv3.net/specs/extensions/read-marker#markread-server-command
func (r *renderer) marker(target string, nanoseconds int64) *outLine {
	timestamp := "*"
	if nanoseconds > 0 {
		timestamp = "timestamp=" + serverTime(nanoseconds)
	}
	return r.line(nil, r.sourceOf(nil), "MARKREAD", target, timestamp)
}

// markedRead tells all other sessions of the reader's account, and nobody else. The session that set the marker is
// answered by its handler.
// https://ircv3.net/specs/extensions/read-marker#command-flows
func (r *renderer) markedRead(e *state.MarkedRead) {
	l := r.marker(e.Target.Name(), e.Time)
	for _, u := range e.Readers {
		eachSessionOf(u, func(c *Client) {
			if c.has(capReadMarker) && c.id != e.Session {
				r.to(l, c)
			}
		})
	}
}

// markerInto shows a client that has just joined a channel how far the user has read it.
// https://ircv3.net/specs/extensions/read-marker#command-flows
func (r *renderer) markerInto(channel *state.Channel, u *state.User, c *Client) {
	if c.has(capReadMarker) {
		r.to(r.marker(channel.Name(), r.server.state.ReadInChannel(u, channel)), c)
	}
}

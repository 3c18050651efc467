package commands

import (
	"math"
	"strings"
	"time"

	"bavard/state"
)

// runMarkread tells or sets until when the caller has read a channel or a conversation.
// https://ircv3.net/specs/extensions/read-marker#markread-command
func runMarkread(c *Call) {
	switch target := c.param(0); {
	case !c.has(capReadMarker):
		c.reply(errUnknownCommand.with("MARKREAD"))
	case target == "":
		c.fail("NEED_MORE_PARAMS", "Missing parameters")
	case len(c.params()) == 1:
		c.showMarker(target)
	default:
		c.setMarker(target, c.param(1))
	}
}

// showMarker: a channel that one cannot see is like one that is not there.
// https://ircv3.net/specs/extensions/read-marker#markread-client-get-command
func (c *Call) showMarker(name string) {
	c.View(func(s *state.State) {
		target, refusal := s.MarkTarget(c.user(), name)
		r := renderer{server: c.server, out: &c.out}
		switch {
		case refusal == nil:
			r.to(r.marker(target.Name(), s.ReadUntil(c.user(), target)), c.Client)
		case refusal.Code == state.NoSuchChannel:
			r.to(r.marker(name, 0), c.Client)
		default:
			c.markRefused(name, refusal)
		}
	})
}

// setMarker: the answer is what counts now, which may be later than what the caller has said.
// https://ircv3.net/specs/extensions/read-marker#markread-client-set-command
func (c *Call) setMarker(name, timestamp string) {
	until, ok := parseMarkTime(timestamp)
	if !ok {
		c.fail("INVALID_PARAMS", "Give the time as timestamp=YYYY-MM-DDThh:mm:ss.sssZ", excerpt(timestamp))
		return
	}
	refusal := c.Try(&state.MarkRead{Target: name, Time: until}, func(*state.State) { c.showMarkerNow(name) })
	if refusal != nil {
		c.markRefused(name, refusal)
	}
}

// showMarkerNow: the lock is held.
func (c *Call) showMarkerNow(name string) {
	s := c.server.state
	if target, refusal := s.MarkTarget(c.user(), name); refusal == nil {
		r := renderer{server: c.server, out: &c.out}
		r.to(r.marker(target.Name(), s.ReadUntil(c.user(), target)), c.Client)
	}
}

// markRefused: what cannot be a target is the client's mistake; one that can be, but that the caller cannot have read, is
// the error that the specification keeps for what cannot be set.
// https://ircv3.net/specs/extensions/read-marker#errors-and-warnings
func (c *Call) markRefused(target string, refusal *state.Refusal) {
	switch refusal.Code {
	case state.BadChannelName, state.BadNick:
		c.fail("INVALID_PARAMS", "Invalid target", excerpt(target))
	case state.NoSuchChannel, state.NotOnChannel:
		c.fail("INTERNAL_ERROR", "The read timestamp could not be set: you are not on that channel", excerpt(target))
	default:
		c.fail("INTERNAL_ERROR", "The read timestamp could not be set", excerpt(target))
	}
}

// markLayout is a time as MARKREAD says it.
// https://ircv3.net/specs/extensions/server-time
const markLayout = "2006-01-02T15:04:05.000Z"

// parseMarkTime reads timestamp=YYYY-MM-DDThh:mm:ss.sssZ as nanoseconds since 1970. A time that does not fit is the nearest that
// does.
func parseMarkTime(parameter string) (nanoseconds int64, ok bool) {
	text, found := strings.CutPrefix(parameter, "timestamp=")
	if !found {
		return 0, false
	}
	t, err := time.Parse(markLayout, text)
	// Parse is lenient in some places, so only what would be written just so counts.
	if err != nil || t.Format(markLayout) != text {
		return 0, false
	}
	switch {
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64, true
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64, true
	}
	return t.UnixNano(), true
}

// marker is the line that tells until when a target has been read; 0: that is not known.
// https://ircv3.net/specs/extensions/read-marker#markread-server-command
func (r *renderer) marker(target string, nanoseconds int64) *outLine {
	timestamp := "*"
	if nanoseconds > 0 {
		timestamp = "timestamp=" + serverTime(nanoseconds)
	}
	return r.line(nil, r.sourceOf(nil), "MARKREAD", target, timestamp)
}

// markedRead tells the reader's other sessions, those of all who share his account; the one that has set the marker is
// answered by its handler. Nobody else learns of it.
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

// markerInto tells one who has just come into a channel how far he has read there.
// https://ircv3.net/specs/extensions/read-marker#command-flows
func (r *renderer) markerInto(channel *state.Channel, u *state.User, c *Client) {
	if c.has(capReadMarker) {
		r.to(r.marker(channel.Name(), r.server.state.ReadInChannel(u, channel)), c)
	}
}

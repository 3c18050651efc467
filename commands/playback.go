package commands

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"bavard/state"
	"bavard/wire"
)

// The playback of ZNC, for clients that support it. They send commands to a nick that no user has.
// https://wiki.znc.in/Playback

// playbackNick is the nick that they send commands to. No user can have it, because nicks cannot contain a star.
const playbackNick = "*playback"

const (
	// mostPlayed bounds the buffers of one request.
	mostPlayed = 100
	// mostPlayMasks bounds the names and masks of one request, each of which is compared with each buffer.
	mostPlayMasks = 50
	// mostPlayUnits bounds the cost of a request, because clients request everything at once when they reconnect.
	mostPlayUnits = 20
	// mostUnwanted bounds how many buffers a connection can clear.
	mostUnwanted = 200
)

// unwanted is a buffer that the client has cleared up to a place.
type unwanted struct {
	buffer state.Buffer
	until  state.Position
}

// runZNC is the other way in which clients of that bouncer write PRIVMSG *module, with or without a colon. The
// playback is the only module here; any other one is answered as a nick that nobody has.
// https://wiki.znc.in/Using_commands
func runZNC(c *Call) {
	if module := c.param(0); c.has(capPlayback) && strings.EqualFold(module, playbackNick) {
		c.playback(c.param(1))
	} else {
		c.reply(errNoSuchNick.with(echoable(module)))
	}
}

const playbackUsage = "PLAY <buffers> [<from>] [<to>], LIST [<buffers>] or CLEAR <buffers>: " +
	"buffers are channels and nicks, separated by commas, with * and ?; times are seconds since 1970"

// playback runs one command that was sent to the playback.
func (c *Call) playback(text string) {
	words := strings.Fields(text)
	if len(words) == 0 {
		words = []string{""}
	}
	switch verb, args := strings.ToUpper(words[0]), words[1:]; {
	case verb == "PLAY" && len(args) >= 1 && len(args) <= 3:
		c.playBuffers(args)
	case verb == "LIST" && len(args) <= 1:
		c.listPlayback(cmp.Or(strings.Join(args, ""), "*"))
	case verb == "CLEAR" && len(args) == 1:
		c.clearPlayback(args[0])
	default:
		c.playbackSays(playbackUsage)
	}
}

// playBuffers sends messages after from and not after to, and only the latest if there are many. Times are whole
// milliseconds, as in server-time, so that a client does not get messages again that it has seen.
func (c *Call) playBuffers(args []string) {
	var page state.Page
	for i, arg := range args[1:] {
		at, ok := parseUnixTime(arg)
		if !ok {
			c.playbackSays(playbackUsage)
			return
		}
		c.View(func(s *state.State) {
			switch {
			case i == 0 && at != 0:
				page.After = s.AfterTime(at)
			case i == 1:
				page.Before = s.AfterTime(at) // no line has this place itself
			}
		})
	}
	c.answerInSeveral()
	before := c.extra
	list := c.playable(args[0], page.After)
	if c.reads.failed() {
		c.playbackSays(cannotReadText)
		return
	}
	for _, t := range list {
		page := page
		page.Most, page.Newest, page.After = c.config().History.LinesPerRequest, true, c.notCleared(t.past, page.After)
		if lines := c.pageOf(t.past, page); len(lines) > 0 {
			c.showPast(t.past, lines)
		}
	}
	c.extra = min(c.extra, before+mostPlayUnits)
}

// listPlayback lists the times of the first and last message in each buffer.
func (c *Call) listPlayback(masks string) {
	list := c.playable(masks, state.Position{})
	if c.reads.failed() {
		c.playbackSays(cannotReadText)
		return
	}
	for _, t := range list {
		first := t.lines(c.reader(), state.Page{Most: 1, After: c.notCleared(t.past, state.Position{})})
		if len(first) > 0 {
			from, to := int64(0), int64(0)
			c.View(func(s *state.State) { from, to = s.WallAt(first[0].Elapsed), s.WallAt(t.last) })
			c.playbackSays(t.target + " " + unixTime(from) + " " + unixTime(to))
		}
	}
}

// clearPlayback clears buffers for this connection only, because clients may not delete history.
func (c *Call) clearPlayback(masks string) {
	list := c.playable(masks, state.Position{})
	var until state.Position
	c.View(func(s *state.State) {
		until = state.Position{Elapsed: s.Now(), Order: s.Order(), Index: math.MaxUint16}
	})
	for _, t := range list {
		for _, b := range t.buffers {
			c.unwanted = slices.DeleteFunc(c.unwanted, func(old unwanted) bool { return old.buffer == b })
			c.unwanted = append(c.unwanted, unwanted{b, until})
		}
	}
	if over := len(c.unwanted) - mostUnwanted; over > 0 {
		c.unwanted = slices.Clone(c.unwanted[over:])
	}
	c.playbackSays("Cleared: this connection will not be sent earlier messages again from " + plural(len(list), "buffer"))
}

// notCleared returns after, or the place up to which the client has cleared the buffer if that is later.
func (c *Client) notCleared(p *past, after state.Position) state.Position {
	for _, old := range c.unwanted {
		if slices.Contains(p.buffers, old.buffer) && old.until.Compare(after) > 0 {
			after = old.until
		}
	}
	return after
}

// playable returns the buffers that match one of the masks and have a message after this place.
func (c *Call) playable(masks string, after state.Position) []historyTarget {
	fold := c.view().policy.Casemapping.Fold
	wanted := c.newTargets(mostPlayMasks).takeAll(splitList(fold(masks)))
	list := c.whereTalked(after, state.Position{}, mostPlayed, true)
	list = slices.DeleteFunc(list, func(t historyTarget) bool {
		name := fold(t.target)
		return t.last < c.notCleared(t.past, after).Elapsed ||
			!slices.ContainsFunc(wanted, func(mask string) bool { return state.Match(mask, name) })
	})
	return cutTo(list, mostPlayed, true)
}

// playbackSays sends an answer from the playback, as ZNC does.
func (c *Call) playbackSays(text string) {
	c.View(func(*state.State) {
		server := c.view().name
		l := &outLine{server: c.server, time: c.server.order.Now().UnixNano(), line: wire.Line{
			Source: playbackNick + "!playback@" + server, Command: "PRIVMSG", Params: []string{c.nick(), text}, Text: true,
		}}
		c.out.send(c.Client, l.encodedFor(&c.Peer))
	})
}

// parseUnixTime parses seconds since 1970, with or without a fraction, and returns nanoseconds.
func parseUnixTime(text string) (nanoseconds int64, ok bool) {
	whole, fraction, _ := strings.Cut(text, ".")
	const mostDigits, fractionDigits = 10, 9 // until the year 2286: more than nanoseconds can count from 2262 on
	if whole == "" || len(whole) > mostDigits || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, false
	}
	fraction = (fraction + "000000000")[:fractionDigits]
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, false
	}
	rest, err := strconv.ParseInt(fraction, 10, 64)
	return min(seconds, math.MaxInt64/int64(time.Second)-1)*int64(time.Second) + rest, err == nil
}

// unixTime formats nanoseconds as seconds since 1970, with milliseconds.
func unixTime(nanoseconds int64) string {
	return fmt.Sprintf("%d.%03d", nanoseconds/int64(time.Second), nanoseconds/int64(time.Millisecond)%1000)
}

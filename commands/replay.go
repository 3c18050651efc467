package commands

import (
	"math"

	"bavard/state"
)

// replay is the part of a channel's history that a client which has joined is yet to be shown.
type replay struct {
	of   *past
	page state.Page
}

// replayBytes is about how much history a JOIN shows. It must fit into the smallest send queue, because it is sent
// without a pause.
const replayBytes = 24 << 10

// oweReplay arranges that a client which has just joined a channel is shown the channel's last messages before a place,
// if the channel (+H) or the configuration says so. Clients that request history themselves are shown none, and neither
// are bots, which would answer old messages. The messages are read after the operation, because history may be slow.
// https://ircv3.net/specs/extensions/chathistory#implementation
func (r *renderer) oweReplay(m *state.Member, c *Client, before state.Position) {
	most, span := m.Channel().Replay()
	if most == 0 {
		most = r.server.config.History.Autoreplay
	}
	if most == 0 || c.has(capChathistory|capPlayback) || m.User().HasMode('B') {
		return
	}
	x := replay{c.pastOfChannel(m), state.Page{Most: most, Newest: true, Before: before}}
	if span > 0 {
		x.page.After = state.Position{Elapsed: r.server.state.Now() - span - 1, Order: math.MaxUint64}
	}
	if c == r.by && r.call != nil {
		r.call.replays = append(r.call.replays, x)
		return
	}
	c.late = append(c.late, x)
	c.conn.TickSoon()
}

// tellReplays shows the messages that oweReplay has arranged for this command.
func (c *Call) tellReplays() {
	for len(c.replays) > 0 {
		x := c.replays[0]
		c.replays = c.replays[1:]
		c.showReplay(x.of, x.of.lines(c.reader(), x.page))
	}
}

// tellLateReplays is like tellReplays, for the channels that the client has joined without a command of its own.
func (c *Client) tellLateReplays() {
	c.server.order.Lock()
	call := &Call{Client: c, replays: c.late}
	c.late = nil
	c.server.order.Unlock()
	call.tellReplays()
}

// showReplay shows messages in their original form to clients that can tell that they are old, and otherwise as plain
// lines.
func (c *Call) showReplay(p *past, lines []state.Line) {
	if lines = latestWithin(lines, replayBytes); len(lines) == 0 {
		return
	}
	c.View(func(s *state.State) {
		if !p.look(s, c.user()) {
			return
		}
		if !c.has(capServerTime) {
			c.say(&c.out, c.fromServer("NOTICE", p.target, historyTitle(lines, "in "+p.target)))
		}
		// https://ircv3.net/specs/batches/chathistory
		p.batch = c.openBatch(&c.out, "chathistory", p.target)
		defer p.batch.end()
		for i := range lines {
			if c.has(capServerTime) {
				p.show(&lines[i])
				continue
			}
			for _, text := range historyTexts(s, &lines[i]) {
				p.batch.say(c.fromServer("NOTICE", p.target, text))
			}
		}
	})
}

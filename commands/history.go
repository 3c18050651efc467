package commands

import (
	"math"
	"strconv"
	"strings"
	"time"

	"bavard/state"
)

// runHistory shows the last lines of a channel as notices: a client that knows no CHATHISTORY shows them where the
// channel is. Only members read it.
func runHistory(c *Call) {
	name, count := c.param(0), c.param(1)
	if name != "" && !state.IsChannelName(name) {
		name, count = "", name
	}
	if name == "" {
		if name = c.currentName(); name == "" {
			return
		}
	}
	most := c.config().History.LinesPerRequest
	if count != "" {
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 {
			c.refuse("INVALID_PARAMS", "Give the number of lines as a number from 1 to "+itoa(most))
			return
		}
		most = min(n, most)
	}
	var lines []state.Line
	c.View(func(s *state.State) {
		channel := c.ownChannel(s, name)
		if channel == nil {
			return
		}
		name = channel.Name()
		lines = c.server.options.History.Page(state.ChannelBuffer(channel.ID()), state.Page{Most: most, Newest: true})
		if len(lines) == 0 {
			c.notice(name, "Nothing has been said in "+name+" that is remembered")
			return
		}
		c.notice(name, historyTitle(lines, channel))
	})
	if len(lines) == 0 {
		return
	}
	c.pages(func(*state.State) bool {
		for bytes := 0; len(lines) > 0 && bytes < pastBytes; lines = lines[1:] {
			for _, text := range historyTexts(&lines[0]) {
				c.notice(name, text)
			}
			bytes += roughBytes(&lines[0])
		}
		if len(lines) == 0 {
			c.notice(name, "End of history")
		}
		return len(lines) == 0
	})
}

func historyTitle(lines []state.Line, channel *state.Channel) string {
	return "The last " + plural(len(lines), "message") + " of " + channel.Name() + " (times in UTC):"
}

// historyTexts is a message as plain lines, with its time in UTC; a multiline one has several.
func historyTexts(l *state.Line) (texts []string) {
	nick, _, _ := strings.Cut(l.Source, "!")
	when := time.Unix(0, l.Time).UTC().Format("[2006-01-02 15:04:05] ")
	for _, text := range saidTexts(l) {
		action, isAction := strings.CutPrefix(text, "\x01ACTION ")
		switch {
		case isAction:
			texts = append(texts, when+"* "+nick+" "+strings.TrimSuffix(action, "\x01"))
		case l.Verb == "NOTICE":
			texts = append(texts, when+"-"+nick+"- "+text)
		default:
			texts = append(texts, when+"<"+nick+"> "+text)
		}
	}
	return texts
}

// saidTexts are the texts of a message as those read it who know no multiline messages: they are never sent a blank line.
// https://ircv3.net/specs/extensions/multiline#fallback
func saidTexts(l *state.Line) (texts []string) {
	if len(l.Parts) == 0 {
		return []string{l.Text()}
	}
	for _, part := range l.Parts {
		if part.Text != "" {
			texts = append(texts, part.Text)
		}
	}
	return texts
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return itoa(n) + " " + noun + "s"
}

// replayBytes is about how much a JOIN shows unasked: nobody can wait in the middle of it, so it must fit into the smallest
// send queue that there may be.
const replayBytes = 24 << 10

// latestWithin are as many of the latest lines as are sent in about so many bytes, one at least.
func latestWithin(lines []state.Line, mostBytes int) []state.Line {
	for i := len(lines) - 1; i >= 0; i-- {
		if mostBytes -= roughBytes(&lines[i]); mostBytes < 0 && i < len(lines)-1 {
			return lines[i+1:]
		}
	}
	return lines
}

// replay shows the last messages to who has just joined, if the channel's operators (+H) or the configuration say so: as
// they were, to a client that can tell that they are old, else as plain lines. A client that asks for history by itself is
// shown none, and neither are bots: they would answer.
// https://ircv3.net/specs/extensions/chathistory#implementation
func (r *renderer) replay(channel *state.Channel, c *Client) {
	most, span := channel.Replay()
	if most == 0 {
		most = r.server.config.History.Autoreplay
	}
	if most == 0 || c.has(capChathistory|capPlayback) || c.session.User().HasMode('B') {
		return
	}
	q := state.Page{Most: most, Newest: true}
	if span > 0 {
		q.After = state.Position{Time: r.server.state.Now() - span - 1, Order: math.MaxUint64}
	}
	lines := r.server.options.History.Page(state.ChannelBuffer(channel.ID()), q)
	lines = latestWithin(lines, replayBytes)
	if len(lines) == 0 {
		return
	}
	if !c.has(capServerTime) {
		c.say(r.out, c.fromServer("NOTICE", channel.Name(), historyTitle(lines, channel)))
	}
	// https://ircv3.net/specs/batches/chathistory
	p := past{client: c, target: channel.Name(), batch: c.openBatch(r.out, "chathistory", channel.Name())}
	defer p.batch.end()
	for i := range lines {
		if c.has(capServerTime) {
			p.show(&lines[i])
			continue
		}
		for _, text := range historyTexts(&lines[i]) {
			p.batch.say(c.fromServer("NOTICE", channel.Name(), text))
		}
	}
}

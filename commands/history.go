package commands

import (
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
	c.View(func(s *state.State) {
		channel := c.ownChannel(s, name)
		if channel == nil {
			return
		}
		lines := c.server.options.History.Last(channel.ID(), most)
		if len(lines) == 0 {
			c.notice(channel.Name(), "Nothing has been said in "+channel.Name()+" that is remembered")
			return
		}
		c.notice(channel.Name(), "The last "+plural(len(lines), "message")+" of "+channel.Name()+" (times in UTC):")
		for _, l := range lines {
			c.notice(channel.Name(), historyText(l))
		}
		c.notice(channel.Name(), "End of history")
	})
}

// historyText is a message as a plain line, with its time in UTC.
func historyText(l state.Line) string {
	nick, _, _ := strings.Cut(l.Source, "!")
	when := time.Unix(0, l.Time).UTC().Format("[2006-01-02 15:04:05] ")
	if action, is := strings.CutPrefix(l.Text, "\x01ACTION "); is {
		return when + "* " + nick + " " + strings.TrimSuffix(action, "\x01")
	}
	if l.Kind == state.Notice {
		return when + "-" + nick + "- " + l.Text
	}
	return when + "<" + nick + "> " + l.Text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return itoa(n) + " " + noun + "s"
}

// replay shows the last messages to who has just joined (+H): as they were, to a client that knows their time, else as
// plain lines. Bots are shown none: they would answer.
func (r *renderer) replay(channel *state.Channel, c *Client) {
	most, span := channel.Replay()
	if most == 0 || c.session.User().HasMode('B') {
		return
	}
	lines := r.server.options.History.Last(channel.ID(), most)
	for len(lines) > 0 && span > 0 && lines[0].Time < r.server.state.Now()-span {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return
	}
	if !c.has(capServerTime) {
		c.say(r.out, c.fromServer("NOTICE", channel.Name(), "The last "+plural(len(lines), "message")+" of "+channel.Name()+" (times in UTC):"))
	}
	// https://ircv3.net/specs/batches/chathistory
	b := c.openBatch(r.out, "chathistory", channel.Name())
	defer b.end()
	for _, l := range lines {
		if !c.has(capServerTime) {
			b.say(c.fromServer("NOTICE", channel.Name(), historyText(l)))
			continue
		}
		line := r.line(nil, l.Source, l.Kind.String(), channel.Name(), l.Text).text()
		line.time, line.message = l.Time, &state.Stamp{Time: l.Time, Order: l.Order}
		b.event(line)
	}
}

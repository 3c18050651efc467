package commands

import (
	"strconv"
	"strings"
	"time"

	"bavard/state"
)

// runHistory shows the last lines of a channel as notices, which clients without CHATHISTORY show in the channel's
// window. Only members may read them. With a nick it shows a conversation, by the rules of CHATHISTORY.
func runHistory(c *Call) {
	name, count := c.param(0), c.param(1)
	if count == "" && name != "" && strings.ContainsRune("+-0123456789", rune(name[0])) { // no nick starts like this
		name, count = "", name
	}
	most := c.config().History.LinesPerRequest
	if count != "" {
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 {
			c.refuse("INVALID_PARAMS", "The number of lines must be from 1 to "+itoa(most))
			return
		}
		most = min(n, most)
	}
	if name == "" {
		if name = c.currentName(); name == "" {
			return
		}
	}
	if !state.IsChannelName(name) {
		c.historyWith(name, most)
		return
	}
	var p *past
	c.View(func(s *state.State) {
		if channel := c.ownChannel(s, name); channel != nil {
			p = c.pastOfChannel(c.user().Member(channel))
		}
	})
	if p != nil {
		c.showHistory(p, most, p.target, "in "+p.target)
	}
}

// historyWith shows a conversation as notices to the caller's nick. It does not show whether a user has that nick now.
func (c *Call) historyWith(nick string, most int) {
	p := c.talkWith(nick)
	if p == nil {
		p = &past{client: c.Client, target: echoable(nick)}
	}
	c.showHistory(p, most, c.nick(), "between you and "+p.target)
}

// showHistory shows the latest lines as notices to where; said describes the place, such as "in #channel".
func (c *Call) showHistory(p *past, most int, where, said string) {
	lines := p.lines(c.reader(), state.Page{Most: most, Newest: true})
	if c.reads.failed() {
		c.notice(where, cannotReadText)
		return
	}
	if len(lines) == 0 {
		c.notice(where, "There is no history of messages "+said)
		return
	}
	c.notice(where, historyTitle(lines, said))
	c.pages(func(s *state.State, part *page) bool {
		if !p.look(s, c.user()) {
			return true
		}
		if state.IsChannelName(p.target) {
			where = p.target // it may have been renamed
		}
		for ; len(lines) > 0 && part.more(); lines = lines[1:] {
			for _, text := range historyTexts(s, &lines[0]) {
				c.notice(where, text)
			}
		}
		if len(lines) == 0 {
			c.notice(where, "End of history")
		}
		return len(lines) == 0
	})
}

// historyTitle returns the title above the lines; said is as for showHistory.
func historyTitle(lines []state.Line, said string) string {
	if len(lines) == 1 {
		return "The last message " + said + " (times in UTC):"
	}
	return "The last " + itoa(len(lines)) + " messages " + said + " (times in UTC):"
}

// historyTexts formats a message as plain lines with its time in UTC. A multiline message has several.
func historyTexts(s *state.State, l *state.Line) (texts []string) {
	nick, _, _ := strings.Cut(l.Source, "!")
	when := time.Unix(0, s.WallAt(l.Elapsed)).UTC().Format("[2006-01-02 15:04:05] ")
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

// saidTexts returns the texts of a message for clients without multiline, which are never sent a blank line.
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

// latestWithin returns as many of the latest lines as fit into about this many bytes, at least one.
func latestWithin(lines []state.Line, mostBytes int) []state.Line {
	for i := len(lines) - 1; i >= 0; i-- {
		if mostBytes -= roughBytes(&lines[i]); mostBytes < 0 && i < len(lines)-1 {
			return lines[i+1:]
		}
	}
	return lines
}

package commands

import (
	"cmp"
	"slices"
	"strings"

	"bavard/state"
	"bavard/wire"
)

// historyTarget is a channel or a conversation, and when its latest message was sent.
type historyTarget struct {
	name   string
	buffer state.Buffer
	last   int64
}

func compareTime(a, b int64) int { return cmp.Compare(a, b) }

// historyTargets lists where there was talk between two times.
// https://ircv3.net/specs/extensions/chathistory#targets
func (c *Call) historyTargets(q *selection) {
	after, before, newest := q.between()
	var list []historyTarget
	p := c.newTalk(func(*state.State, *past) {
		for _, m := range c.user().Members() {
			list = append(list, historyTarget{name: m.Channel().Name(), buffer: state.ChannelBuffer(m.Channel().ID())})
		}
	})
	for i := range list {
		list[i].last = c.server.options.History.LastTime(list[i].buffer)
	}
	list = slices.DeleteFunc(list, func(t historyTarget) bool { return t.last <= after.Time || t.last > before.Time })
	talks := c.talks(p.own, after, before, q.most, newest)
	c.View(func(s *state.State) {
		for _, t := range talks {
			list = append(list, historyTarget{name: p.peerName(s, t), last: t.Last})
		}
		list = cutTo(c.latestOfEach(list), q.most, newest)
		c.extra += float64(len(list)) / linesPerUnit
		b := c.openBatch(&c.out, "draft/chathistory-targets")
		for _, t := range list {
			b.say(wire.Line{Source: c.view().name, Command: "CHATHISTORY", Params: []string{"TARGETS", t.name, serverTime(t.last)}})
		}
		b.end()
	})
}

// latestOfEach sorts by time, and keeps of each name what it would lead to.
func (c *Call) latestOfEach(list []historyTarget) (kept []historyTarget) {
	slices.SortFunc(list, func(a, b historyTarget) int {
		return cmp.Or(compareTime(a.last, b.last), strings.Compare(a.name, b.name))
	})
	fold, seen := c.view().policy.Casemapping.Fold, map[string]bool{}
	for _, t := range slices.Backward(list) {
		if name := fold(t.name); name != "" && !seen[name] {
			seen[name] = true
			kept = append(kept, t)
		}
	}
	slices.Reverse(kept)
	return kept
}

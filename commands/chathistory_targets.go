package commands

import (
	"cmp"
	"slices"
	"strings"

	"bavard/state"
	"bavard/wire"
)

// historyTarget is a channel or a conversation of the caller, and when its latest message was sent.
type historyTarget struct {
	*past
	last int64
}

// historyTargets lists where there was talk between two times.
// https://ircv3.net/specs/extensions/chathistory#targets
func (c *Call) historyTargets(q *selection) {
	after, before, newest := q.between()
	list := cutTo(c.whereTalked(after, before, q.most, newest), q.most, newest)
	c.extra += float64(len(list)) / linesPerUnit
	c.View(func(*state.State) {
		b := c.openBatch(&c.out, "draft/chathistory-targets")
		for _, t := range list {
			b.say(wire.Line{Source: c.view().name, Command: "CHATHISTORY", Params: []string{"TARGETS", t.target, serverTime(t.last)}})
		}
		b.end()
	})
}

// whereTalked are the caller's channels, and at most mostTalks of his conversations, whose latest message stands between two
// places (a zero before: no bound), in the order of these messages.
func (c *Call) whereTalked(after, before state.Position, mostTalks int, newest bool) []historyTarget {
	var list []historyTarget
	p := c.newTalk(func(*state.State, *past) {
		for _, m := range c.user().Members() {
			list = append(list, historyTarget{past: c.pastOfChannel(m.Channel())})
		}
	})
	for i := range list {
		list[i].last = c.server.options.History.LastTime(list[i].buffers[0])
	}
	list = slices.DeleteFunc(list, func(t historyTarget) bool {
		return t.last <= after.Time || !before.IsZero() && t.last > before.Time
	})
	talks := c.talks(p.own, after, before, mostTalks, newest)
	c.View(func(s *state.State) {
		for _, t := range talks {
			of := *p
			of.target = p.peerName(s, t)
			of.with([]state.Party{t.peer})
			if u := s.User(of.target); u != nil {
				of.with(s.PartiesOf(u))
			}
			list = append(list, historyTarget{&of, t.Last})
		}
	})
	return c.latestOfEach(list)
}

// latestOfEach sorts by time, and keeps of each name what it would lead to.
func (c *Call) latestOfEach(list []historyTarget) (kept []historyTarget) {
	slices.SortFunc(list, func(a, b historyTarget) int {
		return cmp.Or(cmp.Compare(a.last, b.last), strings.Compare(a.target, b.target))
	})
	fold, seen := c.view().policy.Casemapping.Fold, map[string]bool{}
	for _, t := range slices.Backward(list) {
		if name := fold(t.target); name != "" && !seen[name] {
			seen[name] = true
			kept = append(kept, t)
		}
	}
	slices.Reverse(kept)
	return kept
}

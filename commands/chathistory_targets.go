package commands

import (
	"cmp"
	"slices"
	"strings"

	"bavard/state"
	"bavard/wire"
)

// historyTarget is a channel or conversation of the caller, with the moment of its latest message by the state's clock.
type historyTarget struct {
	*past
	last int64
}

// historyTargets lists the targets whose latest message is between two times.
// https://ircv3.net/specs/extensions/chathistory#targets
func (c *Call) historyTargets(q *selection) {
	after, before, newest := q.between()
	list := cutTo(c.whereTalked(after, before, q.most, newest), q.most, newest)
	if c.reads.failed() {
		c.fail("MESSAGE_ERROR", "Targets could not be retrieved", "TARGETS")
		return
	}
	c.extra += float64(len(list)) / linesPerUnit
	b := c.openBatch(&c.out, "draft/chathistory-targets")
	eachOf(c, list, func(s *state.State, t historyTarget) {
		b.say(wire.Line{Source: c.view().name, Command: "CHATHISTORY", Params: []string{"TARGETS", t.target, serverTime(s.WallAt(t.last))}})
	})
	b.end()
}

// whereTalked returns the caller's channels, and at most most of their conversations (or mostTalks if that is more),
// whose latest message is between two places (zero before: no bound), in the order of these messages.
func (c *Call) whereTalked(after, before state.Position, most int, newest bool) []historyTarget {
	var list []historyTarget
	p := c.newTalk(func(*state.State, *past) {
		for _, m := range c.user().Members() {
			list = append(list, historyTarget{past: c.pastOfChannel(m)})
		}
	})
	talks := c.talks(p.own, after, before, max(most, mostTalks), newest)
	eachOf(c, talks, func(s *state.State, t talk) { list = append(list, historyTarget{past: p.whole(s, t)}) })
	for i := range list {
		list[i].last = list[i].resolve(c.reader())
	}
	// The latest message of a target with several buffers may be in a different buffer than the one that was found.
	list = slices.DeleteFunc(list, func(t historyTarget) bool {
		return t.last <= after.Elapsed || !before.IsZero() && t.last > before.Elapsed
	})
	return c.latestOfEach(list)
}

// whole returns everything between the reader and the peer of a conversation. A peer whose nick nobody has now is
// found by it only if no account has that name. The lock is held.
func (p *past) whole(s *state.State, t talk) *past {
	of := *p
	of.target = p.peerName(s, t)
	of.with([]state.Party{t.peer})
	if u := s.User(of.target); u != nil {
		of.with(s.PartiesOf(u))
	} else if account := s.AccountParty(of.target); account != t.peer && !account.IsZero() {
		of.instead = &past{own: p.own}
		of.instead.with([]state.Party{account})
	}
	return &of
}

// resolve decides which buffers the name stands for, and returns the time of the latest message there; 0: there is
// none.
func (p *past) resolve(h *historyReader) int64 {
	if p.instead != nil {
		if last := p.instead.last(h); last > 0 {
			p.buffers = p.instead.buffers
			return last
		}
	}
	return p.last(h)
}

func (p *past) last(h *historyReader) (last int64) {
	for _, b := range p.buffers {
		last = max(last, h.lastTime(b))
	}
	if last < p.start.Elapsed {
		return 0 // the reader may see none of it
	}
	return last
}

// latestOfEach sorts by time, and keeps only the latest target of each name, which is the one that the name stands for.
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

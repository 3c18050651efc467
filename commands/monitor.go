package commands

import (
	"slices"
	"strings"

	"bavard/state"
)

// monitors holds the clients of this machine that watch a nick, by folded nick, in the order in which they began.
// Server.mu guards it and each client's own list.
type monitors map[string][]*Client

// monitored is a nick on a client's list.
type monitored struct{ nick, folded string }

// runMonitor: https://ircv3.net/specs/extensions/monitor
func runMonitor(c *Call) {
	switch strings.ToUpper(c.param(0)) {
	case "+":
		c.monitorAdd(c.monitorTargets())
	case "-":
		c.monitorRemove(c.monitorTargets())
	case "C":
		c.dropMonitored()
	case "L":
		c.eachMonitored(func(_ *state.State, some []monitored) {
			var nicks []string
			for _, m := range some {
				nicks = append(nicks, m.nick)
			}
			c.monitorLines(rplMonList, nicks)
		})
		c.reply(rplEndOfMonList.with())
	case "S":
		c.eachMonitored(c.monitorStatus)
	default:
		c.refuse("INVALID_PARAMS", "The subcommand must be +, -, C, L or S")
	}
}

// eachMonitored sends a long answer about the nicks on the client's list, which only the client's own commands change.
func (c *Call) eachMonitored(visit func(s *state.State, some []monitored)) {
	for next := 0; next < len(c.monitored); next += pageItems {
		if next > 0 && !c.breathe() {
			return
		}
		c.View(func(s *state.State) { visit(s, c.monitored[next:min(next+pageItems, len(c.monitored))]) })
	}
}

// monitorTargets returns the nicks in the command, each once, without invalid ones.
func (c *Call) monitorTargets() []string {
	policy := c.view().policy
	return slices.DeleteFunc(c.unique(splitList(c.param(1))), func(nick string) bool {
		return len(nick) > policy.NickBytes || !state.ValidNick(nick)
	})
}

// monitorAdd adds nicks to the list and shows at once who is online. Nicks that do not fit are named.
func (c *Call) monitorAdd(nicks []string) {
	most := c.config().Limits.Monitor
	var added []monitored
	var keys []string
	c.View(func(s *state.State) {
		var over []string
		for _, nick := range nicks {
			m := monitored{strings.Clone(nick), s.Policy().Casemapping.Fold(nick)}
			switch {
			case c.watches(m.folded):
				continue
			case len(c.monitored) >= most:
				over = append(over, nick)
				continue
			}
			m.folded = strings.Clone(m.folded)
			c.monitored = append(c.monitored, m)
			c.server.monitors[m.folded] = append(c.server.monitors[m.folded], c.Client)
			added = append(added, m)
		}
		c.monitorStatus(s, added)
		for _, line := range joinWith(over, ",", c.room("734", itoa(most))-len("Monitor list is full.  ")) {
			if line != "" {
				c.reply(errMonListFull.with(itoa(most), line))
			}
		}
		if c.listens() {
			keys = slices.Clone(c.subs)
		}
	})
	c.tellWatched(added, keys, nil)
}

func (c *Call) monitorRemove(nicks []string) {
	fold := c.view().policy.Casemapping.Fold
	gone := map[string]bool{}
	for _, nick := range nicks {
		gone[fold(nick)] = true
	}
	c.View(func(*state.State) {
		c.monitored = slices.DeleteFunc(c.monitored, func(m monitored) bool {
			if gone[m.folded] {
				c.server.monitors.remove(m.folded, c.Client)
			}
			return gone[m.folded]
		})
	})
}

// watches reports whether the client watches a nick. Both the client's list and the nick's can be long, so the shorter
// one is searched. The lock is held.
func (c *Client) watches(folded string) bool {
	watchers := c.server.monitors[folded]
	if len(watchers) < len(c.monitored) {
		return slices.Contains(watchers, c)
	}
	return slices.ContainsFunc(c.monitored, func(own monitored) bool { return own.folded == folded })
}

// monitorStatus shows which of these are online.
func (c *Call) monitorStatus(s *state.State, list []monitored) {
	var here, gone []string
	for _, m := range list {
		if u := s.User(m.nick); u != nil {
			here = append(here, u.Source())
		} else {
			gone = append(gone, m.nick)
		}
	}
	c.monitorLines(rplMonOnline, here)
	c.monitorLines(rplMonOffline, gone)
}

func (c *Call) monitorLines(row free1, words []string) {
	for _, line := range joinWith(words, ",", c.room(row.code)) {
		if line != "" {
			c.reply(row.with(line))
		}
	}
}

func (m monitors) remove(folded string, c *Client) {
	list := m[folded]
	if at := slices.Index(list, c); at >= 0 {
		list = slices.Delete(list, at, at+1)
	}
	if len(list) == 0 {
		delete(m, folded)
	} else {
		m[folded] = list
	}
}

// dropMonitored removes everything that the client watches, some nicks in each hold of the lock.
func (c *Client) dropMonitored() {
	for len(c.monitored) > 0 {
		c.dropSomeMonitored()
	}
	c.monitored = nil
}

func (c *Client) dropSomeMonitored() {
	const atOnce = 100
	c.server.order.Lock()
	defer c.server.order.Unlock()
	for range min(atOnce, len(c.monitored)) {
		last := len(c.monitored) - 1
		c.server.monitors.remove(c.monitored[last].folded, c)
		c.monitored = c.monitored[:last]
	}
}

// arrived tells those who watch the user's nick. A user who arrives away is also announced as away, as in a channel.
// https://ircv3.net/specs/extensions/extended-monitor
func (r *renderer) arrived(u *state.User) {
	watchers := r.watchers(u.Nick())
	if len(watchers) == 0 {
		return
	}
	known, away := r.introduction(u), r.awayLines(u)
	for _, c := range watchers {
		r.numericFrom(u, c, rplMonOnline.with(u.Source()))
		r.introduce(known, c)
		if u.Away() != "" && c.has(capExtendedMonitor) && c.has(capAwayNotify) && !c.isOf(u) {
			r.to(away.of(c), c)
		}
	}
}

// left tells those who watch the nick that the user no longer has.
func (r *renderer) left(u *state.User, nick string) {
	for _, c := range r.watchers(nick) {
		r.numericFrom(u, c, rplMonOffline.with(nick))
	}
}

func (r *renderer) watchers(nick string) []*Client {
	if len(r.server.monitors) == 0 {
		return nil
	}
	return r.server.monitors[r.server.state.Policy().Casemapping.Fold(nick)]
}

// monitorRenamed tells those who watch the old or the new nick, unless only its case has changed.
func (r *renderer) monitorRenamed(e *state.NickChanged) {
	old, _, _ := strings.Cut(e.OldSource, "!")
	fold := r.server.state.Policy().Casemapping.Fold
	if fold(old) != fold(e.User.Nick()) {
		r.left(e.User, old)
		r.arrived(e.User)
	}
}

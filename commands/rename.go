package commands

import "bavard/state"

// runRename: https://ircv3.net/specs/extensions/channel-rename
func runRename(c *Call) { c.rename(c.param(0), c.param(1), c.param(2)) }

// runRen renames the current channel.
func runRen(c *Call) {
	if current := c.currentName(); current != "" {
		c.rename(current, c.param(0), c.param(1))
	}
}

// rename renames a channel. It answers a refusal with the FAIL of the specification, or with a numeric to clients
// without standard replies.
// https://ircv3.net/specs/extensions/channel-rename#errors
func (c *Call) rename(old, name, reason string) {
	if name == "" {
		c.needMoreParams()
		return
	}
	refusal := c.Try(&state.Rename{Channel: old, New: name, Reason: reason}, func(s *state.State, _ []state.Event) {
		// Most clients are sent the whole channel again.
		c.extra += float64(len(s.Channel(name).Members())) / 20
	})
	if refusal == nil {
		return
	}
	if c.has(capChannelRename) && (refusal.Code == state.CannotRename || refusal.Code == state.ChannelNameInUse) {
		c.message.Command = "RENAME" // REN is a short form of it
		c.answerFail(refusal, refusal.Channel, echoable(name))
		return
	}
	c.answer(refusal)
}

// renamed shows a rename. Clients without channel-rename see themselves leave the old channel and join the new one,
// unless only the case changes, which they need not know.
// https://ircv3.net/specs/extensions/channel-rename#fallback
func (r *renderer) renamed(e *state.Renamed) {
	reason := e.Reason
	if reason == "" {
		reason = "Renamed to " + e.Channel.Name() + " by " + e.By.Nick()
	}
	rename := r.number(r.line(e.By, e.By.Source(), "RENAME", e.Old, e.Channel.Name(), e.Reason).text())
	r.rememberIn(rename, e.Channel, rename.line.Params)
	eachSession(e.Channel, func(m *state.Member, c *Client) {
		if c.has(capChannelRename) {
			r.to(rename, c)
			return
		}
		if e.CaseOnly {
			return
		}
		u := m.User()
		r.to(r.partLine(u, e.Old, reason), c)
		r.to(r.joinLine(u, e.Channel, c.has(capExtendedJoin)), c)
		r.markerInto(e.Channel, u, c)
		r.topic(e.Channel, c)
	})
	if !e.CaseOnly {
		r.oweNames(e.Channel, true)
	}
}

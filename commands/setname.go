package commands

import "bavard/state"

// runSetname changes the real name. The state has the specification's rules. Clients without the capability get no
// FAIL.
// https://ircv3.net/specs/extensions/setname
func runSetname(c *Call) {
	same := false
	c.View(func(*state.State) { same = c.user().Realname() == c.param(0) })
	refusal := c.Try(&state.SetRealname{Text: c.param(0)}, func(*state.State, []state.Event) {
		// Nothing has changed, but the client waits for the confirmation.
		if u := c.user(); same && c.has(capSetname) {
			r := renderer{server: c.server, out: &c.out}
			r.to(r.line(u, u.Source(), "SETNAME", u.Realname()).text(), c.Client)
		}
	})
	switch {
	case refusal == nil:
	case !c.has(capSetname):
		c.answer(refusal)
	case refusal.Code == state.BadRealname:
		c.fail(refusalTable[refusal.Code].fail, "Realname is not valid")
	case refusal.Code == state.CannotChangeRealname:
		c.fail(refusalTable[refusal.Code].fail, refusal.Why)
	default:
		c.answer(refusal)
	}
}

// realnameChanged tells clients with the setname capability.
func (r *renderer) realnameChanged(e *state.RealnameChanged) {
	u := e.User
	l := r.line(u, u.Source(), "SETNAME", u.Realname()).text()
	eachSessionOf(u, func(c *Client) {
		if c.has(capSetname) {
			r.to(l, c)
		}
	})
	r.toObservers(l, u, capSetname)
}

package commands

import (
	"strings"

	"bavard/state"
)

// runTrace shows one user's connections, or all that the caller may see: their own, those of IRC operators and, with
// the privilege, everyone's.
func runTrace(c *Call) {
	if nick := c.param(0); nick != "" {
		found := false
		c.View(func(s *state.State) {
			if u := s.User(nick); u != nil {
				found = true
				c.traceLine(u)
			}
		})
		if !found && !c.isThisServer(nick) {
			return
		}
		if found {
			c.endTrace()
			return
		}
	}
	eachItem(c, (*state.State).UsersFrom, (*state.User).ID, func(_ *state.State, u *state.User) {
		if u == c.user() || u.OperTo(c.user()) || c.user().Can(state.PrivAuspex) {
			c.traceLine(u)
		}
	})
	c.endTrace()
}

func (c *Call) endTrace() {
	c.reply(rplTraceEnd.with(c.view().name, strings.ReplaceAll(c.server.options.Version, " ", "-")))
}

// connectionClass returns the name of the class of a user's local connection, "users" when it has none.
func (c *Call) connectionClass(u *state.User) string {
	name := "users"
	eachSessionOf(u, func(cl *Client) {
		if class := c.config().ClassOf(cl.plainAddr(), cl.conn.Secure(), cl.conn.Listener()); class != nil {
			name = class.Name
		}
	})
	return name
}

// traceLine sends kind, class, user, address and idle time. The lock is held.
func (c *Call) traceLine(u *state.User) {
	row, kind, class := rplTraceUser, "User", "users"
	if c.user() == u || c.user().Can(state.PrivAuspex) {
		class = c.connectionClass(u) // it follows from the address
	}
	if u.OperTo(c.user()) {
		row, kind, class = rplTraceOper, "Operator", u.OperClass()
	}
	idle := c.server.idle(u.Active())
	c.reply(row.with(kind, class, u.Nick()+"["+u.Username()+"@"+u.Host()+"]", "("+c.addressOf(u)+")", seconds(idle)))
}

package commands

import (
	"strings"

	"bavard/state"
)

// logIn gives the client an account that it has proved to be its own: at once, or with its registration.
func (c *Call) logIn(account, mechanism string) {
	if !state.ValidAccount(account) {
		c.server.options.Log.Error("SASL has given the name of an account that none can have", "mechanism", mechanism)
		c.reply(errSaslFail.with("SASL authentication failed: the server has a problem; try again later"))
		return
	}
	if c.registration != nil {
		c.registration.account = strings.Clone(account)
		c.reply(loggedIn(c.maskSoFar(), account))
		c.reply(rplSaslSuccess.with())
	} else {
		c.accountTold = false
		refusal := c.Try(&state.SetAccount{Account: account}, func(*state.State) {
			if !c.accountTold { // it is the account that the user has already
				c.reply(loggedIn(c.user().Source(), account))
			}
			c.reply(rplSaslSuccess.with())
		})
		switch {
		case refusal == nil:
		case refusal.Code == state.ServerBanned:
			c.reply(errSaslFail.with("SASL authentication failed: " + withReason("The account is banned from this server", refusal.Why)))
			return
		default:
			c.answer(refusal)
			return
		}
	}
	c.server.options.Log.Info("login", "nick", c.nick(), "host", c.host(), "account", account, "mechanism", mechanism)
}

// loggedIn: https://ircv3.net/specs/extensions/sasl-3.1#numerics-used-by-this-extension
func loggedIn(mask, account string) numeric {
	return rplLoggedIn.with(mask, account, "You are now logged in as "+account)
}

// maskSoFar is nick!user@host of a client before its welcome, with a star for what it has not told.
func (c *Client) maskSoFar() string {
	username := "*"
	if c.registration.username != "" {
		username = c.username()
	}
	host, _, _ := c.shownHost()
	return c.nick() + "!" + username + "@" + host
}

// accountChanged tells those who see the user. The tag of the line is the account before: it is the last thing said from
// it. The user's own sessions first learn by a numeric whom the line is about.
// https://ircv3.net/specs/extensions/account-notify
func (r *renderer) accountChanged(e *state.AccountChanged) {
	u, account := e.User, e.User.Account()
	r.server.options.History.Rename(r.server.state.PartyOf(u), u.Nick())
	shown := account
	if shown == "" {
		shown = "*"
	}
	l := r.line(u, u.Source(), "ACCOUNT", shown)
	l.account = e.Old
	eachSessionOf(u, func(c *Client) {
		if account == "" {
			r.numericTo(c, rplLoggedOut.with(u.Source()))
		} else {
			r.numericTo(c, loggedIn(u.Source(), account))
		}
		if c == r.by {
			c.accountTold = true
		}
		if c.has(capAccountNotify) {
			r.to(l, c)
		}
	})
	r.toObservers(l, u, capAccountNotify)
}

package commands

import (
	"strings"

	"bavard/state"
)

// logIn logs the client in to an account that it has authenticated for: at once, or when it registers.
func (c *Call) logIn(account, mechanism string) {
	if !state.ValidAccount(account) {
		c.log().Error("SASL returned an invalid account name", "mechanism", mechanism)
		c.reply(errSaslFail.with("SASL authentication failed: the server has a problem; try again later"))
		return
	}
	if c.registration != nil {
		c.registration.account = strings.Clone(account)
		c.reply(loggedIn(c.maskSoFar(), account))
		c.reply(rplSaslSuccess.with())
	} else {
		refusal := c.Try(&state.SetAccount{Account: account}, func(_ *state.State, events []state.Event) {
			if len(events) == 0 { // the user is already logged in to this account
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
	c.log().Info("logged in", "nick", c.nick(), "host", c.host(), "account", account, "mechanism", mechanism)
}

// loggedIn: https://ircv3.net/specs/extensions/sasl-3.1#numerics-used-by-this-extension
func loggedIn(mask, account string) numeric {
	return rplLoggedIn.with(mask, account, "You are now logged in as "+account)
}

// maskSoFar returns nick!user@host of a client before registration, with a star for each part that is not known yet.
func (c *Client) maskSoFar() string {
	username := "*"
	if c.registration.username != "" {
		username = c.username()
	}
	host, _, _ := c.shownHost()
	return c.nick() + "!" + username + "@" + host
}

// accountChanged tells everyone who sees the user. The line's account tag has the previous account. The user's own
// sessions first receive a numeric.
// https://ircv3.net/specs/extensions/account-notify
func (r *renderer) accountChanged(e *state.AccountChanged) {
	u, account := e.User, e.User.Account()
	r.rememberNick(u)
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
		if c.has(capAccountNotify) {
			r.to(l, c)
		}
	})
	r.toObservers(l, u, capAccountNotify)
}

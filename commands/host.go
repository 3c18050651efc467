package commands

import (
	"slices"
	"strings"

	"bavard/state"
)

// hostChanged: clients that know CHGHOST are told; for the others, the user seems to leave and to come back with the
// same ranks.
// https://ircv3.net/specs/extensions/chghost
func (r *renderer) hostChanged(e *state.HostChanged) {
	u := e.User
	changed := r.line(u, e.OldSource, "CHGHOST", u.Username(), u.Host())
	eachSessionOf(u, func(c *Client) {
		if c.has(capChghost) {
			r.to(changed, c)
		}
		r.numericTo(c, rplHostHidden.with(u.Host()))
	})
	r.toObservers(changed, u, capChghost)
	quit := r.line(u, e.OldSource, "QUIT", "Changing host").text()
	r.server.walk++
	walk := r.server.walk
	r.eachOldPeer(u, func(_ *state.Member, c *Client) {
		if c.seen != walk {
			c.seen = walk
			r.to(quit, c)
		}
	})
	for _, m := range u.Members() {
		r.comeBack(m)
	}
}

// eachOldPeer calls do for the sessions of others in the user's channels that do not support CHGHOST.
func (r *renderer) eachOldPeer(u *state.User, do func(*state.Member, *Client)) {
	for _, own := range u.Members() {
		eachWitness(own, func(m *state.Member, c *Client) {
			if m.User() != u && !c.has(capChghost) {
				do(own, c)
			}
		})
	}
}

// comeBack shows a member again to clients that have seen them leave.
func (r *renderer) comeBack(m *state.Member) {
	u, channel := m.User(), m.Channel()
	plain, extended := r.joinLine(u, channel, false), r.joinLine(u, channel, true)
	away := r.awayLines(u)
	var ranks []state.ModeChange
	for _, row := range slices.Backward(r.server.state.Policy().RankList()) { // o before q, as everywhere
		if m.Ranks()&row.Rank != 0 {
			ranks = append(ranks, state.ModeChange{On: true, Letter: row.Letter, Param: u.Nick()})
		}
	}
	modes, params := state.FormatModes(ranks)
	mode := r.line(nil, r.server.view.Load().name, "MODE", append([]string{channel.Name(), modes}, params...)...)
	eachWitness(m, func(other *state.Member, c *Client) {
		if other.User() == u || c.has(capChghost) {
			return
		}
		if c.has(capExtendedJoin) {
			r.to(extended, c)
		} else {
			r.to(plain, c)
		}
		if u.Away() != "" && c.has(capAwayNotify) {
			r.to(away.of(c), c)
		}
		if len(ranks) > 0 {
			r.to(mode, c)
		}
	})
}

func runSethost(c *Call) {
	if c.changeHost("", c.param(0)) {
		c.tell('a', "SETHOST", "changed their own host to "+c.param(0))
	}
}

func runChghost(c *Call) {
	if c.changeHost(c.param(0), c.param(1)) {
		c.tell('a', "CHGHOST", "changed the host of "+c.param(0)+" to "+c.param(1))
	}
}

// changeHost changes a user's host, or user name and host (username@host).
func (c *Call) changeHost(nick, text string) bool {
	username, host, both := strings.Cut(text, "@")
	if !both {
		username, host = "", text
	}
	if len(host) > c.config().Limits.HostLength || both && username == "" {
		c.answer(&state.Refusal{Code: state.BadHost, Param: text})
		return false
	}
	return c.Do(&state.ChangeHost{Nick: nick, Username: username, Host: host}, nil)
}

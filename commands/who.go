package commands

import (
	"strings"

	"bavard/state"
)

// whoQuery is a parsed WHO.
type whoQuery struct {
	mask      string
	opersOnly bool
	fields    string // those of WHOX; "" is a plain WHO
	token     string
	extended  bool
}

// runWho: https://modern.ircdocs.horse/#who-message, https://ircv3.net/specs/extensions/whox
func runWho(c *Call) {
	q := c.parseWho()
	if q.mask == "" {
		if q.mask = c.currentName(); q.mask == "" {
			c.reply(rplEndOfWho.with("*"))
			return
		}
	}
	if state.IsChannelName(q.mask) {
		c.whoChannel(q)
	} else {
		c.whoMask(q)
	}
}

// parseWho parses "<mask> [o][%fields[,token]]". A token has up to three digits. A missing or invalid token becomes 0,
// so that a reply always has as many fields as were requested.
func (c *Call) parseWho() whoQuery {
	q := whoQuery{mask: c.param(0)}
	flags, fields, extended := strings.Cut(c.param(1), "%")
	q.opersOnly = strings.Contains(flags, "o")
	if !extended {
		return q
	}
	q.extended = true
	q.fields, q.token, _ = strings.Cut(fields, ",")
	if q.token == "" || len(q.token) > 3 || strings.Trim(q.token, "0123456789") != "" {
		q.token = "0"
	}
	return q
}

// endWho sends the last line, under the same lock as the line before it.
func (c *Call) endWho(q whoQuery) bool {
	c.reply(rplEndOfWho.with(echoable(q.mask)))
	return true
}

// whoChannel lists a channel's members. IRC operators see more than others in WHO and WHOIS.
func (c *Call) whoChannel(q whoQuery) {
	var from uint64
	c.pages(func(s *state.State, p *page) bool {
		channel := s.ChannelFor(c.user(), q.mask)
		if channel == nil {
			return c.endWho(q)
		}
		for _, m := range channel.MembersFrom(from) {
			if !p.more() {
				return false
			}
			if (c.user().Can(state.PrivAuspex) || s.Sees(c.user(), m)) && (!q.opersOnly || m.User().OperTo(c.user())) {
				c.whoReply(q, m.User(), m)
			}
			from = m.Joined() + 1
		}
		return c.endWho(q)
	})
}

// whoMask lists the user with this nick or, if there is none, all visible users whose nick, user name, host or real
// name match.
func (c *Call) whoMask(q whoQuery) {
	fold := c.view().policy.Casemapping.Fold
	mask := fold(q.mask)
	if mask == "0" {
		mask = "*" // RFC 1459 has 0 for all users
	}
	if state.MaskWork(mask) > mostMatchWork {
		c.refuse("INVALID_MASK", costlyMask)
		c.endWho(q)
		return
	}
	var from state.UserID
	left := c.config().Limits.WhoResults
	c.pages(func(s *state.State, p *page) bool {
		if u := s.User(q.mask); u != nil {
			if !q.opersOnly || u.OperTo(c.user()) {
				c.whoReply(q, u, c.commonChannel(s, u))
			}
			return c.endWho(q)
		}
		for _, u := range s.UsersFrom(from) {
			if !p.more() {
				return false
			}
			from = u.ID() + 1
			if q.opersOnly && !u.OperTo(c.user()) || !whoMatches(mask, fold, u, c.user().Can(state.PrivAuspex)) || !c.user().Can(state.PrivAuspex) && !s.Visible(c.user(), u) {
				continue
			}
			c.whoReply(q, u, c.commonChannel(s, u))
			if left--; left == 0 {
				c.caution("TOO_MANY_MATCHES", "WHO shows at most "+itoa(c.config().Limits.WhoResults)+" users: use a narrower mask")
				return c.endWho(q)
			}
		}
		return c.endWho(q)
	})
}

// whoMatches reports whether a user matches a mask. all, for operators, includes the address and the host behind a
// cloak.
func whoMatches(mask string, fold func(string) string, u *state.User, all bool) bool {
	if mask == "*" {
		return true
	}
	if all && (state.Match(mask, fold(u.RealHost())) || state.Match(mask, fold(u.Address()))) {
		return true
	}
	return state.Match(mask, fold(u.Nick())) || state.Match(mask, fold(u.Username())) ||
		state.Match(mask, fold(u.Host())) || state.Match(mask, fold(u.Realname())) || state.Match(mask, fold(u.Source()))
}

// commonChannel returns a membership of u that the viewer may see, for the channel field, or nil.
func (c *Call) commonChannel(s *state.State, u *state.User) *state.Member {
	for _, m := range u.Members() {
		if c.user().Can(state.PrivAuspex) || s.MemberVisible(c.user(), m) {
			return m
		}
	}
	return nil
}

// whoReply sends one line. Channel and prefix are taken from m, which may be nil.
func (c *Call) whoReply(q whoQuery, u *state.User, m *state.Member) {
	channel, server := "*", c.view().name
	if m != nil {
		channel = m.Channel().Name()
	}
	flags := c.whoFlags(u, m)
	if !q.extended {
		c.reply(rplWhoReply.with(channel, u.Username(), u.Host(), server, u.Nick(), flags, "0 "+u.Realname()))
		return
	}
	fields := func(channel string) (params []string) {
		for _, field := range "tcuihsnfdlaor" { // the order of the specification
			if strings.ContainsRune(q.fields, field) {
				params = append(params, c.whoField(q, field, channel, flags, u))
			}
		}
		return params
	}
	params, words := fields(channel), !strings.ContainsRune(q.fields, 'r')
	// With the longest names that may be configured, the line has no room for a channel, which may be left out. A real
	// name may be cut.
	if last := len(params) - 1; last >= 0 {
		if room := c.room("354", params[:last]...); room < 0 || words && room < len(params[last]) {
			params = fields("*")
		}
	}
	n := rplWhospcrpl.with(params...)
	n.words = words
	c.reply(n)
}

// whoField returns one field of WHOX, or its placeholder.
// https://ircv3.net/specs/extensions/whox#rpl_whospcrpl-354-numeric-reply
func (c *Call) whoField(q whoQuery, field rune, channel, flags string, u *state.User) string {
	switch field {
	case 't':
		return q.token
	case 'c':
		return channel
	case 'u':
		return u.Username()
	case 'i':
		if c.mayKnowAddress(u) {
			if address := u.Address(); address[0] != ':' {
				return address
			}
			return "0" + u.Address() // the same, and the same word wherever it stands
		}
		return "255.255.255.255"
	case 'h':
		return u.Host()
	case 's':
		return c.view().name
	case 'n':
		return u.Nick()
	case 'f':
		return flags
	case 'd':
		return "0"
	case 'l':
		return seconds(c.server.idle(u.Active()))
	case 'a':
		if u.Account() == "" {
			return "0"
		}
		return u.Account()
	case 'o':
		return "n/a"
	}
	return u.Realname()
}

// whoFlags returns the flags of a user: here or gone, IRC operator, rank, bot.
// https://modern.ircdocs.horse/#rplwhoreply-352, https://ircv3.net/specs/extensions/bot-mode
func (c *Call) whoFlags(u *state.User, m *state.Member) string {
	flags := "H"
	if u.Away() != "" {
		flags = "G"
	}
	if u.OperTo(c.user()) {
		flags += "*"
	}
	if m != nil {
		flags += m.Ranks().Prefixes(c.has(capMultiPrefix))
	}
	if u.HasMode('B') {
		flags += "B"
	}
	return flags
}

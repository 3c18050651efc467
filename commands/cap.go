package commands

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// runCap: https://ircv3.net/specs/extensions/capability-negotiation
func runCap(c *Call) {
	switch sub := strings.ToUpper(c.param(0)); sub {
	case "LS":
		c.suspend()
		version, _ := strconv.Atoi(c.param(1))
		c.noteCapVersion(version)
		c.listCaps(version >= 302)
	case "LIST":
		c.server.order.Lock()
		caps, version := c.capabilities(), c.capVersion
		c.server.order.Unlock()
		c.sendCaps("LIST", caps.names(), version >= 302)
	case "REQ":
		c.suspend()
		if len(c.params()) == 1 {
			c.reply(errInvalidCapCmd.with("REQ"))
			return
		}
		c.requestCaps(c.rest(1)) // without a colon too: https://ircv3.net/specs/extensions/extended-isupport#examples
	case "END":
		if c.registration != nil {
			c.registration.negotiating = false
			c.complete()
		}
	default:
		c.reply(errInvalidCapCmd.with(echoable(c.param(0))))
	}
}

// suspend holds registration back until CAP END.
func (c *Call) suspend() {
	if c.registration != nil {
		c.registration.negotiating = true
	}
}

// noteCapVersion keeps the highest version that the client has sent. 302 implies cap-notify for the rest of the
// connection.
// https://ircv3.net/specs/extensions/capability-negotiation#cap-ls-version
func (c *Call) noteCapVersion(version int) {
	c.server.order.Lock()
	defer c.server.order.Unlock()
	c.capVersion = max(c.capVersion, version)
	if c.capVersion >= 302 {
		c.setCapabilities(c.capabilities() | capCapNotify)
	}
}

// requestCaps grants the whole request or nothing. The answer is queued under the lock, so that lines before it have
// the old shape and lines after it the new one.
func (c *Call) requestCaps(list string) {
	list = strings.TrimRight(list, " ")
	c.server.order.Lock()
	defer c.server.order.Unlock()
	add, remove, ok := parseCaps(list, c.view().grantedTo(c.Client))
	if remove.has(capCapNotify) && c.capVersion >= 302 {
		ok = false // a client with version 302 cannot disable cap-notify
	}
	if ok {
		c.setCapabilities(c.capabilities()&^remove | add)
	}
	sub := "NAK"
	if ok {
		sub = "ACK"
	}
	for _, line := range joinLines(strings.Fields(list), c.room("CAP", sub)) {
		c.sendCap(sub, line)
	}
}

// listCaps lists the capabilities that are offered, with values for clients that support them.
func (c *Call) listCaps(values bool) {
	v := c.view()
	if values {
		c.sendCaps("LS", v.offeredTo(c.Client).described(v, c.Client), true)
	} else {
		c.sendCaps("LS", v.grantedTo(c.Client).names(), false)
	}
}

// sendCaps lists capabilities, on several lines for clients that support that. Others get one line. What does not fit
// is left out, beginning with capabilities that are not standard.
// https://ircv3.net/specs/extensions/capability-negotiation#multiline-replies-to-cap-ls-and-cap-list
func (c *Call) sendCaps(sub string, names []string, multiline bool) {
	lines := joinLines(names, c.room("CAP", sub, "*"))
	if !multiline && len(lines) > 1 {
		slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")) })
		lines = joinLines(names, c.room("CAP", sub))[:1]
	}
	for i, line := range lines {
		if i < len(lines)-1 {
			c.sendCap(sub, "*", line)
		} else {
			c.sendCap(sub, line)
		}
	}
}

func (c *Call) sendCap(sub string, params ...string) {
	c.say(&c.out, c.fromServer("CAP", append([]string{c.nick(), sub}, params...)...))
}

// capsChange is what a new configuration changes about the capabilities of a client: those that are gone, and those
// that are new or have a different value, with their values.
type capsChange struct {
	gone, come capSet
	described  []string
}

// capsKind has everything that the offers to a client depend on besides the configuration: the STS policies before and
// after the change, and whether the client is shown values.
type capsKind struct {
	before, now string
	values      bool
}

// capsChanged tells clients which capabilities are new, have a different value or are gone, and disables those that
// are gone. Clients of the same kind are told the same. The lock is held.
// https://ircv3.net/specs/extensions/capability-negotiation#the-cap-new-subcommand
func (s *Server) capsChanged(out *outbox, before, now *view) {
	kinds, changed := map[capsKind]capsChange{}, false
	of := func(c *Client) capsChange {
		kind := capsKind{stsPolicy(before, c), stsPolicy(now, c), c.capVersion >= 302}
		change, known := kinds[kind]
		if !known {
			change = c.capsChange(before, now)
			kinds[kind] = change
		}
		return change
	}
	for _, c := range s.clients {
		change := of(c)
		changed = changed || change.gone|change.come != 0
	}
	if !changed {
		return
	}
	for _, c := range s.sortedClients() {
		change := of(c)
		if c.has(capCapNotify) {
			c.announceCaps(out, "NEW", change.described)
			c.announceCaps(out, "DEL", (change.gone &^ announcements()).names())
		}
		c.setCapabilities(c.capabilities() &^ change.gone)
	}
}

// capsChange compares what two configurations offer to a client.
func (c *Client) capsChange(before, now *view) (change capsChange) {
	had, has := before.offeredTo(c), now.offeredTo(c)
	change.gone, change.come = had&^has, has&^had
	for i := range capTable {
		row := &capTable[i]
		if has.has(row.bit) && had.has(row.bit) && c.capVersion >= 302 && row.described(before, c) != row.described(now, c) {
			change.come |= row.bit
		}
	}
	change.described = (change.come &^ announcements()).names()
	if c.capVersion >= 302 {
		change.described = change.come.described(now, c)
		if change.gone.has(capSTS) {
			change.described = append(change.described, stsWithdrawn(c)...)
		}
	}
	return change
}

func (c *Client) announceCaps(out *outbox, sub string, names []string) {
	if len(names) == 0 {
		return
	}
	for _, line := range joinLines(names, c.room("CAP", sub)) {
		c.say(out, c.fromServer("CAP", c.nick(), sub, line))
	}
}

// sortedClients returns all connections, the oldest first.
func (s *Server) sortedClients() []*Client {
	list := slices.Collect(maps.Values(s.clients))
	slices.SortFunc(list, func(a, b *Client) int { return cmp.Compare(a.id, b.id) })
	return list
}

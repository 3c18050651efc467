package commands

import (
	"bytes"

	"bavard/state"
	"bavard/wire"
)

// fixed is a numeric that differs between clients only in the nick. It is encoded once for each configuration, because
// every welcome has dozens of them.
type fixed struct{ before, after string }

// fixedOf encodes a numeric. The caller makes sure that it fits into a line with the longest nick.
func fixedOf(server string, n numeric) fixed {
	line := wire.Append(nil, wire.Line{Source: server, Command: n.code, Params: append([]string{"*"}, n.params...), Text: !n.words})
	before := ":" + server + " " + n.code + " "
	return fixed{before, string(line[len(before)+len("*"):])}
}

// fixed queues these lines for this client.
func (c *Client) fixed(out *outbox, lines []fixed) {
	nick := c.nick()
	if g := out.gathering; g != nil && g.client == c {
		g.lines = appendFixed(g.lines, lines, nick)
		return
	}
	size := 0
	for _, l := range lines {
		size += len(l.before) + len(nick) + len(l.after)
	}
	out.send(c, appendFixed(make([]byte, 0, size), lines, nick))
}

func appendFixed(dst []byte, lines []fixed, nick string) []byte {
	for _, l := range lines {
		dst = append(append(append(dst, l.before...), nick...), l.after...)
	}
	return dst
}

// fix encodes the parts of the welcome that depend only on the configuration.
func (v *view) fix(s *Server, tokens []string) {
	v.greeting = []fixed{
		fixedOf(v.name, rplYourHost.with("Your host is "+v.name+", running version "+s.options.Version)),
		fixedOf(v.name, rplCreated.with("This server was created "+s.order.Started().UTC().Format("Mon Jan 2 2006 at 15:04:05 UTC"))),
		fixedOf(v.name, rplMyInfo.with(myInfo(&v.policy, v.name, s.options.Version)...)),
	}
	v.isupport = fixedTokens(v, tokens)
	if len(v.motd) == 0 {
		v.motdLines = []fixed{fixedOf(v.name, errNoMotd.with())}
		return
	}
	v.motdLines = []fixed{fixedOf(v.name, rplMotdStart.with("- "+v.name+" Message of the day - "))}
	for _, line := range v.motd {
		v.motdLines = append(v.motdLines, fixedOf(v.name, rplMotd.with("- "+line)))
	}
	v.motdLines = append(v.motdLines, fixedOf(v.name, rplEndOfMotd.with()))
}

// fixedTokens encodes the lines of 005 with these tokens.
func fixedTokens(v *view, tokens []string) (lines []fixed) {
	for _, n := range isupportLines(tokens, wire.MaxLineBytes-len(":  005  :\r\n")-len(v.name)-v.policy.NickBytes) {
		lines = append(lines, fixedOf(v.name, n))
	}
	return lines
}

// gathering collects many lines for one client, to queue them all at once. Server.mu guards it.
type gathering struct {
	client *Client
	lines  []byte
}

// gather queues everything that write sends to this client at once. The lock is held.
func (c *Client) gather(s *state.State, write func(s *state.State)) {
	if c.response.Load() != nil {
		write(s) // it gathers by itself
		return
	}
	g := &c.server.gathering
	g.client, g.lines = c, g.lines[:0]
	c.out.gathering = g
	defer func() {
		c.out.gathering = nil
		if len(g.lines) > 0 {
			c.out.send(c, bytes.Clone(g.lines))
		}
	}()
	write(s)
}

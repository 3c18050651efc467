package commands

import (
	"slices"
	"strings"

	"bavard/state"
)

// runRedact deletes a message. Messages that the caller may not read are treated as if they did not exist.
// https://ircv3.net/specs/extensions/message-redaction#command
func runRedact(c *Call) {
	target, id := c.param(0), c.param(1)
	if target == "" || id == "" {
		c.needMoreParams()
		return
	}
	p := c.redactable(target)
	if p == nil {
		c.fail("INVALID_TARGET", "You cannot delete messages from "+excerpt(target), excerpt(target))
		return
	}
	op := c.findMessage(p, id)
	if c.reads.failed() {
		c.fail("INTERNAL_ERROR", cannotReadText, excerpt(target), excerpt(id))
		return
	}
	if op == nil {
		c.fail("UNKNOWN_MSGID", "This message does not exist or is too old", excerpt(target), excerpt(id))
		return
	}
	op.Reason = c.param(2)
	if refusal := c.Try(op, nil); refusal != nil {
		c.redactRefused(refusal, excerpt(target), excerpt(id))
	}
}

// redactable returns the history that a target means, if the caller may read it. With the privilege, any channel is
// allowed.
func (c *Call) redactable(target string) (p *past) {
	if p = c.pastOf(target); !state.IsChannelName(target) || !c.can(state.PrivRedact) {
		return p
	}
	c.View(func(s *state.State) {
		if channel := s.Channel(target); channel != nil {
			p = &past{client: c.Client, target: channel.Name(), buffers: []state.Buffer{state.ChannelBuffer(channel.ID())}}
		}
	})
	return p
}

// findMessage looks up a message that has not been deleted, or returns nil. The lock is not held, because history may
// be slow.
func (c *Call) findMessage(p *past, id string) *state.Redact {
	at, ok := state.ParseEventID(id)
	if !ok {
		return nil
	}
	for _, b := range p.buffers {
		l, found := c.reader().find(b, at)
		if !found || l.Redaction != nil || !l.IsMessage() && l.Verb != "TAGMSG" || !p.sees(at) && !c.isOwn(&l) {
			continue
		}
		op := &state.Redact{Channel: b.Channel(), At: at, Author: state.SideOf(l.From)}
		if op.Channel == 0 {
			op.Peer, op.Nick, op.Unheard = state.SideOf(b.Peer(l.From)), p.target, b.OneSided()
		}
		return op
	}
	return nil
}

// isOwn reports whether the caller is the author of a line.
func (c *Call) isOwn(l *state.Line) (own bool) {
	c.View(func(s *state.State) { own = slices.Contains(s.PartiesOf(c.user()), l.From) })
	return own
}

// redactRefused: https://ircv3.net/specs/extensions/message-redaction#errors
func (c *Call) redactRefused(r *state.Refusal, target, id string) {
	switch r.Code {
	case state.RedactForbidden:
		c.fail("REDACT_FORBIDDEN", "You are not authorised to delete this message", target, id)
	case state.RedactExpired:
		window := seconds(c.view().policy.RedactWindow)
		c.fail("REDACT_WINDOW_EXPIRED", "You can no longer delete this message", target, id, window)
	default: // the channel has ended, or the user has left it, while the message was looked up
		c.fail("INVALID_TARGET", "You cannot delete messages from "+target, target)
	}
}

// redacted deletes the message from history, and tells those recipients of the message who support redaction. Others
// would only be confused by it.
// https://ircv3.net/specs/extensions/message-redaction#command
func (r *renderer) redacted(e *state.Redacted) {
	name := e.Nick
	if e.Channel != nil {
		name = e.Channel.Name()
	}
	l := r.line(e.By, e.By.Source(), "REDACT", name, e.At.ID())
	if e.Reason != "" {
		l.line.Params = append(l.line.Params, e.Reason)
		l.text()
	}
	r.forget(e, state.Redaction{Time: l.time, Source: l.line.Source, Account: l.account, Bot: l.bot, Reason: e.Reason})
	switch {
	case e.Channel != nil:
		for _, m := range e.Channel.Members() {
			if m.User() != e.By && !m.User().Deaf() {
				r.toRedactors(l, m.User())
			}
		}
	case e.Target != nil && e.Target != e.By && !e.Unheard:
		r.toRedactors(l, e.Target)
	}
	// All sessions of the user who deleted it are told, with or without echo-message, as in the specification's examples.
	// For a private message, so are the other users of their account, who share the conversation.
	r.toRedactors(l, e.By)
	if e.Channel == nil {
		for _, u := range r.server.state.UsersOf(r.server.state.AccountByID(e.By.AccountID())) {
			if u != e.By && u != e.Target {
				r.toRedactors(l, u)
			}
		}
	}
	if e.Override {
		text := e.By.Nick() + " has deleted a message in " + name
		r.log().Info("operator action", "verb", "REDACT", "by", e.By.Nick(), "what", text)
		r.serverNotice('v', "REDACT: "+text)
	}
}

// forget deletes the message from history. A message that the other side ignored is only in its author's history.
func (r *renderer) forget(e *state.Redacted, by state.Redaction) {
	by.Reason = strings.Clone(by.Reason)
	in := []state.Buffer{e.Buffer}
	if e.Channel == nil {
		for _, party := range e.Buffer.Parties() {
			in = append(in, state.OneSidedBuffer(party, e.Buffer.Peer(party)))
		}
	}
	r.remember(state.Record{Redact: &state.RedactRecord{In: in, At: e.At, By: by}})
}

// toRedactors queues the line for the sessions of a user that support redaction.
func (r *renderer) toRedactors(l *outLine, u *state.User) {
	eachSessionOf(u, func(c *Client) {
		if c.has(capMessageRedaction) {
			r.to(l, c)
		}
	})
}

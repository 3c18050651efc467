package commands

import (
	"strings"

	"bavard/state"
	"bavard/wire"
)

// runPrivmsg: https://modern.ircdocs.horse/#privmsg-message
func runPrivmsg(c *Call) {
	switch {
	case !c.hasRecipient() || !c.hasText(c.param(1)):
	case c.has(capPlayback) && strings.EqualFold(c.param(0), playbackNick):
		c.playback(c.param(1))
	default:
		c.speak(state.Privmsg, c.targets(c.param(0), ","), c.param(1))
	}
}

// runNotice sends a notice. A NOTICE is never answered, not even with an error.
// https://modern.ircdocs.horse/#notice-message
func runNotice(c *Call) {
	if c.param(0) == "" || c.param(1) == "" {
		return
	}
	targets := c.newTargets(c.config().Limits.Targets).takeAll(splitList(c.param(0)))
	c.speak(state.Notice, targets, c.param(1))
}

// runTagmsg: https://ircv3.net/specs/extensions/message-tags#the-tagmsg-tag-only-message
func runTagmsg(c *Call) {
	if c.hasRecipient() {
		c.speak(state.Tagmsg, c.targets(c.param(0), ","), "")
	}
}

// runMsg is PRIVMSG for people who type: nicks are separated by semicolons or commas.
func runMsg(c *Call) {
	if c.hasRecipient() && c.hasText(c.param(1)) {
		c.speak(state.Privmsg, c.targets(c.param(0), ",;"), c.param(1))
	}
}

func (c *Call) hasRecipient() bool {
	if strings.Trim(c.param(0), ",;") == "" {
		c.reply(errNoRecipient.with("No recipient given (" + c.command.verb + ")"))
		return false
	}
	return true
}

func (c *Call) hasText(text string) bool {
	if text == "" {
		c.reply(errNoTextToSend.with())
		return false
	}
	return true
}

// tagBytesPerUnit is how many bytes of client-only tags cost as much as a message. It is the length of a line, because
// tags are relayed and kept like the text of a line.
const tagBytesPerUnit = 512

// clientTags returns the client-only tags to relay with a message to this many targets. blocked: the client has sent
// tags that are not relayed.
// https://ircv3.net/specs/extensions/message-tags#client-only-tags
func (c *Call) clientTags(targets int) (tags []state.Tag, blocked bool) {
	if len(c.message.Tags) == 0 || !c.has(capMessageTags) {
		return nil, false
	}
	server := &c.config().Server
	bytes := 0
	relayed, blocked := wire.ClientOnlyTags(c.message)
	for _, t := range relayed {
		if server.DeniesTag(t.Key[1:]) {
			blocked = true
		} else {
			tags = append(tags, state.Tag(t))
			bytes += len(t.Key) + len(t.Value)
		}
	}
	c.extra += float64(targets * (bytes / tagBytesPerUnit))
	return tags, blocked
}

// speak sends a message to each target, and tells the caller which users are away.
func (c *Call) speak(kind state.MessageKind, targets []string, text string) {
	tags, blocked := c.clientTags(len(targets))
	if kind == state.Tagmsg && blocked && len(tags) == 0 {
		return // a TAGMSG without relayed tags is empty
	}
	for _, target := range targets {
		refusal := c.send(&state.Message{Kind: kind, Text: text, Tags: tags}, target)
		if refusal != nil && kind != state.Notice {
			c.answer(refusal)
		}
	}
}

// send sends a message to a target, and tells the caller if the user is away.
func (c *Call) send(op *state.Message, target string) *state.Refusal {
	op.Target, op.AtLeast = c.statusTarget(target)
	return c.Try(op, func(s *state.State, _ []state.Event) { c.tellAway(s, op.Kind, op.Target) })
}

// statusTarget splits "@#channel", which means that rank and above. If there are several prefixes, the lowest counts.
// https://modern.ircdocs.horse/#statusmsg-parameter
func (c *Call) statusTarget(target string) (name string, atLeast state.Rank) {
	at := strings.IndexAny(target, state.ChannelTypes)
	if at <= 0 {
		return target, state.NoRank
	}
	policy := c.view().policy
	for i := 0; i < at; i++ {
		rank := policy.PrefixRank(target[i])
		if rank == state.NoRank {
			return target, state.NoRank
		}
		if atLeast == state.NoRank || rank < atLeast {
			atLeast = rank
		}
	}
	return target[at:], atLeast
}

// messageSent delivers a message to every session except the one that sent it, which gets it only with echo-message.
// https://modern.ircdocs.horse/#privmsg-message, https://ircv3.net/specs/extensions/echo-message
func (r *renderer) messageSent(e *state.MessageSent) {
	tagsOnly := e.Kind == state.Tagmsg
	target := ""
	if e.Channel != nil {
		target = e.AtLeast.Prefixes(false) + e.Channel.Name()
	} else {
		target = e.Target.Nick()
	}
	var l *outLine
	if e.Shown != "" {
		l = r.shownAs(e)
	} else {
		l = r.line(e.From, e.From.Source(), e.Kind.String(), target, e.Text).text()
	}
	l.id, l.tags, l.parts = e.Stamp.Position(0), e.Tags, e.Lines
	if tagsOnly {
		l.line.Params, l.line.Text = l.line.Params[:1], false
	}
	r.rememberMessage(l, e)
	if e.Channel == nil {
		if !e.Unheard {
			r.deliver(l, e.Target, tagsOnly)
		}
		// A message to oneself has been delivered to all sessions. Only the session that sent it also gets an echo.
		r.echo(l, e, e.Target == e.From)
		return
	}
	member := false
	for _, m := range e.Channel.Members() {
		if m.User() == e.From {
			member = true
		} else if (e.Audience == state.NoRank || m.Ranks().AtLeast(e.Audience)) && !m.User().Deaf() {
			r.deliver(l, m.User(), tagsOnly)
		}
	}
	r.echo(l, e, false)
	if member {
		eachSessionOf(e.From, func(c *Client) {
			if c.id == e.Stamp.Session {
				c.current = e.Channel.ID()
			}
		})
	}
}

// deliver queues a message for all sessions of its recipient.
func (r *renderer) deliver(l *outLine, u *state.User, tagsOnly bool) {
	for _, x := range u.Sessions() {
		c := local(x)
		switch {
		case c == nil, tagsOnly && !c.has(capMessageTags):
		case c == r.by:
			// In a message to oneself, the message and its echo must be distinguishable: only the echo has the label.
			// https://ircv3.net/specs/extensions/labeled-response#tags
			r.out.sendAside(c, l.encodedFor(&c.Peer))
		default:
			r.to(l, c)
		}
	}
}

// echo queues a message for the sender's sessions that want their echo: all of them, or only the one that spoke. What
// a character says is shown to all of them: no client shows it by itself, because it reads differently from what was
// typed.
func (r *renderer) echo(l *outLine, e *state.MessageSent, onlySpeaker bool) {
	for _, x := range e.From.Sessions() {
		c := local(x)
		if c == nil || !c.has(capEchoMessage) && !e.Played() || onlySpeaker && c.id != e.Stamp.Session {
			continue
		}
		if e.Kind != state.Tagmsg || c.has(capMessageTags) {
			r.to(l, c)
		}
	}
}

package commands

import (
	"strings"

	"bavard/state"
	"bavard/wire"
)

// past sends lines from the history of one buffer to one client, in a batch. The lock is held while it sends.
type past struct {
	client *Client
	batch  *batch
	// target is the current name of the channel or peer, under which the client files the lines.
	target string
	// buffers are the sources of the lines. There are several when one side has logged in during a conversation.
	buffers []state.Buffer
	// start is the first place that the reader may see; the zero Position: the beginning.
	start state.Position
	// instead is used instead of this one if it has lines; nil: there is no alternative.
	instead *past
	// For a private conversation: the reader's parties and current nick.
	own          []state.Party
	nick, source string
}

// redactedText replaces the text of a deleted message.
const redactedText = "(deleted)"

// show sends a line. The page has only lines that the client supports.
// https://ircv3.net/specs/extensions/chathistory#chathistory-command
func (p *past) show(l *state.Line) {
	switch {
	case l.Redaction != nil:
		p.showRedacted(l)
	case len(l.Parts) > 0:
		p.showMultiline(l)
	case l.IsMessage():
		p.batch.event(p.line(l, p.from(l), l.Verb, append([]string{p.recipient(l)}, l.Params...)...).text())
	case l.Verb == "TAGMSG":
		p.batch.event(p.line(l, p.from(l), l.Verb, p.recipient(l)))
	default:
		p.showEvent(l)
	}
}

// showEvent sends an event other than a message.
func (p *past) showEvent(l *state.Line) {
	shown := p.line(l, l.Source, l.Verb)
	switch l.Verb {
	case "QUIT", "NICK", "RENAME":
		shown.line.Params, shown.line.Text = l.Params, true
	case "JOIN":
		shown.line.Params = []string{p.target}
		if p.client.has(capExtendedJoin) {
			shown.line.Params, shown.line.Text = []string{p.target, accountOrStar(l.Account), l.Text()}, true
		}
	default:
		shown.line.Params = append([]string{p.target}, l.Params...)
		shown.line.Text = l.Verb != "MODE" && len(l.Params) > 0
	}
	p.batch.event(shown)
}

// showMultiline sends a multiline message as a batch of its own, or as its fallback lines.
// https://ircv3.net/specs/extensions/multiline
func (p *past) showMultiline(l *state.Line) {
	source, recipient := p.from(l), p.recipient(l)
	if !p.client.knowsMultiline() {
		first := true
		for _, part := range fitting(l.Parts, source, l.Verb, recipient) {
			if part.Text == "" {
				continue
			}
			line := p.line(l, source, l.Verb, recipient, part.Text).text()
			if !first { // only the first line has the id
				line.id, line.tags = state.Position{}, repeatable(l.Tags)
			}
			first = false
			p.batch.event(line)
		}
		return
	}
	inner := p.batch.nested(func(reference string) []byte {
		return p.line(l, source, "BATCH", "+"+reference, multilineBatch.name, recipient).encodedFor(&p.client.Peer)
	})
	for _, part := range fitting(l.Parts, source, l.Verb, recipient) {
		line := wire.Line{Source: source, Command: l.Verb, Params: []string{recipient, part.Text}, Text: true}
		if part.Concat {
			line.Tags = []wire.Tag{{Key: concatTag}}
		}
		inner.say(line)
	}
	inner.end()
}

// showRedacted shows that a message has been deleted. Only pages for clients that support redaction have such lines.
// https://ircv3.net/specs/extensions/message-redaction#chat-history
func (p *past) showRedacted(l *state.Line) {
	p.batch.event(p.line(l, p.from(l), l.Verb, p.recipient(l), redactedText).text())
	r, source := l.Redaction, l.Redaction.Source
	if l.Target != "" {
		source = p.from(l) // a private message can be deleted only by its author
	}
	redact := p.line(l, source, "REDACT", p.recipient(l), l.ID())
	if r.Reason != "" {
		redact.line.Params, redact.line.Text = append(redact.line.Params, r.Reason), true
	}
	redact.id, redact.time, redact.account, redact.bot, redact.relayer = state.Position{}, r.Time, r.Account, r.Bot, ""
	// https://ircv3.net/specs/extensions/chathistory#draftchathistory-context-tag
	redact.tags = []state.Tag{{Key: "draft/chathistory-context"}}
	p.batch.event(redact)
}

// line returns a line from history in the form in which it is sent, with its original time and id. The lock is held.
func (p *past) line(l *state.Line, source, verb string, params ...string) *outLine {
	return &outLine{
		server: p.client.server, time: p.client.server.state.WallAt(l.Elapsed), id: l.Position, account: l.Account, bot: l.Bot, tags: l.Tags, relayer: l.Relayer,
		line: wire.Line{Source: source, Command: verb, Params: params},
	}
}

// from and recipient return the source and target of a message. In a private conversation they have the current nicks,
// so that a client without batches files the message with the conversation.
// https://ircv3.net/specs/extensions/chathistory#implementation-considerations
func (p *past) from(l *state.Line) string {
	switch {
	case l.Target == "":
		return l.Source
	case p.isOwn(l):
		return p.source
	}
	if _, host, found := strings.Cut(l.Source, "!"); found {
		return p.target + "!" + host
	}
	return l.Source
}

func (p *past) recipient(l *state.Line) string {
	if l.Target == "" || p.isOwn(l) {
		return p.target
	}
	return p.nick
}

// isOwn reports whether the reader sent the message.
func (p *past) isOwn(l *state.Line) bool {
	for _, party := range p.own {
		if party == l.From {
			return true
		}
	}
	return false
}

package commands

import (
	"slices"
	"strings"

	"bavard/state"
)

// History keeps what a member without a rank saw. Members who were hidden stay hidden in history.

// remembersEvents reports whether history keeps other events than messages.
func (r *renderer) remembersEvents() bool {
	_, events, _ := r.server.config.History.Bounds()
	return events > 0
}

// rememberIn keeps an event of one channel. params are the parameters after its name.
func (r *renderer) rememberIn(l *outLine, c *state.Channel, params []string) {
	if r.remembersEvents() && !l.id.IsZero() {
		r.append(l, "", params, append(r.server.buffers[:0], state.ChannelBuffer(c.ID())))
	}
}

// rememberWhereSeen keeps an event of a user in those of their channels where others see them.
func (r *renderer) rememberWhereSeen(l *outLine, members []*state.Member) {
	if !r.remembersEvents() || l.id.IsZero() {
		return
	}
	to := r.server.buffers[:0]
	for _, m := range members {
		if m.Seen(false) {
			to = append(to, state.ChannelBuffer(m.Channel().ID()))
		}
	}
	r.append(l, "", l.line.Params, to)
}

// rememberMessage keeps a message: in a channel if all members received it, in a private conversation for both sides.
// A message that Target ignores is kept for its author only, so that they do not notice.
func (r *renderer) rememberMessage(l *outLine, e *state.MessageSent) {
	history := &r.server.config.History
	switch {
	case e.Audience != state.NoRank, e.Channel == nil && !history.Private:
		return
	case e.Kind == state.Tagmsg && (!r.remembersEvents() || !lasting(e.Tags)), state.IsRequest(e.Text), slices.ContainsFunc(e.Lines, isRequestPart):
		return
	}
	params := l.line.Params[1:]
	if len(l.parts) > 0 {
		params = nil
	}
	if e.Channel != nil {
		r.append(l, "", params, append(r.server.buffers[:0], state.ChannelBuffer(e.Channel.ID())))
		return
	}
	s := r.server.state
	from, to := s.PartyOf(e.From), s.PartyOf(e.Target)
	buffer := state.PairBuffer(from, to)
	if e.Unheard {
		buffer = state.OneSidedBuffer(from, to)
	}
	r.append(l, e.Target.Nick(), params, append(r.server.buffers[:0], buffer))
}

// keptLine is a line with space for its parameters. Nearly all lines have one.
type keptLine struct {
	state.Line
	params [1]string
}

// append keeps a line with copies of its texts, which would otherwise keep the whole received line in memory. The
// server reuses the list of buffers.
func (r *renderer) append(l *outLine, target string, params []string, to []state.Buffer) {
	r.server.buffers = to[:0]
	kept := new(keptLine)
	line := &kept.Line
	*line = state.Line{
		Position: l.id, Verb: l.line.Command, Source: l.line.Source, Account: l.account, Target: target, Params: append(kept.params[:0], params...),
		Parts: l.parts, Bot: l.bot, Relayer: l.relayer, // parts are copies already
	}
	if l.line.Command != "JOIN" { // whose parameters the user keeps anyway
		for i := range line.Params {
			line.Params[i] = strings.Clone(line.Params[i])
		}
	}
	for _, t := range l.tags {
		line.Tags = append(line.Tags, state.Tag{Key: strings.Clone(t.Key), Value: strings.Clone(t.Value)})
	}
	if l.author != nil {
		line.From = r.server.state.PartyOf(l.author)
	} else if l.from != nil {
		line.From = r.server.state.PartyOf(l.from)
	}
	r.server.options.History.Append(line, to...)
}

// lasting reports whether a TAGMSG is worth keeping: typing notifications are not.
// https://ircv3.net/specs/client-tags/typing
func lasting(tags []state.Tag) bool {
	for _, t := range tags {
		if t.Key != "+typing" && t.Key != "+draft/typing" {
			return true
		}
	}
	return false
}

// isRequestPart reports whether a part is a CTCP request or reply. History leaves them out, because clients would
// answer old requests now.
func isRequestPart(part state.TextPart) bool { return state.IsRequest(part.Text) }

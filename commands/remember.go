package commands

import (
	"slices"
	"strings"

	"bavard/state"
)

// What is remembered is what a member without a rank saw: who was hidden from him stays hidden in history.

// remembersEvents tells whether other events than messages are kept.
func (r *renderer) remembersEvents() bool {
	_, events, _ := r.server.config.History.Bounds()
	return events > 0
}

// rememberIn keeps an event of one channel; params are those after its name.
func (r *renderer) rememberIn(l *outLine, c *state.Channel, params []string) {
	if r.remembersEvents() && !l.id.IsZero() {
		r.append(l, "", params, append(r.server.buffers[:0], state.ChannelBuffer(c.ID())))
	}
}

// rememberWhereSeen keeps an event of a user in those of his channels where others see him.
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

// rememberMessage keeps a message: of a channel if all its members could hear it, of a conversation for both sides. What
// Target has silenced is kept for its author, who is not to notice.
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

// keptLine is a line and the room for what nearly all have: one parameter.
type keptLine struct {
	state.Line
	params [1]string
}

// append keeps a line, with texts of its own: they are parts of the line that they came in, and would keep all of it in
// memory. The list of buffers is the server's, to be used again.
func (r *renderer) append(l *outLine, target string, params []string, to []state.Buffer) {
	r.server.buffers = to[:0]
	kept := new(keptLine)
	line := &kept.Line
	*line = state.Line{
		Position: l.id, Verb: l.line.Command, Source: l.line.Source, Account: l.account, Target: target, Params: append(kept.params[:0], params...),
		Parts: l.parts, Bot: l.bot, Relayer: l.relayer, // parts are texts of their own already
	}
	if l.line.Command != "JOIN" { // which tells only what the user has kept
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

// lasting tells whether a message of tags alone says more than that somebody types.
// https://ircv3.net/specs/client-tags/typing
func lasting(tags []state.Tag) bool {
	for _, t := range tags {
		if t.Key != "+typing" && t.Key != "+draft/typing" {
			return true
		}
	}
	return false
}

// isRequestPart: a request from long ago must not be answered now, nor its answer be shown.
func isRequestPart(part state.TextPart) bool { return state.IsRequest(part.Text) }

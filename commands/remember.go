package commands

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bavard/state"
)

// History keeps what a member without a rank saw. Members who were hidden stay hidden in history.

// records collects the records of operations until history takes them.
type records struct {
	// mu guards the following fields: the goroutine with the lock and one that takes the records meet here. current has
	// the records of the operation that is being told. They are added to list only when all of the operation has been
	// told: if history saved a part of an operation, that part would be there twice after the operation has been played
	// again.
	mu            sync.Mutex
	current, list []state.Record
	upTo          uint64
	// keeping is held while history takes records, so that it takes them in their order.
	keeping sync.Mutex
	// added counts all records so far, and kept those that history has taken.
	added, kept atomic.Uint64
}

// remember adds a change to history, which is made after the lock has been released.
func (r *renderer) remember(x state.Record) { r.server.records.add(x) }

func (r *records) add(x state.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current = append(r.current, x)
}

// manyRecords is how many records wait at most while operations of an earlier life are told again.
const manyRecords = 4096

func (r *records) many() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.list) >= manyRecords
}

// done is called when all records of an operation have been added.
func (r *records) done(order uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.upTo = order
	if len(r.current) == 0 {
		return
	}
	r.list = append(r.list, r.current...)
	r.added.Add(uint64(len(r.current)))
	clear(r.current)
	if r.current = r.current[:0]; cap(r.current) > mostKeptRecords {
		r.current = nil
	}
}

// mostKeptRecords bounds the capacity of current that is kept for the next operation.
const mostKeptRecords = 64

// take returns all records of operations that have been told, and the order of the last of these.
func (r *records) take() (list []state.Record, upTo uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list, r.list = r.list, nil
	return list, r.upTo
}

// keep hands the records of all operations so far to history. It must be called before history is read. The lock must
// not be held.
func (s *Server) keep() {
	if s.records.kept.Load() < s.records.added.Load() {
		s.keepAll()
	}
}

// keepAll is like keep, but even if there are no records, it tells history the order of the latest operation.
func (s *Server) keepAll() {
	s.records.keeping.Lock()
	defer s.records.keeping.Unlock()
	list, upTo := s.records.take()
	s.options.History.Keep(list, upTo)
	s.records.kept.Add(uint64(len(list)))
}

// lookAfterHistory is how often old history is deleted, and how often history learns the order of the latest operation
// even if there are no records.
const lookAfterHistory = 10 * time.Second

// runHistory calls keepAll and deletes old history, every lookAfterHistory, until ctx ends.
func (s *Server) runHistory(ctx context.Context) {
	ticker := time.NewTicker(lookAfterHistory)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			s.keepAll()
			return
		case <-ticker.C:
			s.keepAll()
			if lasts := s.view.Load().config.History.KeepFor; lasts > 0 {
				s.options.History.Expire(s.order.Elapsed() - int64(lasts))
			}
		}
	}
}

// rememberNick records the nick that a party has now.
func (r *renderer) rememberNick(u *state.User) {
	r.remember(state.Record{Rename: &state.RenameRecord{Who: r.server.state.PartyOf(u), Nick: strings.Clone(u.Nick())}})
}

// remembersEvents reports whether history keeps events other than messages.
func (r *renderer) remembersEvents() bool {
	_, events, _ := r.server.config.History.Bounds(false)
	return events > 0
}

// rememberIn keeps an event of one channel. params are the parameters after its name.
func (r *renderer) rememberIn(l *outLine, c *state.Channel, params []string) {
	if r.remembersEvents() && !l.id.IsZero() {
		r.append(l, "", params, state.ChannelBuffer(c.ID()))
	}
}

// rememberWhereSeen keeps an event of a user in those of their channels where others see them.
func (r *renderer) rememberWhereSeen(l *outLine, members []*state.Member) {
	if !r.remembersEvents() || l.id.IsZero() {
		return
	}
	var to []state.Buffer
	for _, m := range members {
		if m.Seen(false) {
			to = append(to, state.ChannelBuffer(m.Channel().ID()))
		}
	}
	r.append(l, "", l.line.Params, to...)
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
		r.append(l, "", params, state.ChannelBuffer(e.Channel.ID()))
		return
	}
	s := r.server.state
	from, to := s.PartyOf(e.From), s.PartyOf(e.Target)
	buffer := state.PairBuffer(from, to)
	if e.Unheard {
		buffer = state.OneSidedBuffer(from, to)
	}
	r.append(l, e.Target.Nick(), params, buffer)
}

// keptLine is a line with space for its parameters and its buffers. Nearly all lines have one of each.
type keptLine struct {
	state.Line
	params [1]string
	to     [1]state.Buffer
}

// append keeps a line with copies of its texts, which would otherwise keep the whole received line in memory.
func (r *renderer) append(l *outLine, target string, params []string, to ...state.Buffer) {
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
	r.remember(state.Record{Line: line, To: append(kept.to[:0], to...)})
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

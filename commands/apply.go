package commands

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"syscall"

	"bavard/order"
	"bavard/state"
)

// ask describes whoever waits for the outcome of an operation, and what has to be done then.
type ask struct {
	// out collects the connections that the outcome is told to.
	out *outbox
	// by is the client that acts, nil for the server itself. call is the command that the client is running, or nil.
	by   *Client
	call *Call
	// then runs under the lock after the events have been rendered, if the operation was not refused.
	then func(s *state.State, events []state.Event)
}

// do applies an operation of the server itself. The lock is held.
func (s *Server) do(out *outbox, then func(*state.State, []state.Event), op state.Op) *state.Refusal {
	return s.doFor(out, 0, then, op)
}

// doFor applies an operation that the server wants for a session. The lock is held.
func (s *Server) doFor(out *outbox, session state.SessionID, then func(*state.State, []state.Event), op state.Op) *state.Refusal {
	s.serverAsk = ask{out: out, then: then}
	defer func() { s.serverAsk = ask{} }()
	return s.order.Do(&s.serverAsk, session, op)
}

// do applies an operation of the client. The lock is held.
func (c *Client) do(call *Call, then func(*state.State, []state.Event), op state.Op) *state.Refusal {
	c.asking = ask{out: &c.out, by: c, call: call, then: then}
	defer func() { c.asking = ask{} }() // an idle client keeps no command
	return c.server.order.Do(&c.asking, c.id, op)
}

// Tell renders the events of an operation. It implements order.Teller.
func (s *Server) Tell(o *order.Outcome) {
	defer s.records.done(o.Stamp.Order)
	if o.Refusal != nil {
		return
	}
	a, asked := o.By.(*ask)
	if !asked {
		a = &ask{out: new(outbox)}
	}
	s.pool.used = 0
	r := renderer{server: s, out: a.out, by: a.by, call: a.call, stamp: o.Stamp, lines: &s.pool, replayed: o.Replayed}
	for _, e := range o.Events {
		r.guarded(e)
	}
	if a.then != nil {
		a.then(s.state, o.Events)
	}
	if o.Replayed && s.records.many() {
		s.keepAll() // nobody else runs yet
	}
}

// Replaced connects the clients of this machine with their sessions in a state that has replaced the earlier one. It
// implements order.Teller.
func (s *Server) Replaced(next *state.State) {
	s.state = next
	for _, c := range s.clients {
		if c.session == nil {
			continue
		}
		if c.session = next.Session(c.id); c.session != nil {
			c.session.Local = c
		}
	}
	s.compileFilters()
}

// guarded renders one event. A panic loses only that event, not the others of the operation, because the state has
// changed and clients must be told the rest.
func (r *renderer) guarded(e state.Event) {
	defer func() {
		if problem := recover(); problem != nil {
			r.log().Error("panic in a renderer", "type", fmt.Sprintf("%T", e), "panic", fmt.Sprint(problem), "stack", string(debug.Stack()))
		}
	}()
	r.render(e)
}

// silent is the log while operations of an earlier life are told again.
var silent = slog.New(slog.DiscardHandler)

// happened reports whether there is an event of this type.
func happened[E state.Event](events []state.Event) bool {
	return slices.ContainsFunc(events, func(e state.Event) bool { _, is := e.(E); return is })
}

// cannotLastText refuses a command whose effect must not be lost, while nothing can be kept.
const cannotLastText = "Not done: the server cannot write to its disk at the moment, and this must not be lost"

// JournalChanged tells the IRC operators that the journal cannot be written, with the error, or with nil that it is
// written again. It may be called from any goroutine.
func (s *Server) JournalChanged(err error) {
	s.diskChanged("journal", "nothing that happens now is kept", "everything is kept again", err)
}

// HistoryChanged is JournalChanged for the database of history.
func (s *Server) HistoryChanged(err error) {
	s.diskChanged("history", "history is not saved", "history is saved again", err)
}

func (s *Server) diskChanged(what, fails, works string, err error) {
	text := "DISK: " + works
	if err != nil {
		text = "DISK: " + fails + ": " + err.Error()
		s.options.Log.Error("disk failed", "what", what, "error", err)
	} else {
		s.options.Log.Info("disk works again", "what", what)
	}
	var out outbox
	s.announce(&out, toAllOpers, text)
	s.flush(&out)
}

// diskTrouble returns the reason why something cannot be kept at present, or nil. Anybody may read the error: it
// contains no path.
func (s *Server) diskTrouble() error {
	err := s.order.Failing()
	if err == nil && s.options.HistoryTrouble != nil {
		err = s.options.HistoryTrouble()
	}
	var known syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	}
	return errSeeLog
}

// errSeeLog stands for errors that are shown only in the log.
var errSeeLog = errors.New("the log says why")

// CloseGap writes a snapshot that replaces operations which the journal had to throw away.
func (s *Server) CloseGap() { s.order.CloseGap() }

// Barrier returns when everything that has been queued for clients may be shown to them.
func (s *Server) Barrier() { s.order.Barrier() }

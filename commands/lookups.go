package commands

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"bavard/wire"
)

// A question is something slow about a new connection that its welcome waits for, such as the name of its address.
type question struct {
	// ask finds it out on a goroutine of its own. It must end soon after ctx does, and must not touch the client: what
	// it returns (nil: nothing) does that, on the connection's goroutine, without the lock.
	ask func(ctx context.Context) (answer func(*Client))
	// late is run in place of the answer when the time was over first; begun tells whether it was asked at all, or never
	// had its turn. It may be nil.
	late func(c *Client, begun bool)
}

// lookups are the questions about one connection. Their answers are taken in the order of the questions, so that what a
// client reads does not depend on which was answered first.
type lookups struct {
	ctx      context.Context
	cancel   context.CancelFunc
	deadline time.Time // by Options.Now

	// mu is where the goroutines that ask and the connection's own meet.
	mu    sync.Mutex
	asked []*asked // those that have not been dealt with, the oldest first
}

// asked is a question on its way.
type asked struct {
	question
	begun  bool // it has had its turn
	done   bool
	answer func(*Client)
}

// inquire asks all that is to be found out about where a connection comes from. It is called when the connection is new,
// and again when it has been told to come from elsewhere: what was asked before does not count any more.
func (c *Client) inquire() {
	c.endLookups()
	if !c.admit() {
		return
	}
	for _, about := range addressQuestions {
		for _, q := range about(c) {
			c.lookUp(q)
		}
	}
}

// lookUp asks one question. The welcome waits for its answer, for no longer than limits.lookup_timeout after the first.
// Only before the welcome, on the connection's goroutine.
func (c *Client) lookUp(q question) {
	l := c.registration.lookups
	if l == nil {
		timeout := time.Duration(c.view().config.Limits.LookupTimeout)
		l = &lookups{deadline: c.server.options.Now().Add(timeout)}
		// Tick ends it when the time is over, Closed when the connection is.
		l.ctx, l.cancel = context.WithCancel(context.Background())
		c.registration.lookups = l
	}
	a := &asked{question: q}
	l.mu.Lock()
	l.asked = append(l.asked, a)
	l.mu.Unlock()
	// It ends when the question is answered, the time is over, or the connection has ended.
	go c.ask(l, a)
}

// ask is the goroutine of one question.
func (c *Client) ask(l *lookups, a *asked) {
	answer := c.askSafely(l, a)
	l.mu.Lock()
	a.done, a.answer = true, answer
	l.mu.Unlock()
	c.conn.TickSoon()
}

// askSafely waits for a turn and asks; a panic is no answer.
func (c *Client) askSafely(l *lookups, a *asked) (answer func(*Client)) {
	defer func() {
		if problem := recover(); problem != nil {
			c.server.options.Log.Error("panic in a look-up", "panic", fmt.Sprint(problem), "stack", string(debug.Stack()))
			answer = nil
		}
	}()
	end, ok := c.server.turns.take(l.ctx, c.conn.RemoteAddr().Addr())
	if !ok {
		return nil
	}
	defer end()
	l.mu.Lock()
	a.begun = true
	l.mu.Unlock()
	return a.ask(l.ctx)
}

// known takes the answers that are there, and tells whether the welcome need not wait for more.
func (c *Client) known() bool {
	for {
		l := c.registration.lookups
		if l == nil || c.closing {
			return true
		}
		over := !c.server.options.Now().Before(l.deadline)
		a, waiting := l.take(over)
		switch {
		case waiting:
			return false
		case a == nil:
			c.endLookups()
			return true
		}
		switch {
		case a.done && a.answer != nil:
			a.answer(c)
		case !a.done && a.late != nil:
			a.late(c, a.begun)
		}
	}
}

// take removes the oldest question if it has been answered, or the time is over. nil and not waiting: there is none left.
func (l *lookups) take(over bool) (a *asked, waiting bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.asked) == 0 {
		return nil, false
	}
	a = l.asked[0]
	if !a.done && !over {
		return nil, true
	}
	l.asked = l.asked[1:]
	if !a.done { // its goroutine may still write into the other one
		a = &asked{question: a.question, begun: a.begun}
	}
	return a, false
}

// endLookups gives up what is still asked.
func (c *Client) endLookups() {
	if r := c.registration; r != nil && r.lookups != nil {
		r.lookups.cancel()
		r.lookups = nil
	}
}

// goOn completes a registration that waited, and tells when the next look at it is due.
func (c *Client) goOn(now time.Time) (next time.Duration, registering bool) {
	if c.closing {
		return time.Hour, true
	}
	if c.known() && !c.closing {
		call := &Call{Client: c, message: &wire.Message{}}
		call.complete()
	}
	if c.registration == nil {
		return 0, false
	}
	left := c.opened.Add(time.Duration(c.view().config.Limits.RegistrationTimeout)).Sub(now)
	if l := c.registration.lookups; l != nil {
		left = min(left, max(l.deadline.Sub(now), time.Millisecond))
	}
	return left, true
}

// addressQuestions: what is asked about where a connection comes from, in this order.
var addressQuestions = []func(c *Client) []question{askHost, askIdent, askBlocklists}

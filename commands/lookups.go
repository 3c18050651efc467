package commands

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"bavard/wire"
)

// question is something slow to find out about a new connection, such as the name of its address. Registration waits
// for it.
type question struct {
	// ask runs on a goroutine of its own. It must return soon after ctx ends, and must not touch the client. The function
	// that it returns (nil: none) may, and runs on the connection's goroutine without the lock.
	ask func(ctx context.Context) (answer func(*Client))
	// late runs instead of the answer when time runs out first. begun reports whether the question got its turn. It may be
	// nil.
	late func(c *Client, begun bool)
}

// lookups are the questions about one connection. Answers are used in the order of the questions, so that what a
// client reads does not depend on which answer came first.
type lookups struct {
	ctx      context.Context
	cancel   context.CancelFunc
	deadline time.Time // by Server.steady

	// mu guards asked: the goroutines that ask and the connection's own meet here.
	mu    sync.Mutex
	asked []*asked // the questions whose answers have not been used, the oldest first
}

// asked is a question that has been asked.
type asked struct {
	question
	begun  bool // the question has had its turn
	done   bool
	answer func(*Client)
}

// inquire asks all questions about the address of a connection. It is called when the connection is new, and again
// when a gateway has given it a different address; earlier questions are dropped then.
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

// lookUp asks one question. Registration waits for the answer until limits.lookup_timeout after the first question. It
// may only be called before the welcome, on the connection's goroutine.
func (c *Client) lookUp(q question) {
	l := c.registration.lookups
	if l == nil {
		timeout := time.Duration(c.view().config.Limits.LookupTimeout)
		l = &lookups{deadline: c.server.order.Steady().Add(timeout)}
		// Tick cancels it when time runs out, Closed when the connection ends.
		l.ctx, l.cancel = context.WithCancel(context.Background())
		c.registration.lookups = l
	}
	a := &asked{question: q}
	l.mu.Lock()
	l.asked = append(l.asked, a)
	l.mu.Unlock()
	// It ends when the question is answered, time runs out, or the connection has ended.
	go c.ask(l, a)
}

// ask runs on the goroutine of one question.
func (c *Client) ask(l *lookups, a *asked) {
	answer := c.askSafely(l, a)
	l.mu.Lock()
	a.done, a.answer = true, answer
	l.mu.Unlock()
	c.conn.TickSoon()
}

// askSafely waits for a turn and asks. A panic counts as no answer.
func (c *Client) askSafely(l *lookups, a *asked) (answer func(*Client)) {
	defer func() {
		if problem := recover(); problem != nil {
			c.log().Error("panic in a lookup", "panic", fmt.Sprint(problem), "stack", string(debug.Stack()))
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

// known uses the answers that have arrived, and reports whether registration can go on.
func (c *Client) known() bool {
	for {
		l := c.registration.lookups
		if l == nil || c.closing {
			return true
		}
		over := !c.server.order.Steady().Before(l.deadline)
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

// take removes the oldest question if it has been answered or time has run out. It returns nil and false when none is
// left.
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
	if !a.done { // its goroutine may still write into the original
		a = &asked{question: a.question, begun: a.begun}
	}
	return a, false
}

// endLookups gives up all questions.
func (c *Client) endLookups() {
	if r := c.registration; r != nil && r.lookups != nil {
		r.lookups.cancel()
		r.lookups = nil
	}
}

// goOn completes a registration that has waited, and returns when to check it again.
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

// addressQuestions lists the questions about the address of a connection, in the order in which they are asked.
var addressQuestions = []func(c *Client) []question{askHost, askIdent, askBlocklists}

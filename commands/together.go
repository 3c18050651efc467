package commands

import (
	"sync"
	"time"
)

// togetherFor is how long the output of clients that take turns can wait, so that a connection gets the lines of
// several turns with one write.
const togetherFor = 3 * time.Millisecond

// A sharedFlush collects the connections that clients with turns have filled. The client that has the turn writes them
// before it passes the turn on, so that all this work keeps no more than one processor busy.
type sharedFlush struct {
	// mu guards the fields below: the goroutines of the clients that take turns meet here.
	mu      sync.Mutex
	pending []Conn
	// since is when the oldest of them was added.
	since time.Time
}

// add takes over the connections of an outbox.
func (f *sharedFlush) add(o *outbox, now time.Time) {
	if len(o.conns) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.pending) == 0 {
		f.since = now
	}
	f.pending = append(f.pending, o.conns...)
	o.conns = nil
}

// due returns the connections to write now: all of them if they have waited long enough, or if last says that no client
// waits for the turn.
func (f *sharedFlush) due(last bool, now time.Time) (list []Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if last || now.Sub(f.since) >= togetherFor {
		list, f.pending = f.pending, nil
	}
	return list
}

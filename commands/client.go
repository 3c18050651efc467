package commands

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"bavard/config"
	"bavard/state"
	"bavard/wire"
)

// Client is the local part of a session: one connection. Its methods Line, Overlong, Batch, Tick and Closed are called
// by transport, on the connection's goroutine, one at a time.
type Client struct {
	Peer

	server *Server
	id     state.SessionID
	opened time.Time
	// listener is what the configuration said of the one it came to.
	listener *config.Listener
	// gateway is who speaks for the client, nil for most. It is set before the welcome, under the lock.
	gateway *gateway

	// shunned is that nobody is to hear the user, for the same reason.
	shunned atomic.Bool
	// batches counts those that have been begun.
	batches atomic.Uint32

	// Guarded by Server.mu.
	session    *state.Session // nil before the welcome and after the end
	capVersion int
	monitored  []monitored
	current    state.ChannelID
	subs       []string  // the keys of metadata that it is subscribed to, sorted
	syncAfter  time.Time // when it may ask for the metadata of a large channel
	seen       uint64    // the walk that has met this client, see renderer.toPeers

	places []place // what it counts for, see admit

	// Owned by the connection's goroutine.
	settings     *settings     // see settled
	registration *registration // nil after the welcome
	out          outbox
	flood        bucket
	bill                           // of the line that is being carried out
	roomAt       int               // out.said when there was room in the queue, see Call.breathe
	toil         bucket            // how much its lines have made the server do lately, see takeTurn
	hasTurn      bool              // it is this client's turn to do much
	changes      bucket            // of metadata
	entered      []state.ChannelID // the channels into which the command has led, see tellEntered
	cleared      []state.Metadatum // the keys of metadata that it has taken away
	overrode     bool              // it has changed metadata by an IRC operator's privilege alone
	held         [][]byte          // the lines that wait for the welcome
	heldBytes    int               // of them
	collecting   *clientBatch      // the batch that it has open, or that was given up before its end; else nil
	pinged       time.Time         // when the unanswered PING was sent; zero: none is
	closing      bool
	wrongOpers   int        // how often OPER has failed
	login        *login     // nil while nobody logs in
	wrongLogins  int        // how often a login was denied
	accountTold  bool       // the account that the command has led to was told by its numeric
	firstName    string     // the user name as it was at the welcome, whatever is shown since
	declined     int        // how many parts of operations were refused
	unwanted     []unwanted // what the playback is not to play any more
}

// errInternal ends a session in which we made a mistake.
var errInternal = errors.New("internal server error")

// setCapabilities: the lock is held.
func (c *Client) setCapabilities(caps capSet) {
	c.caps.Store(uint64(caps))
	if !caps.has(capMetadata) {
		c.subs = nil
	}
}

// Line handles one line and tells how long the client has to wait before its next one.
func (c *Client) Line(line []byte) (wait time.Duration) {
	defer c.guard()
	defer c.endTurn()
	return max(c.dispatch(line), c.release())
}

// Overlong answers a line that was longer than any line may be.
func (c *Client) Overlong() (wait time.Duration) {
	defer c.guard()
	if !c.spoilBatch(nil, wire.ErrTooLong) {
		c.tooLong("")
	}
	return c.charge(costOfNonsense)
}

// Batch is the end of what was read at once: the moment to flush. Sessions that have something to say at the same moment
// go first, so that one write carries it all: under load this is worth a factor of three. Who only gets an
// answer, such as a PONG, does not wait.
func (c *Client) Batch() {
	if n := len(c.out.conns); n > 1 || n == 1 && c.out.conns[0] != c.conn {
		c.conn.GiveWay()
	}
	c.server.flush(&c.out)
}

// attach ties the client to its session in the state. The lock is held.
func (c *Client) attach(x *state.Session) {
	u := x.User()
	nick := u.Nick()
	c.name.Store(&nick)
	c.privileges.Store(uint64(u.Privileges()))
	c.shunned.Store(u.Shunned())
	c.session, x.Local = x, c
	c.firstName = u.Username()
	c.server.registered++
	c.server.mostLocal = max(c.server.mostLocal, c.server.registered)
}

// detach unties them when the session is over. The lock is held.
func (c *Client) detach() {
	c.session.Local = nil
	c.session = nil
	c.server.registered--
}

// guard ends the session, and it only, when its handler panicked.
func (c *Client) guard() {
	problem := recover()
	if problem == nil {
		return
	}
	c.server.options.Log.Error("panic in a session", "session", uint64(c.id), "panic", fmt.Sprint(problem), "stack", string(debug.Stack()))
	c.end("Internal server error", errInternal)
}

// end closes the connection with an ERROR; the state learns of it in Closed.
// https://modern.ircdocs.horse/#error-message
func (c *Client) end(reason string, err error) {
	if err == nil {
		err = errors.New(reason)
	}
	c.closing = true
	c.out.close(c, errorLineFor(c.host(), reason), err)
}

// Tick asks a silent client whether it is there, and ends one that does not answer or does not register.
func (c *Client) Tick() (next time.Duration) {
	defer c.Batch()
	defer c.guard()
	now := c.server.options.Now()
	if c.registration != nil {
		left, registering := c.goOn(now)
		switch {
		case registering && left > 0:
			return left
		case registering:
			c.end("Registration timed out", nil)
			return time.Hour
		}
	}
	c.release()
	return min(c.keepAlive(now), c.expireLogin(now), c.expireBatch(now))
}

// keepAlive is the part of Tick after the welcome that ends silent clients.
func (c *Client) keepAlive(now time.Time) (next time.Duration) {
	interval, timeout := c.settled().pingInterval, c.settled().pingTimeout
	lastRead := c.conn.LastRead()
	if !c.pinged.IsZero() && !lastRead.Before(c.pinged) {
		c.pinged = time.Time{}
	}
	switch {
	case c.pinged.IsZero() && now.Sub(lastRead) < interval:
		return interval - now.Sub(lastRead)
	case c.pinged.IsZero():
		c.pinged = now
		c.say(&c.out, wire.Line{Command: "PING", Params: []string{c.view().name}, Text: true})
		return timeout
	case now.Sub(c.pinged) < timeout:
		return timeout - now.Sub(c.pinged)
	}
	c.end(fmt.Sprintf("Ping timeout: %d seconds", int((interval+timeout).Seconds())), nil)
	return time.Hour
}

// Closed is the end of the connection; whoever shares a channel with the user learns why.
func (c *Client) Closed(reason error) {
	defer c.Batch()
	defer c.guard()
	c.endLookups()
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	delete(c.server.clients, c.id)
	c.leavePlaces()
	c.server.monitors.drop(c)
	// When the server stops, everybody goes at once: there is nobody left to tell.
	if c.session != nil && !c.server.stopping {
		c.server.apply(&c.out, c, c.id, &state.Quit{Reason: c.server.reasonText(reason)})
	}
}

// reasonText is what a connection's end is called in a QUIT.
// https://modern.ircdocs.horse/#quit-message
func (s *Server) reasonText(err error) string {
	if s.options.Reason != nil {
		if text := s.options.Reason(err); text != "" {
			return text
		}
	}
	var errno syscall.Errno
	var network net.Error
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return "Connection closed"
	case errors.As(err, &errno):
		return "Connection error: " + errno.Error()
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network):
		return "Connection error"
	}
	return err.Error()
}

// view is the configuration in force, without the lock.
func (c *Client) view() *view { return c.server.view.Load() }

// reply queues a numeric for this client. The lock may be held or not.
func (c *Client) reply(n numeric) { c.numeric(&c.out, n) }

// notice queues a server notice for this client.
func (c *Client) notice(target, text string) {
	c.say(&c.out, c.fromServer("NOTICE", target, text))
}

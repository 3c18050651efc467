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

// Client is the local part of a session: one connection. The transport calls its methods Line, Overlong, Batch, Tick
// and Closed on the connection's goroutine, one at a time.
type Client struct {
	Peer

	server *Server
	id     state.SessionID
	opened time.Time
	// listener is the configuration of the listener that accepted the connection.
	listener *config.Listener
	// gateway is the WEBIRC gateway of the client, usually nil. It is set before registration, under the lock.
	gateway *gateway

	// shunned caches whether the user is shunned, because every line needs that. It is set under the lock.
	shunned atomic.Bool
	// batches counts the batches that have been sent.
	batches atomic.Uint32
	// open are those that have not ended.
	open openBatches

	// Guarded by Server.mu.
	session    *state.Session // nil before registration and after the end
	asking     ask            // for the operation of the client that is being applied
	capVersion int
	monitored  []monitored
	current    state.ChannelID
	late       []replay  // see tellLateReplays
	subs       []string  // the metadata keys that the client is subscribed to, sorted
	syncAfter  time.Time // when the client may request the metadata of a large channel
	given      []roll    // names still to be sent because of other clients' commands
	seen       uint64    // the last walk that has visited this client, see renderer.toPeers

	places []place // the groups in which the connection is counted, see admit

	// Owned by the connection's goroutine.
	settings     *settings     // see settled
	registration *registration // nil after registration
	out          outbox
	flood        bucket
	bill                      // for the line that is being handled
	roomAt       int          // out.said when there was room in the queue, see Call.breathe
	toil         bucket       // the work that its lines have caused recently, see noteToil
	hasTurn      bool         // the client has the turn, see takeTurn
	turnBegan    float64      // the result of toiled when the turn began
	quick        verbSet      // the commands that caused little work the last time
	changes      bucket       // for changes of metadata
	rolls        []roll       // names still to be sent because of its own command, see tellRolls
	held         [][]byte     // the lines that wait for the welcome
	heldBytes    int          // their total length
	collecting   *clientBatch // the client's open batch, or one that was discarded before its end; otherwise nil
	pinged       time.Time    // when the unanswered PING was sent, zero for none
	closing      bool
	wrongOpers   int        // how often OPER has failed
	login        *login     // nil when no exchange is in progress
	wrongLogins  int        // how often a login was denied
	firstName    string     // the user name at registration, which can differ from the one that is shown
	unwanted     []unwanted // the buffers that the client has cleared in the playback
}

// errInternal ends a session in which we made a mistake.
var errInternal = errors.New("internal server error")

// setCapabilities changes the capabilities. The lock is held.
func (c *Client) setCapabilities(caps capSet) {
	c.caps.Store(uint64(caps))
	if !caps.has(capMetadata) {
		c.subs = nil
	}
}

// Line handles one line, and returns how long the client has to wait before its next one.
func (c *Client) Line(line []byte) (wait time.Duration) {
	defer c.guard()
	defer c.endTurn()
	return max(c.dispatch(line), c.release())
}

// Overlong answers a line that is longer than any line may be.
func (c *Client) Overlong() (wait time.Duration) {
	defer c.guard()
	if !c.spoilBatch(nil, wire.ErrTooLong) {
		c.tooLong("")
	}
	return c.charge(costOfNonsense)
}

// Batch is called after all lines that were read at once, and flushes. It first gives way to other sessions that have
// lines to handle, so that one write carries all output: under load this is three times as fast. It does not do so
// when there is only an answer for this client, such as a PONG.
func (c *Client) Batch() {
	if n := len(c.out.conns); n > 1 || n == 1 && c.out.conns[0] != c.conn {
		c.conn.GiveWay()
	}
	c.server.flush(&c.out)
}

// attach connects the client with its session in the state. The lock is held.
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

// detach separates the client from its session, which has ended. The lock is held.
func (c *Client) detach() {
	c.session.Local = nil
	c.session = nil
	c.server.registered--
}

// guard ends the session, and only this one, when a handler has panicked.
func (c *Client) guard() {
	problem := recover()
	if problem == nil {
		return
	}
	c.log().Error("panic in a session", "panic", fmt.Sprint(problem), "stack", string(debug.Stack()))
	c.end("Internal server error", errInternal)
}

// end closes the connection with an ERROR. Closed tells the state.
// https://modern.ircdocs.horse/#error-message
func (c *Client) end(reason string, err error) {
	if err == nil {
		err = errors.New(reason)
	}
	c.closing = true
	c.out.close(c, errorLineFor(c.host(), reason), err)
}

// Tick sends a PING to a silent client, and closes the connection of one that does not answer or does not register.
func (c *Client) Tick() (next time.Duration) {
	defer c.Batch()
	defer c.guard()
	defer c.endTurn()
	c.beginBill()
	now := c.server.order.Steady()
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
	if c.tellGiven(); c.closing {
		return time.Hour
	}
	c.tellLateReplays()
	return min(c.keepAlive(now), c.expireLogin(now), c.expireBatch(now))
}

// keepAlive is the part of Tick for registered clients: it closes the connections of silent ones.
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

// Closed is called when the connection has ended. It tells the state, and so everyone who shares a channel with the
// user.
func (c *Client) Closed(reason error) {
	defer c.Batch()
	defer c.guard()
	c.endLookups()
	c.dropMonitored()
	c.server.order.Lock()
	defer c.server.order.Unlock()
	delete(c.server.clients, c.id)
	c.log().Debug("client disconnected", "nick", c.nick(), "reason", c.server.reasonText(reason))
	c.leavePlaces()
	// When the server stops, all connections close at once, so nobody is told.
	if c.session != nil && !c.server.stopping {
		c.do(nil, nil, &state.Quit{Reason: c.server.reasonText(reason)})
	}
}

// reasonText returns the QUIT reason for the error that ended a connection.
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

// view returns the parts of the configuration in force that can be read without the lock.
func (c *Client) view() *view { return c.server.view.Load() }

// reply queues a numeric for this client. The lock may be held or not.
func (c *Client) reply(n numeric) { c.numeric(&c.out, n) }

// notice queues a server notice for this client.
func (c *Client) notice(target, text string) {
	c.say(&c.out, c.fromServer("NOTICE", target, text))
}

package commands

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"bavard/state"
	"bavard/wire"
)

// Accounts authenticates clients for accounts with SASL. Everything except Mechanisms may be slow and is never called
// under the lock. Exchanges of several clients run at the same time. Calls must return by themselves, because nothing
// interrupts them.
// https://ircv3.net/specs/extensions/sasl-3.2
type Accounts interface {
	// Mechanisms returns the names of the available mechanisms, the best first; none: nobody can log in. It must return at
	// once, because it is called under the lock. When the result changes, Server.AccountsChanged must be called.
	Mechanisms() []string
	// Start starts an exchange with a mechanism for the client of a connection. challenge is the server's first message,
	// empty when the client sends the first one. exchange is nil when the mechanism is no longer available.
	Start(mechanism string, from Connection) (exchange Exchange, challenge []byte)
}

// Exchange is one attempt to log in. It is used by one goroutine, and dropped when it is complete or aborted.
type Exchange interface {
	// Next takes the client's decoded response of at most mostSASLBytes. An error is the server's failure, not the
	// client's. It is logged, and must not contain anything that the client sent.
	Next(response []byte) (SASLStep, error)
}

// Connection is what is known about a client that wants to log in.
type Connection struct {
	Address netip.Addr // not valid when it is not known
	// Fingerprint is the SHA-256 of the client's certificate in lower-case hex, "" when it showed none.
	Fingerprint string
	Secure      bool
}

// SASLStep is the next step of an exchange.
type SASLStep struct {
	Outcome SASLOutcome
	// Challenge is sent to the client while the exchange continues. A mechanism whose last message is the server's sends
	// it as a challenge too, which the client answers with an empty response.
	Challenge []byte
	// Account is the account that the client has logged in to.
	Account string
}

// SASLOutcome is the state of an exchange.
type SASLOutcome int

// The outcomes.
const (
	SASLGoesOn SASLOutcome = iota
	SASLLoggedIn
	SASLDenied // the client is not told why
	SASLLocked // the account exists but cannot be used at the moment
)

// login is an exchange in progress.
type login struct {
	exchange  Exchange
	mechanism string
	response  saslResponse
	ends      time.Time
}

// mostWrongLogins is how often one connection may be denied. A success does not reset the count, because it may be for
// the guesser's own account.
const mostWrongLogins = 3

// costOfLogin is the cost of a complete response in addition to its lines, because checking a password is slow.
const costOfLogin = 2

// runAuthenticate: https://ircv3.net/specs/extensions/sasl-3.1#the-authenticate-command
func runAuthenticate(c *Call) {
	word := c.param(0)
	switch {
	case word == "":
		c.needMoreParams()
	case !c.has(capSASL):
		c.login = nil // the capability may have been withdrawn
		c.reply(errSaslFail.with("SASL authentication failed: the sasl capability has not been negotiated"))
	case word == "*":
		c.abortLogin()
	case c.login == nil:
		c.startLogin(word)
	default:
		c.continueLogin(word)
	}
}

// abortLogin aborts an exchange. It answers even when there is none, because the client waits for the answer.
func (c *Client) abortLogin() {
	c.login = nil
	c.reply(errSaslAborted.with())
}

// tooLongLogin ends the exchange because one parameter is longer than a chunk can be. A response that is too long in
// total, in valid chunks, gets the general failure instead.
// https://ircv3.net/specs/extensions/sasl-3.1#numerics-used-by-this-extension
func (c *Client) tooLongLogin() (answered bool) {
	if !c.has(capSASL) {
		return false
	}
	c.login = nil
	c.reply(errSaslTooLong.with())
	return true
}

func (c *Call) startLogin(name string) {
	v := c.view()
	if c.isLoggedIn() && !v.config.Accounts.Reauthentication {
		c.reply(errSaslAlready.with())
		return
	}
	mechanism := strings.ToUpper(name)
	var exchange Exchange
	var challenge []byte
	if slices.Contains(v.mechanisms, mechanism) {
		c.willWait()
		exchange, challenge = c.server.options.Accounts.Start(mechanism, c.connection())
	}
	if exchange == nil {
		if len(v.mechanisms) > 0 {
			c.reply(rplSaslMechs.with(strings.Join(v.mechanisms, ",")))
		}
		c.reply(errSaslFail.with("SASL authentication failed: unknown mechanism"))
		return
	}
	timeout := time.Duration(v.config.Limits.RegistrationTimeout)
	c.login = &login{exchange: exchange, mechanism: mechanism, ends: c.server.order.Steady().Add(timeout)}
	c.sendChallenge(challenge)
	if c.registration == nil {
		c.conn.TickSoon() // for the timeout
	}
}

// connection returns what an exchange may know about the client.
func (c *Client) connection() Connection {
	return Connection{Address: c.conn.RemoteAddr().Addr().Unmap(), Fingerprint: c.fingerprint(), Secure: c.secure()}
}

// isLoggedIn reports whether the client is logged in, before or after registration.
func (c *Call) isLoggedIn() (is bool) {
	if c.registration != nil {
		return c.registration.account != ""
	}
	c.View(func(*state.State) { is = c.user().Account() != "" })
	return is
}

func (c *Call) sendChallenge(challenge []byte) {
	for _, chunk := range saslChunks(challenge) {
		c.say(&c.out, wire.Line{Command: "AUTHENTICATE", Params: []string{chunk}})
	}
}

func (c *Call) continueLogin(chunk string) {
	response, whole, err := c.login.response.add(chunk)
	switch {
	case errors.Is(err, errChunkTooLong):
		c.tooLongLogin()
		return
	case errors.Is(err, errResponseTooLong):
		c.login = nil
		c.reply(errSaslFail.with("SASL authentication failed: the response is longer than " + itoa(mostSASLBytes) + " bytes"))
		return
	case err != nil:
		c.login = nil
		c.reply(errSaslFail.with("SASL authentication failed: invalid Base64"))
		return
	case !whole:
		return
	}
	c.extra += costOfLogin
	c.willWait()
	step, err := c.login.exchange.Next(response)
	if err == nil && step.Outcome == SASLGoesOn {
		c.sendChallenge(step.Challenge)
		return
	}
	mechanism := c.login.mechanism
	c.login = nil
	switch {
	case err != nil:
		c.log().Error("SASL error", "mechanism", mechanism, "error", err)
		c.reply(errSaslFail.with("SASL authentication failed: the server has a problem; try again later"))
	case step.Outcome == SASLLoggedIn:
		c.logIn(step.Account, mechanism)
	default:
		c.denyLogin(step.Outcome, mechanism)
	}
}

// denyLogin answers a denied login, and closes the connection of a client that has been denied too often.
// https://ircv3.net/specs/extensions/sasl-3.2#sasl-reauthentication
func (c *Call) denyLogin(why SASLOutcome, mechanism string) {
	c.log().Warn("login failed", "nick", c.nick(), "host", c.host(), "mechanism", mechanism, "locked", why == SASLLocked)
	if why == SASLLocked {
		c.reply(errNickLocked.with())
	} else {
		c.reply(errSaslFail.with("SASL authentication failed"))
	}
	if c.wrongLogins++; c.wrongLogins == mostWrongLogins {
		c.end("Too many SASL authentication failures", nil)
	}
}

// expireLogin ends an exchange that takes too long, and returns when to check again. It answers with a failure: 906 is
// only for exchanges that the client has aborted, or that were in progress when it completed its registration.
// https://ircv3.net/specs/extensions/sasl-3.1#numerics-used-by-this-extension
func (c *Client) expireLogin(now time.Time) (next time.Duration) {
	switch {
	case c.login == nil:
		return time.Hour
	case now.Before(c.login.ends):
		return c.login.ends.Sub(now)
	}
	c.login = nil
	c.reply(errSaslFail.with("SASL authentication failed: it has taken too long"))
	return time.Hour
}

// AccountsChanged must be called when the mechanisms of Accounts have changed. It tells clients with cap-notify.
// https://ircv3.net/specs/extensions/sasl-3.2#integration-with-cap-notify
func (s *Server) AccountsChanged() {
	var out outbox
	defer s.flush(&out)
	s.order.Lock()
	defer s.order.Unlock()
	before := s.view.Load()
	s.install(s.config)
	s.capsChanged(&out, before, s.view.Load())
}

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

// Accounts lets clients prove which account is theirs, by SASL. All of it may be slow, but for Mechanisms, and is never
// called under the lock; exchanges of several clients run at the same time. It must end by itself: nothing interrupts it.
// https://ircv3.net/specs/extensions/sasl-3.2
type Accounts interface {
	// Mechanisms are the names of the mechanisms that there are now, the best first; none: nobody can log in. It answers at
	// once: it is called under the lock. When the answer is another, Server.AccountsChanged must be called.
	Mechanisms() []string
	// Start begins an exchange by one of the mechanisms, for the client of a connection. challenge is what the mechanism says
	// first, empty when that is the client's part. nil: there is no such mechanism any more.
	Start(mechanism string, from Connection) (exchange Exchange, challenge []byte)
}

// Exchange is one attempt to log in. It belongs to one goroutine, and is forgotten when it is over or aborted.
type Exchange interface {
	// Next takes what the client says, decoded, at most mostSASLBytes. An error is our failure, not the client's; it is
	// logged, and must have nothing of what the client said in it.
	Next(response []byte) (SASLStep, error)
}

// Connection is what is known of a client that wants to log in.
type Connection struct {
	Address netip.Addr // not valid: not known
	// Fingerprint is the SHA-256 of the client's certificate in lower-case hex, "" when it showed none.
	Fingerprint string
	Secure      bool
}

// SASLStep is how an exchange goes on.
type SASLStep struct {
	Outcome SASLOutcome
	// Challenge is for the client, while the exchange goes on. A mechanism that ends with words of the server's gives them so
	// too, and the client's next response is empty.
	Challenge []byte
	// Account is the one that the client has logged in to.
	Account string
}

// SASLOutcome is where an exchange stands.
type SASLOutcome int

// The outcomes.
const (
	SASLGoesOn SASLOutcome = iota
	SASLLoggedIn
	SASLDenied // for no reason that the client should know
	SASLLocked // the account is there, and nobody may use it at the moment
)

// login is an exchange that is going on.
type login struct {
	exchange  Exchange
	mechanism string
	response  saslResponse
	ends      time.Time
}

// mostWrongLogins is how often one connection may be denied. A success in between does not count: it may be that of the
// guesser's own account.
const mostWrongLogins = 3

// costOfLogin is what a whole response costs beyond its lines: checking a password takes its time.
const costOfLogin = 2

// runAuthenticate: https://ircv3.net/specs/extensions/sasl-3.1#the-authenticate-command
func runAuthenticate(c *Call) {
	word := c.param(0)
	switch {
	case word == "":
		c.needMoreParams()
	case !c.has(capSASL):
		c.login = nil // it may have been taken away
		c.reply(errSaslFail.with("SASL authentication failed: the sasl capability has not been negotiated"))
	case word == "*":
		c.abortLogin()
	case c.login == nil:
		c.startLogin(word)
	default:
		c.continueLogin(word)
	}
}

// abortLogin answers also when there is nothing to abort: the client waits for it.
func (c *Client) abortLogin() {
	c.login = nil
	c.reply(errSaslAborted.with())
}

// tooLongLogin ends the exchange because one parameter is longer than a chunk may be; what is too long in many chunks fails.
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
	c.login = &login{exchange: exchange, mechanism: mechanism, ends: c.server.options.Now().Add(timeout)}
	c.sendChallenge(challenge)
	if c.registration == nil {
		c.conn.TickSoon() // for the end
	}
}

// connection is what an exchange may know.
func (c *Client) connection() Connection {
	return Connection{Address: c.conn.RemoteAddr().Addr().Unmap(), Fingerprint: c.fingerprint(), Secure: c.secure()}
}

// isLoggedIn tells whether the client has an account, before the welcome or after it.
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
		c.server.options.Log.Error("SASL has failed", "mechanism", mechanism, "error", err)
		c.reply(errSaslFail.with("SASL authentication failed: the server has a problem; try again later"))
	case step.Outcome == SASLLoggedIn:
		c.logIn(step.Account, mechanism)
	default:
		c.denyLogin(step.Outcome, mechanism)
	}
}

// denyLogin ends the connection of who has been denied too often; why he was comes first.
// https://ircv3.net/specs/extensions/sasl-3.2#sasl-reauthentication
func (c *Call) denyLogin(why SASLOutcome, mechanism string) {
	c.server.options.Log.Warn("failed login", "nick", c.nick(), "host", c.host(), "mechanism", mechanism, "locked", why == SASLLocked)
	if why == SASLLocked {
		c.reply(errNickLocked.with())
	} else {
		c.reply(errSaslFail.with("SASL authentication failed"))
	}
	if c.wrongLogins++; c.wrongLogins == mostWrongLogins {
		c.end("Too many SASL authentication failures", nil)
	}
}

// expireLogin ends an exchange that takes too long, and returns when to look again. It is a failure: what is aborted, the
// client has aborted, or has completed its registration in the middle of.
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

// AccountsChanged is to be called when Accounts has other mechanisms: clients that want to know are told.
// https://ircv3.net/specs/extensions/sasl-3.2#integration-with-cap-notify
func (s *Server) AccountsChanged() {
	var out outbox
	defer s.flush(&out)
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.view.Load()
	s.install(s.config)
	s.capsChanged(&out, before, s.view.Load())
}

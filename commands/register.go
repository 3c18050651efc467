package commands

import (
	"errors"
	"strings"

	"bavard/state"
	"bavard/wire"
)

// registration holds the information about a connection before its registration is complete.
type registration struct {
	nick, username, realname, password string
	passed                             bool // the password was correct, or none is needed
	negotiating                        bool
	account                            string // the account that it has logged in to, or ""
	blocks                             blockScore
	lookups                            *lookups // nil when there is nothing to wait for
	metadata                           state.Metadata
	host                               string // the confirmed name of the address, "" when there is none
	ident                              string // the user name that the client's machine has confirmed, or ""
	away                               string // the away message, or ""
}

// runPass stores the password. Only the last one counts.
// https://modern.ircdocs.horse/#pass-message
func runPass(c *Call) { c.registration.password = c.param(0) }

// runUser: https://modern.ircdocs.horse/#user-message
func runUser(c *Call) {
	username := c.param(0)
	if username == "" {
		c.needMoreParams()
		return
	}
	if c.registration.username != "" {
		c.reply(errAlreadyRegistered.with())
		return
	}
	c.registration.username = tidyUsername(username, c.config().Limits.UserLength)
	c.registration.realname = c.param(3)
	if c.registration.realname == "" {
		c.registration.realname = c.registration.username
	}
	c.complete()
}

// tidyUsername removes characters that a user name cannot contain, and cuts it to its greatest length.
func tidyUsername(name string, most int) string {
	kept := keptOfUsername(name)
	if kept == "" {
		return "user"
	}
	return wire.Cut(kept, most)
}

// keptOfUsername returns a user name without the characters that cannot be between ! and @.
func keptOfUsername(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || strings.ContainsRune("!@:*?,", r) {
			return -1
		}
		return r
	}, name)
}

// complete registers the connection and sends the welcome, once the client has sent everything and all look-ups are
// done.
// https://modern.ircdocs.horse/#connection-registration
func (c *Call) complete() {
	r := c.registration
	if r.nick == "" || r.username == "" || r.negotiating || !c.known() || c.closing || !c.checkPassword() {
		return
	}
	host, behind, marks := c.shownHost()
	address := c.address()
	op := &state.Register{
		Nick: r.nick, Username: c.username(), Host: host, Address: address, Realname: r.realname, Secure: c.secure(),
		Fingerprint: c.fingerprint(), RealHost: behind, Local: c.isLocal(),
		Account: r.account, Metadata: r.metadata, Away: r.away, Marks: marks,
	}
	refusal, found := c.filterArrival(op)
	if c.closing {
		return
	}
	if refusal == nil {
		refusal = c.register(op)
	}
	if refusal != nil && c.turnedAway(refusal) {
		return
	}
	if refusal != nil {
		// A different client has taken the nick meanwhile, or a filter blocks it. The client chooses a different one.
		r.nick = ""
		c.name.Store(nil)
		c.answer(refusal)
		return
	}
	if c.hitFilters(found.numbers, "USER", "") {
		return
	}
	c.autoOper()
	for _, channel := range c.config().Channels.Autojoin {
		if !c.breathe() {
			return
		}
		if refusal := c.try(&state.Join{Channel: channel, Follow: true}, nil); refusal != nil {
			c.answer(refusal)
		}
	}
	c.tellRolls()
	c.tellEntered()
}

// register makes the client a user, and welcomes it.
func (c *Call) register(op *state.Register) *state.Refusal {
	return c.try(op, func(s *state.State, _ []state.Event) {
		// https://ircv3.net/specs/extensions/sasl-3.1#the-authenticate-command
		if c.login != nil {
			c.abortLogin()
		}
		c.attach(s.Session(c.id))
		c.registration = nil
		c.gather(s, c.welcome)
	})
}

// checkPassword closes a connection without the right connection password.
// https://modern.ircdocs.horse/#pass-message
func (c *Call) checkPassword() bool {
	hash := string(c.config().Server.Password)
	if hash == "" || c.registration.passed {
		return true
	}
	c.willWait()
	if !c.server.options.VerifyPassword(hash, c.registration.password) {
		text := "Password incorrect"
		if c.registration.password == "" {
			text = "This server needs a password: send it with PASS before NICK and USER"
		}
		c.reply(errPasswdMismatch.with(text))
		c.end("Password incorrect", nil)
		return false
	}
	c.registration.passed = true
	return true
}

// address returns the client's address in the form for the state, "" when it has none.
func (c *Client) address() string {
	if addr := c.conn.RemoteAddr(); addr.IsValid() {
		return addr.Addr().Unmap().String()
	}
	return ""
}

// welcome sends the numerics of the welcome, in their order. The lock is held.
func (c *Call) welcome(s *state.State) {
	v := c.view()
	u := c.session.User()
	c.log().Debug("client registered", "nick", u.Nick(), "host", c.host())
	c.reply(rplWelcome.with("Welcome to the " + v.config.Server.Network + " Network, " + u.Source()))
	c.fixed(&c.out, v.greeting)
	c.tellAllSupported(&c.out)
	c.lusers(s)
	c.metadataBurst(u)
	c.motd()
	if modes := u.Modes(); modes != "+" {
		c.reply(rplUmodeIs.with(modes))
	}
	if u.Host() != u.RealHost() {
		c.reply(rplHostHidden.with(u.Host()))
	}
}

// HealthToken is the token of the PING that a health check sends. If something is wrong, the answer is a NOTICE before
// the PONG: HealthTrouble, and the reason in parentheses.
const (
	HealthToken   = "bavard-health"
	HealthTrouble = "Unhealthy: the server cannot write to its disk "
)

// runPing: https://modern.ircdocs.horse/#ping-message
func runPing(c *Call) {
	token := c.param(0)
	if token == "" {
		c.reply(errNoOrigin.with())
		return
	}
	if token == HealthToken {
		if err := c.server.diskTrouble(); err != nil {
			c.notice(c.nick(), HealthTrouble+"("+err.Error()+")")
		}
	}
	c.say(&c.out, c.fromServer("PONG", c.view().name, token))
}

// runPong does nothing: it is enough that the client has sent something.
func runPong(*Call) {}

// registered connects the client with its session. Its handler sends the welcome.
func (r *renderer) registered(e *state.Registered) {
	r.rememberNick(e.User) // of conversations of the account from earlier sessions
	r.arrived(e.User)
	if r.heard('c') {
		r.serverNotice('c', "CONNECT: "+describe(e.User))
	}
}

// sessionEnded closes the connection, if it is local and still open.
func (r *renderer) sessionEnded(e *state.SessionEnded) {
	c := local(e.Session)
	if c == nil {
		return
	}
	c.detach()
	r.out.close(c, c.errorLine(e.Reason), errors.New(e.Reason))
}

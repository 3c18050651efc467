package commands

import (
	"net/netip"
	"slices"
	"strings"

	"bavard/config"
	"bavard/state"
)

// lacks returns the refusal for a client without a privilege. Only IRC operators are told which one it is.
func (c *Client) lacks(p state.Privilege) *state.Refusal {
	if !c.can(state.PrivOper) {
		return &state.Refusal{Code: state.NotOper}
	}
	return &state.Refusal{Code: state.NoPrivilege, Privilege: p}
}

// runOper checks the password before the operation and outside the lock, because the hash is slow on purpose. A block
// with certificates requires one of them, and a password only if it has one. Every failure has the same answer after
// the same work, so that clients cannot find out which names exist, or from where they can be used.
// https://modern.ircdocs.horse/#oper-message
func runOper(c *Call) {
	name, password := c.param(0), c.param(1)
	block := c.config().Oper(name)
	print := c.fingerprint()
	if len(c.params()) < 2 && print == "" {
		c.needMoreParams()
		return
	}
	hash, host, certified, bare := c.config().SomeOperHash(), false, false, false
	if hash == "" {
		hash = noOper
	}
	if block != nil {
		host = c.isFrom(block.Hosts)
		certified = len(block.Certificates) == 0 || slices.Contains(block.Certificates, print)
		if bare = block.Password == ""; !bare {
			hash = string(block.Password)
		}
	}
	c.willWait()
	right := c.server.options.VerifyPassword(hash, password) || bare
	if block != nil && host && certified && right {
		if c.Do(makeOper(c.config(), block), func(*state.State, []state.Event) {
			c.wrongOpers = 0
			c.reply(rplYoureOper.with())
		}) {
			c.operMotd()
			c.announceOper(block)
		}
		return
	}
	c.log().Warn("OPER failed", "nick", c.nick(), "host", c.host(), "known", block != nil, "host_allowed", host, "certificate", certified)
	c.server.announce(&c.out, 'o', "OPER: "+c.nick()+" at "+c.host()+" has failed to become an IRC operator")
	c.reply(errPasswdMismatch.with("Password incorrect"))
	if c.wrongOpers++; c.wrongOpers == mostWrongOpers {
		c.end("Too many failed attempts to become an IRC operator", nil)
	}
}

// mostWrongOpers is how many wrong attempts one connection has.
const mostWrongOpers = 3

// noOper is the hash of a password that nobody knows.
const noOper = "$argon2id$v=19$m=19456,t=2,p=1$VGhpc0lzTm9Cb2R5J3M$cGFzc3dvcmQgb2Ygbm9ib2R5IGFuZCBuZXZlciB3aWw"

// makeOper returns the operation that gives a user what the class of their block has.
func makeOper(cfg *config.Config, block *config.Oper) *state.MakeOper {
	class := cfg.Class(block.Class)
	return &state.MakeOper{
		Name: block.Name, Class: class.Name, Privileges: class.Privileges,
		Snomasks: class.Snomasks, Title: class.Title, Vhost: class.Vhost,
	}
}

func (c *Call) announceOper(block *config.Oper) {
	c.log().Info("became IRC operator", "nick", c.nick(), "host", c.host(), "as", block.Name, "class", block.Class)
	c.server.announce(&c.out, 'o', "OPER: "+c.nick()+" at "+c.host()+" is now an IRC operator as "+block.Name+", class "+block.Class)
}

// autoOper makes a user an IRC operator who has connected with the certificate of a block that allows this.
func (c *Call) autoOper() {
	print := c.fingerprint()
	if print == "" {
		return
	}
	cfg := c.config()
	for i := range cfg.Opers {
		block := &cfg.Opers[i]
		if !block.Auto || !slices.Contains(block.Certificates, print) || !c.isFrom(block.Hosts) {
			continue
		}
		if c.Do(makeOper(cfg, block), func(*state.State, []state.Event) { c.reply(rplYoureOper.with()) }) {
			c.operMotd()
			c.announceOper(block)
		}
		return
	}
}

// runDeoper is MODE -o for people who type.
func runDeoper(c *Call) {
	if c.Do(&state.SetUserModes{Changes: []state.ModeChange{{Letter: 'o'}}}, func(*state.State, []state.Event) { c.reply(rplNotOper.with()) }) {
		c.log().Info("operator action", "verb", "DEOPER", "by", c.nick())
	}
}

// judgeOpers ends IRC operator status for operators whose block is gone after a reload, and gives the others what
// their class has now. The lock is held.
func (s *Server) judgeOpers(out *outbox) {
	for _, u := range slices.Clone(s.state.Operators()) {
		var here *Client
		eachSessionOf(u, func(c *Client) { here = c })
		if here == nil {
			continue // connected to a different machine
		}
		block := s.config.Oper(u.Oper())
		if block == nil {
			name := u.Oper()
			s.doFor(out, here.id, nil, &state.SetUserModes{Changes: []state.ModeChange{{Letter: 'o'}}})
			here.numeric(out, rplNotOper.with())
			here.log().Info("no longer IRC operator", "nick", u.Nick(), "as", name)
			continue
		}
		next := makeOper(s.config, block)
		// Server notices that they have chosen themselves stay.
		next.Snomasks = ""
		s.doFor(out, here.id, nil, next)
	}
}

// isFrom reports whether the caller matches one of the user@host masks, by host or by address. A host may be a network.
func (c *Call) isFrom(masks []string) bool {
	found := false
	c.View(func(*state.State) {
		u := c.user()
		for _, mask := range masks {
			mask = strings.ToLower(mask)
			if name, host, _ := strings.Cut(mask, "@"); !found {
				network, is := state.ParseNetwork(host)
				addr, err := netip.ParseAddr(u.Address())
				found = is && err == nil && network.Contains(addr.WithZone("")) && state.Match(name, strings.ToLower(c.firstName))
			}
			// The host that others see proves nothing, because an operator may have set it.
			for _, host := range []string{u.RealHost(), u.Address()} {
				found = found || state.Match(mask, strings.ToLower(c.firstName+"@"+host))
			}
		}
	})
	return found
}

func (r *renderer) operChanged(e *state.OperChanged) {
	privileges := uint64(e.User.Privileges())
	eachSessionOf(e.User, func(c *Client) { c.privileges.Store(privileges) })
	if !e.User.IsOper() {
		r.serverNotice('o', "DEOPER: "+e.User.Nick()+" is no longer an IRC operator")
	}
}

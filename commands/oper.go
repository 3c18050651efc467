package commands

import (
	"strings"

	"bavard/state"
)

// runOper: the password is checked before the operation, outside the lock; the hash takes its time on purpose.
// https://modern.ircdocs.horse/#oper-message
func runOper(c *Call) {
	name, password := c.param(0), c.param(1)
	var hash string
	known, host := false, false
	for _, o := range c.config().Opers {
		if o.Name == name {
			known, hash = true, string(o.Password)
			host = c.isFrom(o.Hosts)
		}
	}
	if !known {
		hash = noOper // so that the time of the answer does not tell which names there are
	}
	c.Flush()
	right := c.server.options.VerifyPassword(hash, password)
	if known && host && right {
		c.Do(&state.MakeOper{Name: name}, func(*state.State) {
			c.wrongOpers = 0
			c.reply(rplYoureOper.with())
			c.server.options.Log.Info("IRC operator", "nick", c.nick(), "host", c.host(), "as", name)
		})
		return
	}
	c.server.options.Log.Warn("failed OPER", "nick", c.nick(), "host", c.host(), "known", known, "host_allowed", host)
	if known && !host {
		c.reply(errNoOperHost.with())
	} else {
		c.reply(errPasswdMismatch.with())
	}
	if c.wrongOpers++; c.wrongOpers == mostWrongOpers {
		c.end("Too many failed attempts to become an IRC operator", nil)
	}
}

// mostWrongOpers is how often one connection may guess.
const mostWrongOpers = 3

// noOper is the hash of a password that nobody knows.
const noOper = "$argon2id$v=19$m=19456,t=2,p=1$VGhpc0lzTm9Cb2R5J3M$cGFzc3dvcmQgb2Ygbm9ib2R5IGFuZCBuZXZlciB3aWw"

// isFrom tells whether the caller matches one of the user@host masks, by host or by address.
func (c *Call) isFrom(masks []string) bool {
	found := false
	c.View(func(*state.State) {
		u := c.user()
		for _, mask := range masks {
			mask = strings.ToLower(mask)
			for _, host := range []string{u.Host(), u.Address()} {
				found = found || state.Match(mask, strings.ToLower(u.Username()+"@"+host))
			}
		}
	})
	return found
}

// runKill: https://modern.ircdocs.horse/#kill-message
func runKill(c *Call) {
	nick, reason := c.param(0), c.rest(1)
	if strings.EqualFold(nick, c.view().name) {
		c.reply(errCantKillServer.with())
		return
	}
	if reason == "" {
		reason = "No reason given"
	}
	if nick == "" {
		c.reply(errNeedMoreParams.with("KILL"))
		return
	}
	// The answer is for an oper who sees no QUIT, because he shares no channel with the one who is gone.
	c.View(func(s *state.State) {
		if u := s.User(nick); u != nil {
			nick = u.Nick()
		}
	})
	if c.Do(&state.Kill{Nick: nick, Reason: reason}, func(*state.State) { c.notice(c.nick(), nick+" was killed") }) {
		c.server.options.Log.Info("kill", "by", c.nick(), "target", nick, "reason", reason)
	}
}

// runWallops: https://modern.ircdocs.horse/#wallops-message
func runWallops(c *Call) {
	if text := c.rest(0); c.hasText(text) {
		c.Do(&state.SendWallops{Text: text}, nil)
	}
}

// runRehash: a bad file changes nothing, and its mistakes are told.
// https://modern.ircdocs.horse/#rehash-message
func runRehash(c *Call) {
	file := c.config().File
	if file == "" {
		file = "config.toml"
	}
	c.reply(rplRehashing.with(strings.ReplaceAll(file, " ", "_")))
	c.Flush()
	c.server.options.Log.Info("rehash", "by", c.nick())
	restart, err := c.server.options.Rehash()
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			c.notice(c.nick(), "Not reloaded, nothing has changed: "+line)
		}
		return
	}
	c.notice(c.nick(), "The configuration was reloaded")
	if len(restart) > 0 {
		c.notice(c.nick(), "These take effect with a restart: "+strings.Join(restart, ", "))
	}
}

package config

import (
	"strconv"
	"strings"
)

// Oper is somebody who may become an IRC operator.
type Oper struct {
	Name         string   `toml:"name" example:"alice" max:"64" doc:"The name to give to OPER, without spaces."`
	Password     Secret   `toml:"password" example:"$argon2id$v=19$m=19456,t=2,p=1$..." doc:"The password, as an argon2id hash: 'ircd hash' makes one."`
	PasswordFile string   `toml:"password_file" example:"alice.txt" doc:"A file that holds the hash, instead of password."`
	Hosts        []string `toml:"hosts" default:"*@*" max:"100" doc:"Where it may be used from: patterns for user@host, in which * is any text and ? any character."`
}

const maxOperHostBytes = 255

func (c *checker) opers(opers []Oper) {
	seen := map[string]bool{}
	for i := range opers {
		o := &opers[i]
		at := c.at("opers", i)
		if c.broken(at) {
			continue
		}
		switch {
		case o.Name == "":
			if !c.failedAt(at, "name") {
				c.reportAt(at, "name", "is missing")
			}
		case strings.ContainsAny(o.Name, " :") || !printable(o.Name):
			c.reportAt(at, "name", "must not contain spaces, colons or control characters")
		case seen[o.Name]:
			c.reportAt(at, "name", "is used twice: "+o.Name)
		}
		seen[o.Name] = true
		o.Password = c.passwordAt(at, o.Password, &o.PasswordFile)
		if o.Password == "" && o.PasswordFile == "" && !c.failedAt(at, "password") {
			c.reportAt(at, "password", "is missing: make one with 'ircd hash'")
		}
		c.operHosts(at, o.Hosts)
	}
}

func (c *checker) operHosts(oper element, hosts []string) {
	if len(hosts) == 0 {
		c.reportAt(oper, "hosts", "must have at least one pattern; \"*@*\" is everybody")
	}
	for i, host := range hosts {
		user, rest, ok := strings.Cut(host, "@")
		bad := !ok || user == "" || rest == "" || strings.ContainsAny(host, " !") || strings.Contains(rest, "@") || !printable(host)
		if bad || len(host) > maxOperHostBytes {
			c.reportAt(oper.item("hosts", i), "", "must look like user@host, such as *@192.0.2.*, not "+strconv.Quote(host))
		}
	}
}

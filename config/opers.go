package config

import (
	"encoding/hex"
	"strconv"
	"strings"

	"bavard/state"
)

// Oper is a person who can become an IRC operator.
type Oper struct {
	Name         string   `toml:"name" example:"alice" max:"64" doc:"The name to give to OPER, without spaces."`
	Password     Secret   `toml:"password" example:"$argon2id$v=19$m=19456,t=2,p=1$..." doc:"The password, as an argon2id hash made with 'bavard hash'."`
	PasswordFile string   `toml:"password_file" example:"alice.txt" doc:"A file that contains the hash, instead of password."`
	Class        string   `toml:"class" default:"admin" max:"32" doc:"The class, which decides what the operator can do."`
	Certificates []string `toml:"certificates" example:"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" max:"20" doc:"SHA-256 fingerprints of TLS client certificates. The client must show one of them, and also give the password if there is one."`
	Auto         bool     `toml:"auto" default:"false" doc:"Make a client that connects with one of the certificates an operator at once, without OPER. This needs certificates and no password."`
	Hosts        []string `toml:"hosts" default:"*@*" max:"100" doc:"Where the operator can connect from: patterns for user@host, in which * matches any text and ? any character; a host can be a network, such as 192.0.2.0/24."`
}

const maxOperHostBytes = 255

func (c *checker) opers(opers []Oper, classes []OperClass) {
	seen := names{}
	for i := range opers {
		o := &opers[i]
		at := c.at("opers", i)
		if c.broken(at) {
			continue
		}
		c.entryName("opers", i, o.Name, seen)
		o.Password = c.passwordAt(at, o.Password, &o.PasswordFile)
		if o.Password == "" && o.PasswordFile == "" && len(o.Certificates) == 0 && !c.failedAt(at, "password") {
			c.reportAt(at, "password", "is missing; make one with 'bavard hash', or set certificates")
		}
		if o.Class != DefaultOperClass && findClass(classes, o.Class) == nil {
			c.reportAt(at, "class", "no [[oper_classes]] has this name: "+strconv.Quote(o.Class))
		}
		c.operCertificates(at, o)
		c.operHosts(at, o.Hosts)
	}
}

// operCertificates normalizes fingerprints for comparison: lower-case hexadecimal without colons.
func (c *checker) operCertificates(at element, o *Oper) {
	for i, text := range o.Certificates {
		print := strings.ToLower(strings.ReplaceAll(text, ":", ""))
		if raw, err := hex.DecodeString(print); err != nil || len(raw) != 32 {
			c.reportAt(at.item("certificates", i), "", "must be a SHA-256 fingerprint: 64 hexadecimal digits, not "+strconv.Quote(text))
		}
		o.Certificates[i] = print
	}
	switch {
	case o.Auto && len(o.Certificates) == 0 && !c.failedAt(at, "certificates"):
		c.reportAt(at, "auto", "needs certificates: otherwise nothing would prove who connects")
	case o.Auto && o.Password != "":
		c.reportAt(at, "auto", "cannot be combined with a password, because clients do not give it when they connect")
	}
}

func (c *checker) operHosts(oper element, hosts []string) {
	if len(hosts) == 0 {
		c.reportAt(oper, "hosts", "must have at least one pattern; \"*@*\" allows every host")
	}
	for i, host := range hosts {
		user, rest, ok := strings.Cut(host, "@")
		bad := !ok || state.BrokenNetwork(rest) || user == "" || rest == "" || strings.ContainsAny(host, " !") || strings.Contains(rest, "@") || !printable(host)
		if bad || len(host) > maxOperHostBytes {
			c.reportAt(oper.item("hosts", i), "", "must look like user@host, such as *@192.0.2.*, not "+strconv.Quote(host))
		}
	}
}

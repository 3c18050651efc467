package config

import (
	"net/netip"
	"strings"
)

// Webirc is a gateway that can pass on the addresses of its users.
type Webirc struct {
	Name              string         `toml:"name" example:"kiwi" max:"32" doc:"The gateway's name in WHOIS, one word."`
	From              []netip.Prefix `toml:"from" example:"192.0.2.7/32" max:"100" doc:"The addresses that it connects from (CIDR). A Unix socket counts as 127.0.0.1. Limits per address do not apply to these addresses."`
	Password          Secret         `toml:"password" example:"$argon2id$v=19$m=19456,t=2,p=1$..." doc:"Its password, as an argon2id hash made with 'bavard hash'. The gateway must give the password or show the certificate, or do both if both are set."`
	PasswordFile      string         `toml:"password_file" example:"kiwi.txt" doc:"A file that contains the hash, instead of password."`
	Fingerprint       string         `toml:"fingerprint" example:"22e88c7d6da9b73fbb515ed6a8f6d133c680527a799e3069ca7ce346d90649b2" doc:"The SHA-256 fingerprint of its TLS certificate, in hexadecimal."`
	TrustCertificates bool           `toml:"trust_certificates" default:"false" doc:"Trust the gateway when it reports the fingerprints of its users' certificates."`
}

func (c *checker) webirc(gateways []Webirc) {
	for i := range gateways {
		g := &gateways[i]
		at := c.at("webirc", i)
		if c.broken(at) {
			continue
		}
		c.entryName("webirc", i, g.Name, nil)
		if len(g.From) == 0 && !c.failedAt(at, "from") {
			c.reportAt(at, "from", "is missing: anyone who knew the password could connect from anywhere and claim any address")
		}
		g.Fingerprint = strings.ToLower(strings.ReplaceAll(g.Fingerprint, ":", ""))
		if g.Fingerprint != "" && (len(g.Fingerprint) != 64 || strings.Trim(g.Fingerprint, "0123456789abcdef") != "") {
			c.reportAt(at, "fingerprint", "must be 64 hexadecimal digits")
		}
		g.Password = c.passwordAt(at, g.Password, &g.PasswordFile)
		if g.Password == "" && g.PasswordFile == "" && g.Fingerprint == "" && !c.failedAt(at, "password") && !c.failedAt(at, "fingerprint") {
			c.reportAt(at, "password", "is missing: set password or fingerprint")
		}
	}
}

package config

import (
	"crypto/tls"
	"crypto/x509"
	"strconv"
	"strings"
)

// Certificate is a certificate for clients that ask for particular server names.
type Certificate struct {
	Names       []string `toml:"names" example:"irc.example.org" max:"100" doc:"The server names that it is for; '*.example.org' is every name directly below example.org. If unset, the names in the certificate."`
	Certificate string   `toml:"certificate" example:"example.org.pem" doc:"The certificate and its chain, a PEM file."`
	Key         string   `toml:"key" example:"example.org.key" doc:"Its private key, a PEM file. Both files are read again on REHASH and SIGHUP."`
}

func (c *checker) certificates(list []Certificate) {
	seen := map[string]bool{}
	for i := range list {
		one := &list[i]
		at := c.at("certificates", i)
		if c.broken(at) {
			continue
		}
		if one.Certificate == "" || one.Key == "" {
			if !c.failedAt(at, "certificate") && !c.failedAt(at, "key") {
				c.reportAt(at, "", "needs both certificate and key")
			}
			continue
		}
		c.path(joinPath(at.path, "certificate"), &one.Certificate)
		c.path(joinPath(at.path, "key"), &one.Key)
		c.namedPair(at, one)
		for j, name := range one.Names {
			name = strings.ToLower(strings.TrimSuffix(name, "."))
			one.Names[j] = name
			if plain := strings.TrimPrefix(name, "*."); plain == "" || strings.Trim(plain, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
				c.reportAt(at.item("names", j), "", "must be a host name, such as irc.example.org or *.example.org, not "+strconv.Quote(name))
			}
			if seen[name] {
				c.reportAt(at.item("names", j), "", "already has a certificate: "+name)
			}
			seen[name] = true
		}
	}
}

// namedPair tries to load a certificate. If the file gives no names for it, namedPair takes those in the certificate.
func (c *checker) namedPair(at element, one *Certificate) {
	certificate, problem := readFile(one.Certificate, maxPEMBytes)
	if problem != "" {
		c.reportAt(at, "certificate", one.Certificate+": "+problem)
	}
	key, keyProblem := readFile(one.Key, maxPEMBytes)
	if keyProblem != "" {
		c.reportAt(at, "key", one.Key+": "+keyProblem)
	}
	if problem != "" || keyProblem != "" {
		return
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		c.reportAt(at, "certificate", "cannot be used with its key: "+strings.TrimPrefix(err.Error(), "tls: "))
		return
	}
	if len(one.Names) > 0 {
		return
	}
	if leaf, err := x509.ParseCertificate(pair.Certificate[0]); err == nil {
		one.Names = leaf.DNSNames
	}
	if len(one.Names) == 0 && !c.failedAt(at, "names") {
		c.reportAt(at, "names", "is missing, and the certificate contains no names")
	}
}

package main

import (
	"crypto/tls"
	"fmt"
	"strings"

	"bavard/config"
)

// namedPair is a certificate for particular server names.
type namedPair struct {
	names []string
	pair  *tls.Certificate
}

// namedCertificates loads the certificates for particular server names.
func namedCertificates(cfg *config.Config) ([]namedPair, error) {
	var list []namedPair
	for _, c := range cfg.Certificates {
		pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
		if err != nil {
			return nil, fmt.Errorf("cannot use the certificate %s: %w", c.Certificate, plain(err))
		}
		list = append(list, namedPair{c.Names, &pair})
	}
	return list, nil
}

// pairFor returns the certificate for the server name that a client asks for: the one with this exact name, or else the
// one with a wildcard that matches it, or else the standard one.
// https://www.rfc-editor.org/rfc/rfc6066#section-3
func pairFor(name string, named []namedPair, standard *tls.Certificate) *tls.Certificate {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	_, parent, _ := strings.Cut(name, ".")
	for _, wanted := range [...]string{name, "*." + parent} {
		for _, n := range named {
			for _, has := range n.names {
				if name != "" && has == wanted {
					return n.pair
				}
			}
		}
	}
	return standard
}

package config

import (
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
)

// maxSocketPathBytes is what fits in the kernel's address of a Unix socket on every system that we build for.
const maxSocketPathBytes = 103

const unixScheme = "unix:"

// Listener is one address that clients may connect to.
type Listener struct {
	Address string `toml:"address" example:"127.0.0.1:6667" doc:"An IP address and a port. '127.0.0.1:6667' and '[::1]:6667' are for this machine only, ':6667' is every address of it. 'unix:/run/bavard.sock' is a Unix socket. Port 0 takes any free port."`
	TLS     bool   `toml:"tls" default:"false" doc:"Whether clients speak TLS on it."`
	// Mode is 0 for an address of the network.
	Mode FileMode `toml:"mode" default:"0660" doc:"Who may use the Unix socket: its permissions, in octal."`
}

// UnixPath returns the path of a Unix socket's file, and false for an address of the network.
func (l Listener) UnixPath() (path string, ok bool) {
	return strings.CutPrefix(l.Address, unixScheme)
}

func (c *checker) listeners(cfg *Config) {
	if len(cfg.Listeners) == 0 {
		c.report("listeners", "there must be at least one")
	}
	seen := map[string]bool{}
	for i := range cfg.Listeners {
		l := &cfg.Listeners[i]
		at := c.at("listeners", i)
		if c.broken(at) {
			continue
		}
		if l.Address == "" {
			if !c.failedAt(at, "address") {
				c.reportAt(at, "address", "is missing, such as \"127.0.0.1:6667\"")
			}
			continue
		}
		if path, ok := l.UnixPath(); ok {
			c.unixListener(at, l, path)
		} else {
			c.networkListener(at, l)
		}
		if seen[l.Address] && !strings.HasSuffix(l.Address, ":0") {
			c.reportAt(at, "address", "is used twice: "+l.Address)
		}
		seen[l.Address] = true
	}
}

func (c *checker) unixListener(at element, l *Listener, path string) {
	if path == "" {
		c.reportAt(at, "address", "needs a path after unix:, such as unix:/run/bavard.sock")
		return
	}
	if l.TLS {
		c.reportAt(at, "tls", "a Unix socket has no TLS")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.dir, path)
	}
	path = filepath.Clean(path)
	if len(path) > maxSocketPathBytes {
		c.reportAt(at, "address", "the path of a Unix socket may have at most "+strconv.Itoa(maxSocketPathBytes)+" bytes: "+path)
	}
	l.Address = unixScheme + path
}

func (c *checker) networkListener(at element, l *Listener) {
	if c.givenAt(at, "mode") {
		c.reportAt(at, "mode", "is for Unix sockets only")
	}
	l.Mode = 0
	host, port, err := net.SplitHostPort(l.Address)
	if err != nil {
		c.reportAt(at, "address", "must be an IP address and a port such as 127.0.0.1:6667 or [::1]:6667, or unix: and a path; not "+strconv.Quote(l.Address))
		return
	}
	if host != "" && host != "localhost" {
		if _, err := netip.ParseAddr(host); err != nil {
			c.reportAt(at, "address", "must start with an IP address, localhost or nothing (every address), not "+strconv.Quote(host))
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		c.reportAt(at, "address", "must end with a port from 0 to 65535, not "+strconv.Quote(port))
	}
}

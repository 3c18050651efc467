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

const (
	unixScheme    = "unix:"
	systemdScheme = "systemd:"
)

// Listener is one address that clients may connect to.
type Listener struct {
	Address string `toml:"address" example:"127.0.0.1:6667" doc:"An IP address and a port. '127.0.0.1:6667' and '[::1]:6667' are for this machine only, ':6667' is every address of it. 'unix:/run/bavard.sock' is a Unix socket. 'systemd:irc' is the socket that systemd has opened under the name irc (FileDescriptorName); a second one of the name is 'systemd:irc#2'. Port 0 takes any free port."`
	TLS     bool   `toml:"tls" default:"false" doc:"Whether clients speak TLS on it."`
	// Mode is 0 for an address of the network.
	Mode FileMode `toml:"mode" default:"0660" doc:"Who may use the Unix socket: its permissions, in octal."`

	Proxy     bool           `toml:"proxy" default:"false" doc:"Whether only proxies connect to it, each connection starting with a header of the PROXY protocol (version 1 or 2, as HAProxy and nginx send it): the address in it is the client's."`
	ProxyFrom []netip.Prefix `toml:"proxy_from" example:"192.0.2.0/24" max:"100" doc:"The proxies' addresses (CIDR); nobody else may connect. This machine when not given. Of a Unix socket the permissions decide."`

	WebSocket      bool           `toml:"websocket" default:"false" doc:"Whether clients speak IRC over WebSocket on it, as web clients do: ws:// without tls, wss:// with it. Unlike others, such a listener asks nobody for a TLS certificate: a browser would give up."`
	Path           string         `toml:"path" example:"/irc" max:"200" doc:"The path that a WebSocket listener answers on; without it, on every path."`
	Origins        []string       `toml:"origins" example:"https://chat.example.org" max:"100" doc:"Which web pages may connect to a WebSocket listener: 'https://chat.example.org', 'https://*.example.org' for all names below, 'http://localhost:*' for any port, '*' for all. Without any: only pages from the same host as the listener itself. Programs that are no browsers name no origin and may always."`
	TrustedProxies []netip.Prefix `toml:"trusted_proxies" example:"127.0.0.1/32" max:"100" doc:"The web servers (CIDR) that may connect to a WebSocket listener for others: the client's address is the last in X-Forwarded-For that is not one of these, and X-Forwarded-Proto says whether it came by TLS. From others these headers are ignored. Whoever may use a Unix socket is trusted."`

	Tor            bool   `toml:"tor" default:"false" doc:"Whether it is for a hidden service (Tor, I2P and the like): no address of its users is kept or shown, nor counted. Give it limits of its own."`
	Host           string `toml:"host" example:"tor" max:"63" doc:"A host that is shown for everybody who connects here; 'tor' for a listener with tor = true."`
	Connections    int    `toml:"connections" default:"0" min:"0" max:"1000000" doc:"How many connections it may have at once; 0 is any number."`
	ConnectionRate int    `toml:"connection_rate" default:"0" min:"0" max:"1000000" doc:"How many new connections it takes in a minute, and in one burst; 0 is any number."`
}

// torHost is shown for users of Tor.
const torHost = "tor"

// SameSocket tells whether two listeners need the same socket, so that one can become the other without being opened anew.
func (l Listener) SameSocket(other Listener) bool {
	// What a TLS listener asks of its clients is another thing for WebSocket.
	return l.Address == other.Address && l.TLS == other.TLS && l.Mode == other.Mode && (!l.TLS || l.WebSocket == other.WebSocket)
}

// UnixPath returns the path of a Unix socket's file, and false for an address of the network.
func (l Listener) UnixPath() (path string, ok bool) {
	return strings.CutPrefix(l.Address, unixScheme)
}

// SystemdName returns the name of a socket that systemd has opened, and false for one that the daemon opens.
func (l Listener) SystemdName() (name string, ok bool) {
	return strings.CutPrefix(l.Address, systemdScheme)
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
		} else if name, ok := l.SystemdName(); ok {
			c.systemdListener(at, l, name)
		} else {
			c.networkListener(at, l)
		}
		if seen[l.Address] && !strings.HasSuffix(l.Address, ":0") {
			c.reportAt(at, "address", "is used twice: "+l.Address)
		}
		seen[l.Address] = true
		c.listenerPolicy(at, l)
	}
}

func (c *checker) listenerPolicy(at element, l *Listener) {
	if l.Proxy && len(l.ProxyFrom) == 0 {
		l.ProxyFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	if !l.Proxy && len(l.ProxyFrom) > 0 {
		c.reportAt(at, "proxy_from", "is for listeners with proxy = true")
	}
	if l.Tor && l.Proxy {
		c.reportAt(at, "proxy", "a listener with tor = true keeps no address, so it cannot take one from a proxy")
	}
	c.webListener(at, l)
	if l.Tor && l.Host == "" {
		l.Host = torHost
	}
	if strings.Trim(l.Host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/") != "" {
		c.reportAt(at, "host", "may contain only letters a-z, digits and .-_/")
	}
}

// webListener looks at what is for WebSocket listeners only.
func (c *checker) webListener(at element, l *Listener) {
	for _, option := range [...]struct {
		name  string
		given bool
	}{{"path", l.Path != ""}, {"origins", len(l.Origins) > 0}, {"trusted_proxies", len(l.TrustedProxies) > 0}} {
		if option.given && !l.WebSocket {
			c.reportAt(at, option.name, "is for listeners with websocket = true")
		}
	}
	if l.Tor && len(l.TrustedProxies) > 0 {
		c.reportAt(at, "trusted_proxies", "a listener with tor = true keeps no address, so it cannot take one from a proxy")
	}
	if l.Path != "" && (!strings.HasPrefix(l.Path, "/") || !printable(l.Path) || strings.ContainsAny(l.Path, "?# ")) {
		c.reportAt(at, "path", "must start with / and have no ?, # or spaces, such as \"/irc\"")
	}
	for i, text := range l.Origins {
		if _, ok := parseOrigin(text); !ok {
			c.reportAt(at.item("origins", i), "", "must be \"*\", \"null\", or a scheme and a host such as \"https://chat.example.org\", with no path; not "+strconv.Quote(text))
		}
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

func (c *checker) systemdListener(at element, l *Listener, name string) {
	if name == "" || !printable(name) {
		c.reportAt(at, "address", "needs a name after systemd:, such as systemd:irc")
	}
	if c.givenAt(at, "mode") {
		c.reportAt(at, "mode", "is for Unix sockets that the daemon opens")
	}
	l.Mode = 0
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

package config

import (
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
)

// maxSocketPathBytes is the longest path of a Unix socket that all supported systems allow.
const maxSocketPathBytes = 103

const (
	unixScheme    = "unix:"
	systemdScheme = "systemd:"
)

// Listener is one address that clients can connect to.
type Listener struct {
	Address string `toml:"address" example:"127.0.0.1:6667" doc:"An IP address and a port. '127.0.0.1:6667' and '[::1]:6667' are reachable from this machine only; ':6667' is every address of this machine. 'unix:/run/bavard.sock' is a Unix socket. 'systemd:irc' is the socket that systemd opened under the name irc (FileDescriptorName); if there are several of that name, the second is 'systemd:irc#2'. Port 0 means any free port."`
	TLS     bool   `toml:"tls" default:"false" doc:"Use TLS."`
	// Mode is 0 for a network address.
	Mode FileMode `toml:"mode" default:"0660" doc:"The permissions of a Unix socket, in octal."`

	Proxy     bool           `toml:"proxy" default:"false" doc:"Accept connections from proxies only. Each connection must start with a PROXY protocol header (version 1 or 2, as HAProxy and nginx send it), and the client's address is the one in that header."`
	ProxyFrom []netip.Prefix `toml:"proxy_from" example:"192.0.2.0/24" max:"100" doc:"The proxies' addresses (CIDR); nobody else can connect. If unset, only this machine. On a Unix socket, its permissions decide instead."`

	WebSocket      bool           `toml:"websocket" default:"false" doc:"Speak IRC over WebSocket, for web clients: ws:// without tls, wss:// with it. Such a listener does not ask for TLS client certificates, because browsers would give up."`
	Path           string         `toml:"path" example:"/irc" max:"200" doc:"The URL path of a WebSocket listener. If unset, any path."`
	Origins        []string       `toml:"origins" example:"https://chat.example.org" max:"100" doc:"The web pages that can connect to a WebSocket listener: 'https://chat.example.org', 'https://*.example.org' for all subdomains, 'http://localhost:*' for any port, '*' for all pages. If unset, only pages from the listener's own host. Programs other than browsers send no origin and can always connect."`
	TrustedProxies []netip.Prefix `toml:"trusted_proxies" example:"127.0.0.1/32" max:"100" doc:"Web servers (CIDR) that can connect to a WebSocket listener on behalf of clients. The client's address is then the last one in X-Forwarded-For that is not in this list, and X-Forwarded-Proto says whether the client uses TLS. These headers are ignored in connections from anywhere else. Anyone who can use a Unix socket is trusted."`

	Tor            bool   `toml:"tor" default:"false" doc:"This listener is for a hidden service (Tor, I2P and the like). The addresses of its users are not kept, shown or counted, so give it limits of its own."`
	Host           string `toml:"host" example:"tor" max:"63" doc:"The host that is shown for everyone who connects here. With tor = true, it is 'tor' if unset."`
	Connections    int    `toml:"connections" default:"0" min:"0" max:"1000000" doc:"How many connections it can have at once; 0 means no limit."`
	ConnectionRate int    `toml:"connection_rate" default:"0" min:"0" max:"1000000" doc:"How many new connections it accepts in a minute, and in one burst; 0 means no limit."`
}

// torHost is the default host of users on a listener for a hidden service.
const torHost = "tor"

// SameSocket reports whether two listeners need the same socket, so that one can become the other without reopening it.
func (l Listener) SameSocket(other Listener) bool {
	// A TLS listener asks for client certificates, unless it is for WebSocket.
	return l.Address == other.Address && l.TLS == other.TLS && l.Mode == other.Mode && (!l.TLS || l.WebSocket == other.WebSocket)
}

// UnixPath returns the path of a Unix socket, or false if the listener is not one.
func (l Listener) UnixPath() (path string, ok bool) {
	return strings.CutPrefix(l.Address, unixScheme)
}

// SystemdName returns the name of a socket that systemd opened, or false for a socket that the daemon opens.
func (l Listener) SystemdName() (name string, ok bool) {
	return strings.CutPrefix(l.Address, systemdScheme)
}

func (c *checker) listeners(cfg *Config) {
	if len(cfg.Listeners) == 0 {
		c.report("listeners", "must have at least one entry")
	}
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
		c.overlap(cfg, i)
		c.listenerPolicy(at, l)
	}
}

func (c *checker) listenerPolicy(at element, l *Listener) {
	if l.Proxy && len(l.ProxyFrom) == 0 {
		l.ProxyFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	if !l.Proxy && len(l.ProxyFrom) > 0 {
		c.reportAt(at, "proxy_from", "is only for listeners with proxy = true")
	}
	if l.Tor && l.Proxy {
		c.reportAt(at, "proxy", "cannot be combined with tor = true, which keeps no addresses")
	}
	c.webListener(at, l)
	if l.Tor && l.Host == "" {
		l.Host = torHost
	}
	if strings.Trim(l.Host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/") != "" {
		c.reportAt(at, "host", "can contain only letters a-z, digits and .-_/")
	}
}

// webListener checks the options that are only for WebSocket listeners.
func (c *checker) webListener(at element, l *Listener) {
	for _, option := range [...]struct {
		name  string
		given bool
	}{{"path", l.Path != ""}, {"origins", len(l.Origins) > 0}, {"trusted_proxies", len(l.TrustedProxies) > 0}} {
		if option.given && !l.WebSocket {
			c.reportAt(at, option.name, "is only for listeners with websocket = true")
		}
	}
	if l.Tor && len(l.TrustedProxies) > 0 {
		c.reportAt(at, "trusted_proxies", "cannot be combined with tor = true, which keeps no addresses")
	}
	if l.Path != "" && (!strings.HasPrefix(l.Path, "/") || !printable(l.Path) || strings.ContainsAny(l.Path, "?# ")) {
		c.reportAt(at, "path", "must start with / and contain no ?, # or spaces, such as \"/irc\"")
	}
	for i, text := range l.Origins {
		if _, ok := parseOrigin(text); !ok {
			c.reportAt(at.item("origins", i), "", "must be \"*\", \"null\", or a scheme and a host without a path, such as \"https://chat.example.org\", not "+strconv.Quote(text))
		}
	}
}

func (c *checker) unixListener(at element, l *Listener, path string) {
	if path == "" {
		c.reportAt(at, "address", "needs a path after unix:, such as unix:/run/bavard.sock")
		return
	}
	if l.TLS {
		c.reportAt(at, "tls", "is not available on a Unix socket")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.dir, path)
	}
	path = filepath.Clean(path)
	if len(path) > maxSocketPathBytes {
		c.reportAt(at, "address", "the path of a Unix socket can have at most "+strconv.Itoa(maxSocketPathBytes)+" bytes: "+path)
	}
	l.Address = unixScheme + path
}

func (c *checker) systemdListener(at element, l *Listener, name string) {
	if name == "" || !printable(name) {
		c.reportAt(at, "address", "needs a name after systemd:, such as systemd:irc")
	}
	if c.givenAt(at, "mode") {
		c.reportAt(at, "mode", "is only for Unix sockets that the daemon opens itself")
	}
	l.Mode = 0
}

func (c *checker) networkListener(at element, l *Listener) {
	if c.givenAt(at, "mode") {
		c.reportAt(at, "mode", "is only for Unix sockets")
	}
	l.Mode = 0
	host, port, err := net.SplitHostPort(l.Address)
	if err != nil {
		c.reportAt(at, "address", "must be an IP address and a port, such as 127.0.0.1:6667 or [::1]:6667, or unix: and a path, not "+strconv.Quote(l.Address))
		return
	}
	if host != "" && host != "localhost" {
		if _, err := netip.ParseAddr(host); err != nil {
			c.reportAt(at, "address", "must start with an IP address, with localhost, or with the colon (every address), not "+strconv.Quote(host))
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		c.reportAt(at, "address", "must end with a port number between 0 and 65535, not "+strconv.Quote(port))
	}
}

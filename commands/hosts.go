package commands

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"bavard/config"
	"bavard/state"
	"bavard/wire"
)

// Resolver looks up names. net.Resolver implements it.
type Resolver interface {
	// LookupAddr returns the names of an address.
	LookupAddr(ctx context.Context, addr string) (names []string, err error)
	// LookupNetIP returns the addresses of a name; network is ip4 or ip6.
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Ident asks a client's machine for the user of a connection (RFC 1413). The answer may be any text; "" is none.
type Ident func(ctx context.Context, local, remote netip.AddrPort) (user string)

const (
	hostKnown   = time.Hour
	hostUnknown = 10 * time.Minute
	hostTooSlow = time.Minute
	mostNames   = 4 // how many names of one address are tried
)

// knownHost is what is known about an address.
type knownHost struct {
	name string
	why  string // why there is no name
}

// askHost looks up the name of a connection's address.
func askHost(c *Client) []question {
	cfg, resolver := c.view().config, c.server.options.Resolver
	c.registration.host = ""
	addr := c.conn.RemoteAddr().Addr().Unmap().WithZone("")
	if !cfg.Hosts.Lookup || resolver == nil || !addr.IsValid() || addr.IsLoopback() {
		return nil
	}
	c.notice("*", "*** Looking up your hostname...")
	if known, found := c.server.hosts.find(addr, c.server.order.Steady()); found {
		c.takeHost(known, " (cached)")
		return nil
	}
	most := cfg.Limits.HostLength
	return []question{{
		ask: func(ctx context.Context) func(*Client) {
			known := confirmedHost(ctx, resolver, addr, most)
			return func(c *Client) { c.learnHost(addr, known) }
		},
		late: func(c *Client, begun bool) {
			// A question that was never asked has no answer to keep.
			if begun {
				c.learnHost(addr, tooSlow)
			} else {
				c.takeHost(tooSlow, "")
			}
		},
	}}
}

// learnHost uses an answer and keeps it in the cache.
func (c *Client) learnHost(addr netip.Addr, known knownHost) {
	lasts := hostUnknown
	switch {
	case known.name != "":
		lasts = hostKnown
	case known == tooSlow:
		lasts = hostTooSlow
	}
	c.takeHost(known, "")
	now := c.server.order.Steady()
	c.server.hosts.keep(addr, known, now, now.Add(lasts))
}

var tooSlow = knownHost{why: "Looking up your hostname took too long"}

// takeHost uses an answer.
func (c *Client) takeHost(known knownHost, how string) {
	if known.name == "" {
		c.notice("*", "*** "+known.why+"; using your IP address ("+c.host()+") instead"+how)
		return
	}
	c.registration.host = known.name
	c.notice("*", "*** Found your hostname ("+known.name+")"+how)
}

// confirmedHost returns the first name of an address that resolves to this address. The owner of an address can give
// it any name, but only the owner of the name can confirm it.
func confirmedHost(ctx context.Context, resolver Resolver, addr netip.Addr, mostBytes int) knownHost {
	names, err := resolver.LookupAddr(ctx, addr.String())
	if err != nil || len(names) == 0 {
		return knownHost{why: "Couldn't look up your hostname"}
	}
	network := "ip6"
	if addr.Is4() {
		network = "ip4"
	}
	why := "Your hostname cannot be used"
	for _, name := range names[:min(mostNames, len(names))] {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		if !usableHost(name, mostBytes) {
			continue
		}
		why = "Your forward and reverse DNS do not match"
		addrs, err := resolver.LookupNetIP(ctx, network, name)
		if err == nil && slices.ContainsFunc(addrs, func(a netip.Addr) bool { return a.Unmap() == addr }) {
			return knownHost{name: name}
		}
	}
	return knownHost{why: why}
}

// usableHost reports whether a name has only letters, digits, hyphens and dots, is not too long, and cannot be
// mistaken for an address.
func usableHost(name string, mostBytes int) bool {
	if len(name) > mostBytes || !state.ValidHost(name) || !strings.Contains(name, ".") {
		return false
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" && strings.Trim(last, "0123456789") != ""
}

// askIdent asks the client's machine for the user name.
func askIdent(c *Client) []question {
	ident := c.server.options.Ident
	c.registration.ident = ""
	local, remote := c.conn.LocalAddr(), c.conn.RemoteAddr()
	if !c.view().config.Hosts.Ident || ident == nil || !local.IsValid() || !remote.IsValid() {
		return nil
	}
	c.notice("*", "*** Checking Ident")
	none := func(c *Client) { c.notice("*", "*** No Ident response") }
	return []question{{
		ask: func(ctx context.Context) func(*Client) {
			user := tidyIdent(ident(ctx, local, remote))
			if user == "" {
				return none
			}
			return func(c *Client) {
				c.registration.ident = user
				c.notice("*", "*** Got Ident response")
			}
		},
		late: func(c *Client, _ bool) { none(c) },
	}}
}

// tidyIdent removes from a confirmed user name what cannot be used before the @, and the mark for names that are not
// confirmed.
func tidyIdent(user string) string {
	user = strings.TrimLeft(keptOfUsername(user), "~")
	if strings.EqualFold(user, "hidden-user") {
		return ""
	}
	return user
}

// username returns the part of the source before the @.
func (c *Client) username() string {
	r, cfg := c.registration, c.view().config
	switch {
	case r.ident != "":
		return wire.Cut(r.ident, cfg.Limits.UserLength)
	case cfg.Hosts.Ident:
		return wire.Cut("~"+r.username, cfg.Limits.UserLength)
	}
	return r.username
}

// host returns the confirmed name of the client's address, or the address itself. It is "localhost" for a Unix socket,
// and the shared host of a listener that hides addresses.
func (c *Client) host() string {
	if r := c.registration; r != nil && r.host != "" && c.conn.RemoteAddr().IsValid() {
		return r.host
	}
	return c.shownAddress()
}

// shownAddress is host without a looked-up name. Unlike host, any goroutine may call it.
func (c *Client) shownAddress() string {
	addr := c.conn.RemoteAddr()
	switch {
	case !addr.IsValid() && c.listener.Host != "":
		return c.listener.Host
	case !addr.IsValid():
		return "localhost"
	}
	host := addr.Addr().Unmap().WithZone("").String()
	if strings.HasPrefix(host, ":") {
		// With a colon first, it would be read as the last parameter. https://modern.ircdocs.horse/#rplwhoisuser-311
		host = "0" + host
	}
	return host
}

// secure reports whether the connection is safe from eavesdropping: it uses TLS, or a Unix socket, which does not
// leave the machine. A Unix socket for WebSocket does not count, because its web server may have clients anywhere.
func (c *Client) secure() bool {
	if c.gateway != nil {
		return c.gateway.secure
	}
	local := isUnix(c.conn.Listener()) && !c.listener.Tor && !c.listener.WebSocket && !c.conn.RemoteAddr().IsValid()
	return local || c.conn.Secure()
}

func isUnix(listener string) bool {
	_, is := config.Listener{Address: listener}.UnixPath()
	return is
}

// listenerOf returns the configuration of the listener that accepted a connection.
func listenerOf(cfg *config.Config, name string) *config.Listener {
	for i := range cfg.Listeners {
		if cfg.Listeners[i].Address == name {
			return &cfg.Listeners[i]
		}
	}
	return &config.Listener{} // the listener has just been closed
}

// shownHost returns the host that others see, the host behind it if that is different and, for a cloak, its parts that
// stand for this host alone.
func (c *Client) shownHost() (shown, behind string, marks []string) {
	host, cfg := c.host(), c.view().config
	addr := c.conn.RemoteAddr().Addr()
	if c.listener.Host != "" {
		if !addr.IsValid() {
			return host, "", nil
		}
		return c.listener.Host, host, nil
	}
	if !cfg.Hosts.Cloak || !addr.IsValid() || cfg.Hosts.CloakKey == "" {
		return host, "", nil
	}
	k, name := cloakOf(cfg), c.registration.host
	if shown = k.ofAddress(addr); name != "" {
		shown = k.ofName(name, addr)
	}
	return shown, host, k.marks(shown, name, addr)
}

func cloakOf(cfg *config.Config) *cloak {
	return &cloak{key: []byte(string(cfg.Hosts.CloakKey)), suffix: cfg.Hosts.CloakSuffix, most: cfg.Limits.HostLength}
}

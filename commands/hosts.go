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

// Resolver looks names up. net.Resolver does.
type Resolver interface {
	// LookupAddr is the names of an address.
	LookupAddr(ctx context.Context, addr string) (names []string, err error)
	// LookupNetIP is the addresses of a name; network is ip4 or ip6.
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Ident asks a client's machine whose connection this is (RFC 1413). An answer may be any text; "" is none.
type Ident func(ctx context.Context, local, remote netip.AddrPort) (user string)

const (
	hostKnown   = time.Hour
	hostUnknown = 10 * time.Minute
	hostTooSlow = time.Minute
	mostNames   = 4 // of one address are tried
)

// knownHost is what is known of an address.
type knownHost struct {
	name string
	why  string // there is no name
}

// askHost looks up the name of the address that a connection comes from.
func askHost(c *Client) []question {
	cfg, resolver := c.view().config, c.server.options.Resolver
	c.registration.host = ""
	addr := c.conn.RemoteAddr().Addr().Unmap().WithZone("")
	if !cfg.Hosts.Lookup || resolver == nil || !addr.IsValid() || addr.IsLoopback() {
		return nil
	}
	c.notice("*", "*** Looking up your hostname...")
	if known, found := c.server.hosts.find(addr, c.server.options.Now()); found {
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
			// What was never asked is not remembered.
			if begun {
				c.learnHost(addr, tooSlow)
			} else {
				c.takeHost(tooSlow, "")
			}
		},
	}}
}

// learnHost uses what was found out, and remembers it.
func (c *Client) learnHost(addr netip.Addr, known knownHost) {
	lasts := hostUnknown
	switch {
	case known.name != "":
		lasts = hostKnown
	case known == tooSlow:
		lasts = hostTooSlow
	}
	c.takeHost(known, "")
	now := c.server.options.Now()
	c.server.hosts.keep(addr, known, now, now.Add(lasts))
}

var tooSlow = knownHost{why: "Looking up your hostname took too long"}

// takeHost uses what was found out.
func (c *Client) takeHost(known knownHost, how string) {
	if known.name == "" {
		c.notice("*", "*** "+known.why+"; using your IP address ("+c.host()+") instead"+how)
		return
	}
	c.registration.host = known.name
	c.notice("*", "*** Found your hostname ("+known.name+")"+how)
}

// confirmedHost is the first name of an address that leads back to it: who owns an address may give it any name, but only
// who owns the name can do that.
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

// usableHost: a name of letters, digits, hyphens and dots that is not too long and could not pass for an address.
func usableHost(name string, mostBytes int) bool {
	if len(name) > mostBytes || !state.ValidHost(name) || !strings.Contains(name, ".") {
		return false
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" && strings.Trim(last, "0123456789") != ""
}

// askIdent asks the client's machine for the user's name.
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

// tidyIdent keeps of a confirmed user name what can stand before the @, without the mark of those that are not confirmed.
func tidyIdent(user string) string {
	user = strings.TrimLeft(keptOfUsername(user), "~")
	if strings.EqualFold(user, "hidden-user") {
		return ""
	}
	return user
}

// username is what stands before the @.
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

// host is where the client is: the confirmed name of its address, or that. "localhost" for a Unix socket, and for a
// listener that keeps no address the host that is shown of all.
func (c *Client) host() string {
	if r := c.registration; r != nil && r.host != "" && c.conn.RemoteAddr().IsValid() {
		return r.host
	}
	return c.shownAddress()
}

// shownAddress is host without a name that was looked up. Unlike host, any goroutine may ask for it.
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
		// It would be read as a last parameter. https://modern.ircdocs.horse/#rplwhoisuser-311
		host = "0" + host
	}
	return host
}

// secure tells whether nobody can listen to the connection: TLS, or a Unix socket, which does not leave the machine. Behind one for WebSocket is a
// web server, whose clients may be anywhere.
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

// listenerOf is the policy of the listener that a connection has come to.
func listenerOf(cfg *config.Config, name string) *config.Listener {
	for i := range cfg.Listeners {
		if cfg.Listeners[i].Address == name {
			return &cfg.Listeners[i]
		}
	}
	return &config.Listener{} // it was closed in the same moment
}

// shownHost is what others see of where a client is, the host behind it if that is different, and, if it is a cloak, the
// parts of it that stand for this host alone.
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

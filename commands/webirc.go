package commands

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"bavard/config"
)

// gateway holds the information that a WebIRC gateway has sent about its client.
type gateway struct {
	name        string
	secure      bool
	fingerprint string
}

// runWebirc lets a gateway pass on the address of its client, which then counts for limits, bans and the host. Any
// mistake closes the connection, because its address would be the gateway's.
// https://ircv3.net/specs/extensions/webirc
func runWebirc(c *Call) {
	r := c.registration
	if r.nick != "" || r.username != "" || r.password != "" || r.negotiating || c.capabilities() != 0 || c.gateway != nil {
		c.end("WEBIRC must be the first command", nil)
		return
	}
	g, why := c.judgeGateway(c.param(0), c.param(1))
	if why != "" {
		c.log().Warn("WEBIRC refused", "address", c.host(), "gateway", excerpt(c.param(1)), "reason", why)
		c.end(why, nil)
		return
	}
	addr, ok := parseWebircAddr(c.param(3))
	if !ok {
		c.end("Invalid IP address in WEBIRC", nil)
		return
	}
	options := webircOptions(c.rest(4))
	port, err := strconv.ParseUint(options["remote-port"], 10, 16)
	if err != nil {
		port = 0 // it is not known
	}
	_, flagged := options["secure"]
	told := &gateway{name: g.Name, secure: flagged && c.conn.TLS() != nil}
	if g.TrustCertificates {
		told.fingerprint = tidyFingerprint(options["certfp-sha-256"])
	}
	if err := c.conn.SetRemoteAddr(netip.AddrPortFrom(addr, uint16(port))); err != nil {
		c.end("Too many connections from your address", nil)
		return
	}
	c.server.order.Lock()
	c.gateway = told
	c.server.order.Unlock()
	if !c.judgedAgain() {
		return
	}
	c.inquire()
	if cfg := c.config(); !cfg.Hosts.Lookup || c.server.options.Resolver == nil {
		// The name is not looked up again, because the gateway is trusted to have done so.
		if host := strings.ToLower(c.param(2)); usableHost(host, cfg.Limits.HostLength) {
			r.host = host
		}
	}
}

// parseWebircAddr reads the address of a gateway's client. Some gateways write IPv6 in brackets, as in URLs. A zone
// names an interface of another machine, so an address that has one means nothing here.
func parseWebircAddr(text string) (addr netip.Addr, ok bool) {
	inner, opened := strings.CutPrefix(text, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	addr, err := netip.ParseAddr(inner)
	return addr, err == nil && opened == closed && (!opened || addr.Is6()) && addr.Zone() == "" && !addr.Unmap().IsUnspecified()
}

// judgeGateway returns the gateway that a connection belongs to, or why there is none.
func (c *Call) judgeGateway(password, name string) (*config.Webirc, string) {
	from := c.conn.RemoteAddr().Addr().Unmap().WithZone("")
	if isUnix(c.conn.Listener()) && !from.IsValid() {
		from = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	why := "WEBIRC is not allowed from your address"
	if c.listener.Tor {
		return nil, why
	}
	all := c.config().Webirc
	for i := range all {
		g := &all[i]
		if !within(g.From, from) {
			continue
		}
		why = "Invalid WebIRC password"
		if g.Fingerprint != "" && c.conn.CertificateFingerprint() != g.Fingerprint {
			continue
		}
		if g.Password != "" {
			c.willWait()
			if !c.server.options.VerifyPassword(string(g.Password), password) {
				continue
			}
		}
		return g, ""
	}
	return nil, why
}

func within(list []netip.Prefix, addr netip.Addr) bool {
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// webircOptions parses "name[=value] ...", with values escaped like those of message tags.
func webircOptions(text string) map[string]string {
	options := map[string]string{}
	for _, word := range strings.Fields(text) {
		name, value, _ := strings.Cut(word, "=")
		options[name] = unescapeValue.Replace(value)
	}
	return options
}

var unescapeValue = strings.NewReplacer(`\:`, ";", `\s`, " ", `\\`, `\`, `\r`, "\r", `\n`, "\n", `\`, "")

// tidyFingerprint returns a SHA-256 in lower-case hexadecimal, or "" for anything else.
func tidyFingerprint(text string) string {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 32 {
		return ""
	}
	return hex.EncodeToString(raw)
}

// judgedAgain reports whether the client may connect from its address, which was not known when the connection was
// opened.
func (c *Client) judgedAgain() bool {
	c.server.order.Lock()
	defer c.server.order.Unlock()
	c.judgeAddress()
	return !c.closing
}

// fingerprint is that of the client's certificate, "" without one: behind a gateway not that of the connection, which
// is the gateway's.
func (c *Client) fingerprint() string {
	if c.gateway != nil {
		return c.gateway.fingerprint
	}
	return c.conn.CertificateFingerprint()
}

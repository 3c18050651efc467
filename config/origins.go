package config

import (
	"net"
	"strconv"
	"strings"
)

const (
	anyOrigin = "*"
	// nullOrigin is what browsers call the origin of a page that has none, such as a file's.
	nullOrigin = "null"
)

// origin is the parts of a web page's origin, or of a pattern for such.
type origin struct {
	scheme string
	host   string // in a pattern "*." and a name: all names below
	port   string // in a pattern "*": any
}

// parseOrigin reads an origin or a pattern. The port is that of the scheme when it is not given.
// https://www.rfc-editor.org/rfc/rfc6454#section-6
func parseOrigin(text string) (o origin, ok bool) {
	if text == anyOrigin || text == nullOrigin {
		return origin{host: text}, true
	}
	scheme, rest, found := strings.Cut(strings.ToLower(text), "://")
	if !found || scheme == "" || strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.") != "" {
		return o, false
	}
	o = origin{scheme: scheme}
	o.host, o.port = splitHost(rest)
	if o.port == "" {
		o.port = map[string]string{"http": "80", "https": "443"}[scheme]
	} else if n, err := strconv.ParseUint(o.port, 10, 16); o.port != "*" && (err != nil || n == 0) {
		return o, false
	}
	name := strings.TrimPrefix(o.host, "*.")
	return o, name != "" && printable(name) && !strings.ContainsAny(name, " /?#@*\\")
}

// splitHost takes a host and its port apart; the port may be missing.
func splitHost(text string) (host, port string) {
	if host, port, err := net.SplitHostPort(text); err == nil {
		return host, port
	}
	return strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"), ""
}

// matches tells whether a pattern covers an origin.
func (o origin) matches(page origin) bool {
	if o.host == anyOrigin {
		return true
	}
	if o.scheme != page.scheme || o.port != page.port && o.port != "*" {
		return false
	}
	if parent, below := strings.CutPrefix(o.host, "*"); below {
		return strings.HasSuffix(page.host, parent) && len(page.host) > len(parent)
	}
	return o.host == page.host
}

// AllowsOrigin tells whether a web page of this origin may connect to the listener; host is what its browser asked for, with a port or without.
//
// It is not for the page's password that this matters, which no browser gives away: a page must not be able to use its visitors' browsers, and
// their addresses, to fill a server, or to reach one that only they can.
// https://www.rfc-editor.org/rfc/rfc6455#section-10.2
func (l Listener) AllowsOrigin(page, host string) bool {
	o, ok := parseOrigin(page)
	ok = ok && !strings.Contains(page, "*") // only patterns have it
	if len(l.Origins) == 0 {
		own, _ := splitHost(strings.ToLower(host))
		return ok && o.scheme != "" && own != "" && o.host == own
	}
	for _, text := range l.Origins {
		if pattern, valid := parseOrigin(text); valid && (pattern.host == anyOrigin || ok && pattern.matches(o)) {
			return true
		}
	}
	return false
}

package config

import (
	"net"
	"strconv"
	"strings"
)

const (
	anyOrigin = "*"
	// nullOrigin is the origin that browsers send for a page without one, such as a local file.
	nullOrigin = "null"
)

// origin is a web page's origin, or a pattern for origins.
type origin struct {
	scheme string
	host   string // in a pattern, "*." in front of a name matches all its subdomains
	port   string // in a pattern, "*" matches any port
}

// parseOrigin parses an origin or a pattern. The default port is that of the scheme.
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

// splitHost splits a host from its port, which may be missing.
func splitHost(text string) (host, port string) {
	if host, port, err := net.SplitHostPort(text); err == nil {
		return host, port
	}
	return strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"), ""
}

// matches reports whether a pattern matches the origin of a page.
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

// AllowsOrigin reports whether a web page with this origin can connect to the listener. The host is the one that the
// browser asked for, with or without a port.
//
// The check does not protect passwords: browsers do not send any along. It keeps a page from using its visitors'
// browsers, and so their addresses, to flood a server or to reach one that is closed to others.
// https://www.rfc-editor.org/rfc/rfc6455#section-10.2
func (l Listener) AllowsOrigin(page, host string) bool {
	o, ok := parseOrigin(page)
	ok = ok && !strings.Contains(page, "*") // only a pattern can contain it
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

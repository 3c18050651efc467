package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// STS holds the settings for strict transport security, which makes clients connect only with TLS.
// https://ircv3.net/specs/extensions/sts
type STS struct {
	Enabled      bool     `toml:"enabled" default:"false" doc:"Tell clients that connect without TLS to come back with TLS (STS). This needs a certificate that clients trust; without one, clients that support STS can no longer connect. Unix sockets, hidden services, proxies, WebSocket and gateways are exempt."`
	Port         int      `toml:"port" default:"0" min:"0" max:"65535" doc:"The TLS port that they are sent to. 0 means the port of the first listener with TLS."`
	Duration     Duration `toml:"duration" default:"0" min:"0" max:"3650d" doc:"How long clients then connect only with TLS and refuse anything else. 0 ends this for clients that were told so before. Start with a short time. To turn STS off, set this to 0, wait as long as the previous value, and only then set enabled to false."`
	Hosts        []string `toml:"hosts" example:"irc.example.org" max:"100" doc:"The server names that this applies to, as clients ask for them with TLS (SNI). If unset, server.name."`
	Preload      bool     `toml:"preload" default:"false" doc:"Let the names be added to the STS lists that clients ship with. It is hard to get off these lists again."`
	PreloadHosts []string `toml:"preload_hosts" example:"irc.example.org" max:"100" doc:"With preload, only these of the hosts. If unset, all of them."`
}

func (s *STS) check(c *checker, cfg *Config) {
	for i := range s.Hosts {
		s.Hosts[i] = c.hostName("sts.hosts", i, s.Hosts[i])
	}
	for i := range s.PreloadHosts {
		s.PreloadHosts[i] = c.hostName("sts.preload_hosts", i, s.PreloadHosts[i])
	}
	if !s.Enabled {
		return
	}
	if len(s.Hosts) == 0 {
		s.Hosts = []string{strings.ToLower(cfg.Server.Name)}
	}
	if len(s.PreloadHosts) == 0 {
		s.PreloadHosts = s.Hosts
	}
	for i, host := range s.PreloadHosts {
		if !containsText(s.Hosts, host) {
			c.report(joinPath("sts.preload_hosts", strconv.Itoa(i)), "is not one of sts.hosts: "+strconv.Quote(host))
		}
	}
	if s.Port == 0 {
		if s.Port = cfg.portWithTLS(); s.Port == 0 {
			c.report("sts.port", "must be set, because no listener has both TLS and a fixed port")
		}
	}
	for _, host := range s.Hosts {
		if !cfg.hasCertificateFor(host) {
			c.report("sts.enabled", "needs a certificate for "+host+" that clients trust, in tls.certificate or [[certificates]]; they do not trust a self-signed one")
		}
	}
}

// hostName checks a host name and returns it in lower case, without a final dot.
func (c *checker) hostName(key string, i int, name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		c.report(joinPath(key, strconv.Itoa(i)), "must be a host name, such as irc.example.org, not "+strconv.Quote(name))
	}
	return name
}

// portWithTLS returns the port of the first TLS listener that STS can send clients to, or 0 if there is none.
func (cfg *Config) portWithTLS() int {
	for _, l := range cfg.Listeners {
		if !l.TLS || l.Tor || l.WebSocket || !l.OnNetwork() {
			continue
		}
		_, port, err := net.SplitHostPort(l.Address)
		if n, numeric := strconv.Atoi(port); err == nil && numeric == nil && n > 0 {
			return n
		}
	}
	return 0
}

// hasCertificateFor reports whether clients that ask for a server name are shown a certificate from the configuration,
// and not one that the daemon made.
func (cfg *Config) hasCertificateFor(name string) bool {
	if cfg.TLS.Certificate != "" {
		return true
	}
	_, parent, _ := strings.Cut(name, ".")
	for _, one := range cfg.Certificates {
		if containsText(one.Names, name) || containsText(one.Names, "*."+parent) {
			return true
		}
	}
	return false
}

// OnNetwork reports whether the listener is a network address that the daemon opens: not a Unix socket, and not a
// socket from systemd.
func (l Listener) OnNetwork() bool {
	_, unix := l.UnixPath()
	_, systemd := l.SystemdName()
	return !unix && !systemd
}

// Holds reports whether the policy applies to clients that asked for a server name with TLS, and whether the name can
// be added to the lists that clients ship with.
func (s *STS) Holds(name string) (holds, preload bool) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if _, err := netip.ParseAddr(name); err == nil || !containsText(s.Hosts, name) {
		return false, false
	}
	return true, s.Preload && containsText(s.PreloadHosts, name)
}

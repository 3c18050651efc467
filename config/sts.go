package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// STS is what clients are told of connecting with TLS only.
// https://ircv3.net/specs/extensions/sts
type STS struct {
	Enabled      bool     `toml:"enabled" default:"false" doc:"Whether clients on listeners without TLS are told to come back with TLS (STS). It takes a certificate that they trust: those who know STS do not get in any more without it. It is never told on Unix sockets, on listeners for hidden services, for proxies or for WebSocket, nor to those who come through a gateway."`
	Port         int      `toml:"port" default:"0" min:"0" max:"65535" doc:"The port with TLS that they are sent to; 0 is that of the first listener that has TLS."`
	Duration     Duration `toml:"duration" default:"0" min:"0" max:"3650d" doc:"For how long from then on they connect with TLS only, and refuse anything else; 0 ends that for those who were told so before. Begin with a short time. To end STS set it to 0, and wait for as long as it was before you set enabled to false."`
	Hosts        []string `toml:"hosts" example:"irc.example.org" max:"100" doc:"The names of this server for which that holds: those that clients ask for with TLS (SNI). server.name when not given."`
	Preload      bool     `toml:"preload" default:"false" doc:"Whether the names may stand in the lists that clients are delivered with. It is not easy to come out of these again."`
	PreloadHosts []string `toml:"preload_hosts" example:"irc.example.org" max:"100" doc:"With preload, only these of the hosts; all when not given."`
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
			c.report("sts.port", "is missing: there is no listener with TLS, or its port is 0")
		}
	}
	for _, host := range s.Hosts {
		if !cfg.hasCertificateFor(host) {
			c.report("sts.enabled", "needs a certificate for "+host+" that clients trust, in tls.certificate or [[certificates]]; nobody trusts the self-made one")
		}
	}
}

// hostName checks a host name and gives its usual form.
func (c *checker) hostName(key string, i int, name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		c.report(joinPath(key, strconv.Itoa(i)), "must be a host name, such as irc.example.org, not "+strconv.Quote(name))
	}
	return name
}

// portWithTLS is the port of the first listener of the network that has TLS, 0 when there is none.
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

// hasCertificateFor tells whether who asks for a server name is shown a certificate that was not made by the daemon itself.
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

// OnNetwork tells whether a listener is an address of the network: no Unix socket, and no socket that somebody else has opened.
func (l Listener) OnNetwork() bool {
	_, unix := l.UnixPath()
	_, systemd := l.SystemdName()
	return !unix && !systemd
}

// Holds tells whether who asked for a server name with TLS is told the policy, and whether the name may stand in lists.
func (s *STS) Holds(name string) (holds, preload bool) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if _, err := netip.ParseAddr(name); err == nil || !containsText(s.Hosts, name) {
		return false, false
	}
	return true, s.Preload && containsText(s.PreloadHosts, name)
}

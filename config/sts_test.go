package config

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSTS(t *testing.T) {
	dir := t.TempDir()
	writeKeyPair(t, filepath.Join(dir, "a.pem"), filepath.Join(dir, "a.key"))
	pair := "certificate = \"a.pem\"\nkey = \"a.key\"\n"
	parse := func(lines ...string) (*Config, error) {
		return Parse(filepath.Join(dir, "c.toml"), []byte(strings.Join(lines, "\n")))
	}

	// The port is that of the first network listener that clients can be sent to.
	cfg, err := parse("[tls]", pair, "[sts]\nenabled = true",
		"[[listeners]]\naddress = \":6667\"", "[[listeners]]\naddress = \":7001\"\ntls = true\ntor = true", "[[listeners]]\naddress = \":7004\"\ntls = true\nwebsocket = true", "[[listeners]]\naddress = \"systemd:irc\"\ntls = true",
		"[[listeners]]\naddress = \":0\"\ntls = true", "[[listeners]]\naddress = \":7002\"\ntls = true", "[[listeners]]\naddress = \":7003\"\ntls = true")
	require.NoError(t, err)
	require.Equal(t, 7002, cfg.STS.Port)
	require.Equal(t, []string{"irc.localhost"}, cfg.STS.Hosts)

	_, err = parse("[tls]", pair, "[sts]\nenabled = true", "[[listeners]]\naddress = \":6667\"")
	require.ErrorContains(t, err, "sts.port: must be set, because no listener has both TLS and a fixed port")
	cfg, err = parse("[tls]", pair, "[sts]\nenabled = true\nport = 7000", "[[listeners]]\naddress = \":6667\"")
	require.NoError(t, err)
	require.Equal(t, 7000, cfg.STS.Port)

	_, err = parse("[tls]", pair, "[sts]\nenabled = true\npreload_hosts = [\"irc.localhost\", \"a.example\"]")
	require.ErrorContains(t, err, "sts.preload_hosts: is not one of sts.hosts: \"a.example\"")

	// Each name needs a certificate: one of its own, or a wildcard for its parent domain.
	named := "[[certificates]]\nnames = [\"one.example\", \"*.two.example\"]\n" + pair
	_, err = parse(named, "[sts]\nenabled = true\nhosts = [\"one.example\", \"WWW.two.example.\"]")
	require.NoError(t, err)
	for _, host := range []string{"two.example", "a.b.two.example", "www.one.example"} {
		_, err = parse(named, "[sts]\nenabled = true\nhosts = [\"one.example\", \""+host+"\"]")
		require.ErrorContains(t, err, "needs a certificate for "+host, host)
	}
}

func TestSTSHolds(t *testing.T) {
	s := STS{Hosts: []string{"one.example", "two.example", "192.0.2.1"}, Preload: true, PreloadHosts: []string{"two.example"}}
	for name, want := range map[string][2]bool{
		"one.example": {true, false}, "ONE.example.": {true, false}, "two.example": {true, true},
		"three.example": {}, "": {}, "www.one.example": {}, "192.0.2.1": {},
	} {
		holds, preload := s.Holds(name)
		require.Equal(t, want, [2]bool{holds, preload}, name)
	}
}

func TestDeniesTag(t *testing.T) {
	for list, want := range map[string][]string{
		"": nil, "*": {"a", "A", "draft/b"}, "*,-a": {"A", "draft/b"}, "a": {"a"}, "draft/b,A": {"A", "draft/b"},
	} {
		var s Server
		if list != "" {
			s.ClientTagDeny = strings.Split(list, ",")
		}
		var denied []string
		for _, name := range []string{"a", "A", "draft/b"} {
			if s.DeniesTag(name) {
				denied = append(denied, name)
			}
		}
		require.Equal(t, want, denied, list)
	}
}

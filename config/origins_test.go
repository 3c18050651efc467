package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAllowsOrigin(t *testing.T) {
	for _, c := range []struct {
		allowed, page, host string
		want                bool
	}{
		{"", "https://irc.example.org", "irc.example.org", true},
		{"", "https://irc.example.org", "irc.example.org:8097", true},
		{"", "http://IRC.example.org:8080", "irc.EXAMPLE.org:8097", true},
		{"", "http://[::1]:8080", "[::1]:8097", true},
		{"", "http://127.0.0.1", "127.0.0.1", true},
		{"", "https://example.org", "irc.example.org", false},
		{"", "https://evil.test", "irc.example.org", false},
		{"", "null", "irc.example.org", false},
		{"", "null", "null", false},
		{"", "*", "*", false},
		{"", "", "", false},
		{"", "junk", "junk", false},
		{"*", "https://evil.test", "irc.example.org", true},
		{"*", "null", "irc.example.org", true},
		{"*", "chrome-extension://abc", "irc.example.org", true},
		{"*", "\xff", "irc.example.org", true},
		{"null", "null", "irc.example.org", true},
		{"null", "https://evil.test", "irc.example.org", false},
		{"https://chat.example.org", "https://chat.example.org", "irc.example.org", true},
		{"https://chat.example.org", "https://CHAT.example.org:443", "irc.example.org", true},
		{"https://Chat.Example.org:443", "https://chat.example.org", "irc.example.org", true},
		{"https://chat.example.org", "http://chat.example.org", "irc.example.org", false},
		{"https://chat.example.org", "https://chat.example.org:8443", "irc.example.org", false},
		{"https://chat.example.org", "https://irc.example.org", "irc.example.org", false},
		{"https://chat.example.org", "https://chat.example.org.evil.test", "irc.example.org", false},
		{"https://chat.example.org", "https://evil.test/chat.example.org", "irc.example.org", false},
		{"https://*.example.org", "https://chat.example.org", "x", true},
		{"https://*.example.org", "https://a.b.example.org", "x", true},
		{"https://*.example.org", "https://example.org", "x", false},
		{"https://*.example.org", "https://.example.org", "x", false},
		{"https://*.example.org", "https://evilexample.org", "x", false},
		{"https://*.example.org", "https://*.example.org", "x", false},
		{"http://localhost:*", "http://localhost:3000", "x", true},
		{"http://localhost:*", "http://localhost", "x", true},
		{"http://localhost:*", "https://localhost", "x", false},
		{"http://[::1]:3000", "http://[::1]:3000", "x", true},
		{"capacitor://localhost", "capacitor://localhost", "x", true},
		{"https://a.test", "null", "x", false},
		{"https://a.test", "*", "x", false},
	} {
		l := Listener{WebSocket: true}
		if c.allowed != "" {
			l.Origins = []string{"https://other.test", c.allowed}
		}
		require.Equal(t, c.want, l.AllowsOrigin(c.page, c.host), "%+v", c)
	}
}

func FuzzAllowsOrigin(f *testing.F) {
	f.Add("https://chat.example.org", "https://*.example.org", "irc.example.org:80")
	f.Add("null", "*", "[::1]:80")
	f.Fuzz(func(t *testing.T, page, pattern, host string) {
		Listener{}.AllowsOrigin(page, host)
		l := Listener{Origins: []string{pattern}}
		if l.AllowsOrigin(page, host) && pattern != "*" {
			_, valid := parseOrigin(pattern)
			require.True(t, valid)
			_, valid = parseOrigin(page)
			require.True(t, valid)
		}
	})
}

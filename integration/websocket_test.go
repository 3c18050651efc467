package integration

import (
	"net"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// webListeners are listeners for web clients, with the port that the daemon finds.
const webListeners = `
[[listeners]]
address = "127.0.0.1:0"
websocket = true
path = "/irc"
[[listeners]]
address = "localhost:0"
websocket = true
path = "/irc"
tls = true
`

// webAddress is where the server listens for WebSockets of this scheme, as its greeting tells.
func (s *server) webAddress(scheme string) string {
	s.t.Helper()
	pattern := regexp.MustCompile(` ` + scheme + `://(\S+)/irc\n`)
	await(s.t, func() bool { return pattern.MatchString(s.greeting()) }, "an address of %s in the greeting", scheme)
	return pattern.FindStringSubmatch(s.greeting())[1]
}

func hostAndPort(t *testing.T, address string) (host string, port int) {
	t.Helper()
	host, text, err := net.SplitHostPort(address)
	require.NoError(t, err)
	port, err = strconv.Atoi(text)
	require.NoError(t, err)
	return host, port
}

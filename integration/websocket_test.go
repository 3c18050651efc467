package integration

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// webListeners configures listeners for web clients. The daemon chooses the ports.
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

// webAddress returns the address on which the server accepts WebSockets with this scheme, from its greeting.
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

// webStream reads WebSocket messages as lines, and writes each line as a message.
type webStream struct {
	net.Conn
	socket *websocket.Conn
	rest   []byte
}

func (c *webStream) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		_, message, err := c.socket.Read(context.Background())
		if err != nil {
			return 0, err
		}
		c.rest = append(message, '\n')
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *webStream) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		if err := c.socket.Write(context.Background(), websocket.MessageText, []byte(strings.TrimRight(line, "\r\n"))); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// dialWeb opens a WebSocket with these headers. If the server refuses it, the client is nil.
func (s *server) dialWeb(headers http.Header) (r *raw, status int) {
	s.t.Helper()
	return s.dialWebAt(s.webAddress("ws"), headers, http.DefaultClient)
}

func (s *server) dialWebAt(address string, headers http.Header, client *http.Client) (r *raw, status int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	socket, response, err := websocket.Dial(ctx, "ws://"+address+"/irc", &websocket.DialOptions{
		HTTPHeader: headers, HTTPClient: client, Subprotocols: []string{"text.ircv3.net"},
	})
	require.NotNil(s.t, response, "%v", err)
	if err != nil {
		return nil, response.StatusCode
	}
	stream := &webStream{socket: socket, Conn: websocket.NetConn(context.Background(), socket, websocket.MessageText)}
	return talk(s.t, stream), response.StatusCode
}

// TestBehindWebServer checks clients that a trusted web server speaks for: they have the address and the security that
// it reports, for limits, for bans and for others.
func TestBehindWebServer(t *testing.T) {
	t.Parallel()
	via := func(address, scheme string) http.Header {
		return http.Header{"X-Forwarded-For": {"192.0.2.99, " + address}, "X-Forwarded-Proto": {scheme}}
	}
	s := serve(t, settings{
		"flood": quick["flood"], "limits": "connections_per_address = 1", "hosts": "lookup = false", "": strings.Replace(webListeners, "path", "trusted_proxies = [\"127.0.0.0/8\"]\npath", 1),
	})
	ann, status := s.dialWeb(via("198.51.100.7", "https"))
	require.Equal(t, http.StatusSwitchingProtocols, status)
	ann.register("ann")
	ann.send("JOIN #web\r\nMODE #web +b *!*@198.51.100.8")
	ann.sees(`^:ann!ann@198\.51\.100\.7 JOIN #web$`)
	ann.sees(` MODE #web \+b `)
	ann.send("WHOIS ann")
	ann.sees(` 671 ann ann `)
	ann.drain()

	_, status = s.dialWeb(via("198.51.100.7", "https"))
	require.Equal(t, http.StatusTooManyRequests, status)

	bob, _ := s.dialWeb(via("198.51.100.9", "http"))
	bob.register("bob")
	bob.send("WHOIS bob")
	require.NotContains(t, bob.sees(` (671|318) bob bob `), " 671 ", "the client does not use TLS")
	eve, _ := s.dialWeb(via("198.51.100.8", "https"))
	eve.register("eve")
	eve.send("JOIN #web")
	eve.sees(` 474 eve #web `)
	ann.receivesNothing()
}

// TestWebServerAtUnixSocket checks that everyone who can use the socket is trusted, and that a client without a
// reported address counts as local but not as secure.
func TestWebServerAtUnixSocket(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"hosts": "lookup = false", "": "[[listeners]]\naddress = \"unix:web\"\nwebsocket = true\nmode = \"0600\"\n"})
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(s.dir, "web"))
	}}}
	for nick, c := range map[string]struct {
		headers http.Header
		host    string
		secure  bool
	}{
		"ann": {http.Header{"X-Forwarded-For": {"198.51.100.7"}, "X-Forwarded-Proto": {"https"}}, "198.51.100.7", true},
		"bob": {http.Header{"X-Forwarded-For": {"198.51.100.8"}}, "198.51.100.8", false},
		"eve": {nil, "localhost", false},
	} {
		r, _ := s.dialWebAt("irc.test", c.headers, client)
		r.register(nick)
		r.send("WHOIS %s", nick)
		require.Contains(t, r.sees(` 311 `), " "+c.host+" ")
		require.Equal(t, c.secure, strings.Contains(r.sees(` (671|318) `), " 671 "), nick)
	}
}

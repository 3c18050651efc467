package transport

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ask sends a request and returns the response.
func (r *rig) ask(t testing.TB, request string) (*http.Response, string) {
	t.Helper()
	conn := r.connect(t)
	if r.listener.tls != nil {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a test certificate
	}
	write(t, conn, request)
	method, _, _ := strings.Cut(request, " ")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	require.NoError(t, err)
	var body []byte
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, err = io.ReadAll(response.Body)
		require.NoError(t, err)
		rest, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Empty(t, rest)
		require.NoError(t, conn.Close())
	}
	return response, string(body)
}

// TestUpgradeRefused checks that invalid requests are answered and the connection is closed, with and without TLS.
func TestUpgradeRefused(t *testing.T) {
	without := func(line string) string {
		require.Contains(t, handshakeLines, line)
		return "GET /irc HTTP/1.1\r\n" + strings.Replace(handshakeLines, line, "", 1) + "\r\n"
	}
	with := func(lines string) string { return "GET /irc HTTP/1.1\r\n" + handshakeLines + lines + "\r\n" }
	for name, c := range map[string]struct {
		request string
		status  int
		says    string
	}{
		"a browser":           {"GET /irc HTTP/1.1\r\nHost: irc.test\r\n\r\n", 426, "IRC server"},
		"a monitor":           {"HEAD /irc HTTP/1.1\r\nHost: irc.test\r\n\r\n", 426, ""},
		"HTTP/1.0":            {"GET /irc HTTP/1.0\r\n" + handshakeLines + "\r\n", 426, "IRC server"},
		"no Upgrade":          {without("Upgrade: WebSocket\r\n"), 426, "IRC server"},
		"no Connection":       {without("Connection: keep-alive, Upgrade\r\n"), 426, "IRC server"},
		"no version":          {without("Sec-WebSocket-Version: 13\r\n"), 426, "version"},
		"an old version":      {without("Sec-WebSocket-Version: 13\r\n")[:len("GET /irc HTTP/1.1\r\n")] + "Sec-WebSocket-Version: 8\r\n" + strings.Replace(handshakeLines, "Sec-WebSocket-Version: 13\r\n", "", 1) + "\r\n", 426, "version"},
		"no key":              {without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400, "Sec-WebSocket-Key"},
		"two keys":            {with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400, "Sec-WebSocket-Key"},
		"a short key":         {strings.Replace(with(""), "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", 1), 400, "Sec-WebSocket-Key"},
		"a key of junk":       {strings.Replace(with(""), "dGhlIHNhbXBsZSBub25jZQ==", "!", 1), 400, "Sec-WebSocket-Key"},
		"a body":              {with("Content-Length: 3\r\n") + "abc", 400, "must not have a body"},
		"a chunked body":      {with("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400, "must not have a body"},
		"no host":             {without("Host: irc.test\r\n"), 400, "host"},
		"a different path":    {strings.Replace(with(""), "/irc", "/", 1), 404, "path"},
		"a different method":  {strings.Replace(with(""), "GET", "POST", 1), 405, "WebSocket"},
		"a foreign page":      {with("Origin: https://evil.test\r\n"), 403, `Pages from "https://evil.test" are not allowed`},
		"one of two pages":    {with("Origin: https://good.test\r\nOrigin: https://evil.test\r\n"), 403, "not allowed"},
		"IRC":                 {"NICK alice\r\nUSER alice 0 * :Alice\r\n", 400, "IRC over WebSocket"},
		"junk":                {"\x00\xff\n\n\n\n", 400, "IRC over WebSocket"},
		"HTTP/2":              {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 404, ""},
		"a long request line": {"GET /" + strings.Repeat("x", 5000) + " HTTP/1.1\r\n\r\n", 431, "too long"},
		"many headers":        {with(strings.Repeat("X-Filler: "+strings.Repeat("y", 100)+"\r\n", 300)), 431, "too long"},
		"one endless header":  {"GET / HTTP/1.1\r\nCookie: " + strings.Repeat("c", 30_000), 431, "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, secure := range []bool{false, true} {
				var hosts []string
				allowed := func(origin, host string) bool {
					hosts = append(hosts, host)
					return origin == "https://good.test"
				}
				r := newRig(t, Limits{}, webSpec(t, secure, WebSocket{Path: "/irc", Origin: allowed, RequestBytes: 4000}, Options{}), nil)
				response, body := r.ask(t, c.request)
				require.Equal(t, c.status, response.StatusCode)
				require.Contains(t, body, c.says)
				require.True(t, response.Close)
				switch c.status {
				case 426:
					require.Equal(t, "websocket", response.Header.Get("Upgrade"))
					require.Equal(t, "13", response.Header.Get("Sec-WebSocket-Version"))
				case 405:
					require.Equal(t, "GET", response.Header.Get("Allow"))
				}
				until(t, "gone", func() bool { return r.Connections() == 0 })
				require.Empty(t, r.probes)
				for _, host := range hosts {
					require.Equal(t, "irc.test", host)
				}
			}
		})
	}
}

// TestUpgradeAllowed checks pages from an allowed origin, clients without an origin, any path if none is configured,
// and a list that is split over several header lines.
func TestUpgradeAllowed(t *testing.T) {
	r := newRig(t, Limits{}, webSpec(t, false, WebSocket{Origin: func(origin, _ string) bool { return origin == "https://good.test" }}, Options{}), nil)
	r.upgrade(t, "Origin: https://good.test\r\n", "")
	r.upgrade(t, "", "")
	response, _ := r.ask(t, "GET /any/path?a=b HTTP/1.1\r\n"+handshakeLines+"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Protocol: binary.ircv3.net, text.ircv3.net\r\n\r\n")
	require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
	require.Equal(t, "binary.ircv3.net", response.Header.Get("Sec-WebSocket-Protocol"))
	require.Empty(t, response.Header.Get("Sec-WebSocket-Extensions"))
	r.session(t)
}

// TestUpgradeSlow checks that a client that sends nothing, or a byte now and then, is limited by the handshake's
// timeout and delays nobody, not even the server's end.
func TestUpgradeSlow(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for _, timeout := range []time.Duration{100 * time.Millisecond, time.Hour} {
			r := newRig(t, Limits{}, webSpec(t, secure, WebSocket{}, Options{HandshakeTimeout: timeout}), nil)
			for _, begin := range []string{"", "GET / HTTP/1.1\r\nHost: "} {
				conn := r.connect(t)
				if secure {
					client := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a test certificate
					require.NoError(t, client.Handshake())
					conn = client
				}
				write(t, conn, begin)
			}
			if timeout == time.Hour { // otherwise they may have ended already
				until(t, "accepted", func() bool { return r.Connections() == 2 })
				r.upgrade(t, "", "")
				r.Close([]byte("ERROR\r\n"), io.EOF)
			}
			until(t, "gone", func() bool { return r.Connections() == 0 })
		}
	}
}

// TestUpgradeMeetsTheEnd closes the server at a random moment of a handshake.
func TestUpgradeMeetsTheEnd(t *testing.T) {
	for i := range 100 {
		r := newRig(t, Limits{}, webSpec(t, false, WebSocket{}, Options{}), nil)
		conn := r.connect(t)
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\n"+handshakeLines+"\r\n") // the connection may be closed already
		time.AfterFunc(time.Duration(i)*5*time.Microsecond, func() { r.Close([]byte("ERROR\r\n"), io.EOF) })
		_, _ = io.Copy(io.Discard, conn) // ends in either way
		_ = conn.Close()
		until(t, "gone", func() bool { return r.Connections() == 0 })
	}
}

func TestForwardedFor(t *testing.T) {
	trusted := func(a netip.Addr) bool { return netip.MustParsePrefix("10.0.0.0/8").Contains(a) }
	for list, want := range map[string]string{
		"":                                      "none",
		"198.51.100.7":                          "198.51.100.7:0",
		"198.51.100.7:1234":                     "198.51.100.7:1234",
		"2001:db8::7":                           "[2001:db8::7]:0",
		"[2001:db8::7]":                         "[2001:db8::7]:0",
		"[2001:db8::7]:99":                      "[2001:db8::7]:99",
		"::ffff:198.51.100.7":                   "198.51.100.7:0",
		"203.0.113.1,198.51.100.7":              "198.51.100.7:0", // the client invented the first one
		"junk,198.51.100.7":                     "198.51.100.7:0",
		"203.0.113.1,198.51.100.7,10.0.0.2":     "198.51.100.7:0",
		"198.51.100.7,10.0.0.2,10.0.0.1":        "198.51.100.7:0",
		"10.0.0.3,10.0.0.2":                     "10.0.0.3:0", // a client in the network of the proxies
		"junk":                                  "wrong",
		"junk,10.0.0.2":                         "wrong",
		"unknown":                               "wrong",
		"0.0.0.0":                               "wrong",
		"::":                                    "wrong",
		"198.51.100.7,":                         "wrong",
		"198.51.100.7 10.0.0.1":                 "wrong",
		strings.Repeat("1", 1000) + ",10.0.0.1": "wrong",
	} {
		var elements []string
		if list != "" {
			elements = strings.Split(list, ",")
		}
		client, told, err := forwardedFor(elements, trusted)
		switch want {
		case "wrong":
			require.Error(t, err, list)
		case "none":
			require.NoError(t, err, list)
			require.False(t, told, list)
		default:
			require.NoError(t, err, list)
			require.True(t, told, list)
			require.Equal(t, want, client.String(), list)
		}
	}
}

// FuzzForwardedFor checks that the result is always an address from the list, and a trusted one only if all are
// trusted.
func FuzzForwardedFor(f *testing.F) {
	f.Add("198.51.100.7, 10.0.0.1")
	f.Add("::%eth0, [::%eth0]:1, ::ffff:0.0.0.0")
	f.Add("[2001:db8::7]:99,fe80::1%eth0,::ffff:10.0.0.1")
	f.Fuzz(func(t *testing.T, header string) {
		trusted := func(a netip.Addr) bool { return netip.MustParsePrefix("10.0.0.0/8").Contains(a) }
		list := listOf(http.Header{"X-Forwarded-For": {header}}, "X-Forwarded-For")
		client, told, err := forwardedFor(list, trusted)
		require.Equal(t, err == nil, told)
		if err != nil {
			return
		}
		addr := client.Addr()
		require.True(t, addr.IsValid() && !addr.IsUnspecified() && !addr.Is4In6() && addr.Zone() == "")
		if trusted(addr) {
			for _, one := range list {
				got, ok := parseForwarded(one)
				require.True(t, ok && trusted(got.Addr()))
			}
		}
	})
}

func TestCameByTLS(t *testing.T) {
	for list, want := range map[string]bool{"https": true, "WSS": true, "http": false, "https,http": false, "http,https": false, "https,https": true, "": false} {
		require.Equal(t, want, cameByTLS(strings.Split(list, ",")), list)
	}
	require.False(t, cameByTLS(nil))
}

// TestForwarded checks whose word counts for the client's address, for TLS and for a certificate.
func TestForwarded(t *testing.T) {
	for _, secure := range []bool{false, true} {
		r := newRig(t, Limits{}, webSpec(t, secure, WebSocket{TrustedProxies: loopback}, Options{}), nil)
		_, p := r.upgrade(t, "X-Forwarded-For: 203.0.113.1\r\nX-Forwarded-For: 198.51.100.7\r\n", "")
		require.Equal(t, "198.51.100.7:0", p.conn.RemoteAddr().String())
		require.False(t, p.conn.LocalAddr().IsValid())
		require.False(t, p.conn.Secure(), "the client's way to the proxy is not known")
		require.Empty(t, p.conn.CertificateFingerprint())
		_, p = r.upgrade(t, "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n", "")
		require.True(t, p.conn.Secure())
		_, p = r.upgrade(t, "X-Forwarded-Proto: https\r\n", "") // nobody is spoken for
		require.Equal(t, secure, p.conn.Secure())
		require.True(t, p.conn.RemoteAddr().Addr().IsLoopback())
		response, body := r.ask(t, "GET / HTTP/1.1\r\n"+handshakeLines+"X-Forwarded-For: unknown\r\n\r\n")
		require.Equal(t, http.StatusBadRequest, response.StatusCode)
		require.Contains(t, body, "X-Forwarded-For")

		r = newRig(t, Limits{}, webSpec(t, secure, WebSocket{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, Options{}), nil)
		_, p = r.upgrade(t, "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n", "")
		require.True(t, p.conn.RemoteAddr().Addr().IsLoopback())
		require.Equal(t, secure, p.conn.Secure())
	}
	spec := webSpec(t, false, WebSocket{TrustedProxies: loopback}, Options{Anonymous: true})
	r := newRig(t, Limits{}, spec, nil)
	_, p := r.upgrade(t, "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n", "")
	require.False(t, p.conn.RemoteAddr().IsValid())
	require.False(t, p.conn.Secure())
}

// TestForwardedLimits checks that the limits per address apply to the client. The proxy's own address does not count
// while it speaks for clients.
func TestForwardedLimits(t *testing.T) {
	reject := func(reason error) []byte { return []byte("ERROR :" + reason.Error() + "\r\n") }
	r := newRig(t, Limits{PerAddress: 1}, webSpec(t, false, WebSocket{TrustedProxies: loopback}, Options{Reject: reject}), nil)
	first, p := r.upgrade(t, "X-Forwarded-For: 198.51.100.1\r\n", "")
	r.upgrade(t, "X-Forwarded-For: 198.51.100.2\r\n", "")
	response, body := r.ask(t, "GET / HTTP/1.1\r\n"+handshakeLines+"X-Forwarded-For: 198.51.100.1\r\n\r\n")
	require.Equal(t, http.StatusTooManyRequests, response.StatusCode)
	require.Equal(t, "ERROR :"+ErrAddressFull.Error()+"\n", body)
	require.NoError(t, first.Close())
	p.reason(t)
	until(t, "the place given back", func() bool { return r.Connections() == 1 })
	r.upgrade(t, "X-Forwarded-For: 198.51.100.1\r\n", "")
	r.upgrade(t, "", "") // the proxy itself
	response, _ = r.ask(t, "GET / HTTP/1.1\r\n"+handshakeLines+"\r\n")
	require.Equal(t, http.StatusTooManyRequests, response.StatusCode)
}

// TestUpgradeNotAdmitted checks that a client that the limits refuse gets an HTTP answer.
func TestUpgradeNotAdmitted(t *testing.T) {
	reject := func(reason error) []byte { return []byte("ERROR :" + reason.Error() + "\r\n") }
	r := newRig(t, Limits{PerAddress: 1}, webSpec(t, false, WebSocket{}, Options{Reject: reject}), nil)
	r.upgrade(t, "", "")
	conn := r.connect(t)
	got, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 57\r\nConnection: close\r\n\r\n"+
		"ERROR :"+ErrAddressFull.Error()+"\n", string(got))
}

// TestWebSocketBehindProxyHeader checks the order: PROXY header, TLS handshake, HTTP request.
func TestWebSocketBehindProxyHeader(t *testing.T) {
	for _, secure := range []bool{false, true} {
		spec := webSpec(t, secure, WebSocket{}, Options{Proxy: true, ProxyFrom: loopback})
		r := newRig(t, Limits{}, spec, nil)
		conn := r.connect(t)
		write(t, conn, header(t, 1, "198.51.100.7:1234"))
		if secure {
			conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a test certificate
		}
		write(t, conn, "GET / HTTP/1.1\r\n"+handshakeLines+"\r\n"+frame(0x81, "x"))
		p := r.session(t)
		require.Equal(t, "line x", p.next(t))
		require.Equal(t, "198.51.100.7:1234", p.conn.RemoteAddr().String())
	}
}

// FuzzUpgrade sends random first bytes to a listener, and checks that the result is an answer, a WebSocket or the end.
func FuzzUpgrade(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\n" + handshakeLines + "\r\n" + frame(0x81, "NICK a")))
	f.Add([]byte("GET / HTTP/1.1\r\n" + handshakeLines + "X-Forwarded-For: 1.2.3.4, 10.0.0.1\r\nX-Forwarded-Proto: https\r\nOrigin: null\r\n\r\n"))
	f.Add([]byte("POST /x HTTP/1.1\r\nHost: a\r\n\r\n"))
	f.Add([]byte("NICK a\r\n"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		r := newRig(t, Limits{}, webSpec(t, false, WebSocket{TrustedProxies: loopback, Origin: func(string, string) bool { return false }}, Options{}), nil)
		conn := r.connect(t)
		_, _ = conn.Write(sent) // the server may refuse it meanwhile
		_ = conn.(*net.TCPConn).CloseWrite()
		got, _ := io.ReadAll(conn) // until the end, or a reset if the server did not read everything
		if len(got) > 0 {
			require.True(t, bytes.HasPrefix(got, []byte("HTTP/1.1 ")), "%q", got)
		}
		until(t, "gone", func() bool { return r.Connections() == 0 })
	})
}

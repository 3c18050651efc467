package integration

import (
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWrongHandshakes checks that clients that use the wrong protocol for a listener are refused, and that nobody else
// notices.
func TestWrongHandshakes(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"limits": "registration_timeout = \"5s\""})
	trust := s.trust()
	conn, err := tls.Dial("tcp", s.tls, trust)
	require.NoError(t, err)
	ann := talk(t, conn)
	ann.register("ann")

	wrong := map[string]net.Conn{}
	for name, greeting := range map[string]string{
		"plain IRC at the TLS port": "NICK bob\r\nUSER bob 0 * :bob\r\n",
		"HTTP at the TLS port":      "GET / HTTP/1.1\r\n\r\n",
		"half a greeting":           "\x16\x03\x01\x02\x00\x01",
		"nothing":                   "",
	} {
		conn, err := net.DialTimeout("tcp", s.tls, patience)
		require.NoError(t, err, name)
		defer func() { _ = conn.Close() }()
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		_, err = conn.Write([]byte(greeting))
		require.NoError(t, err, name)
		wrong[name] = conn
	}
	for name, conn := range wrong {
		_, err := io.Copy(io.Discard, conn) // until the server closes the connection
		if timeout, ok := err.(net.Error); ok {
			require.False(t, timeout.Timeout(), "%s: the server does not close the connection", name)
		}
		ann.drain()
	}

	_, err = tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", s.plain, trust)
	require.Error(t, err, "TLS on the plain port")
	old := trust.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	_, err = tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", s.tls, old)
	require.ErrorContains(t, err, "protocol version")
	older := trust.Clone()
	older.MaxVersion = tls.VersionTLS12
	still, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", s.tls, older)
	require.NoError(t, err)
	bob := talk(t, still)
	bob.register("bob")
	bob.send("PRIVMSG ann :over TLS 1.2")
	ann.sees(`^:bob!bob@127.0.0.1 PRIVMSG ann :over TLS 1.2$`)
}

// TestBrowser checks that a web page cannot make a browser speak IRC.
func TestBrowser(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, verb := range []string{"GET", "POST", "PUT", "OPTIONS", "HEAD"} {
		r := dial(t, "tcp", s.plain)
		r.send("%s / HTTP/1.1\r\nHost: localhost\r\n\r\nNICK evil\r\nUSER evil 0 * :evil", verb)
		for _, line := range r.isClosed() {
			require.NotContains(t, line, " 001 ", verb)
		}
	}
	join(t, s, "evil") // the nick is still free
}

// TestCertificateIsKept checks that a self-signed certificate survives a restart, because clients pin it.
func TestCertificateIsKept(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	before, trust := s.fingerprint(), s.trust()
	s.restart()
	require.Equal(t, before, s.fingerprint())
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", s.tls, trust)
	require.NoError(t, err)
	talk(t, conn).register("ann")
}

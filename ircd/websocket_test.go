package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"net/http"
	"os"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

const webListener = plainListener + "\nwebsocket = true\npath = \"/irc\""

// dialWeb opens a WebSocket as a page with this origin would. It also returns the status of the HTTP response.
func dialWeb(t *testing.T, url, origin string, headers http.Header) (conn *websocket.Conn, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	if headers == nil {
		headers = http.Header{}
	}
	if origin != "" {
		headers.Set("Origin", origin)
	}
	conn, response, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: headers, Subprotocols: []string{"text.ircv3.net"}})
	require.NotNil(t, response, "%v", err)
	if err == nil {
		t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, response.StatusCode
}

func echoesWeb(t *testing.T, conn *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, conn.Write(ctx, websocket.MessageText, []byte("PING x")))
	kind, got, err := conn.Read(ctx)
	require.NoError(t, err)
	require.Equal(t, websocket.MessageText, kind)
	require.Equal(t, "PING x", string(got))
}

// TestWebSocketListener checks the options of a WebSocket listener, and that a reload changes them without reopening
// the socket.
func TestWebSocketListener(t *testing.T) {
	r := serve(t, fileOf(webListener, "trusted_proxies = [\"127.0.0.0/8\"]"))
	address := r.address("127.0.0.1:0")
	url := "ws://" + address + "/irc"
	var out bytes.Buffer
	r.greet(&out)
	require.Contains(t, out.String(), "in a web client: "+url+"\n")

	first, _ := dialWeb(t, url, "http://127.0.0.1:8000", nil)
	echoesWeb(t, first)
	_, status := dialWeb(t, url, "https://chat.example.org", nil)
	require.Equal(t, http.StatusForbidden, status)
	_, status = dialWeb(t, "ws://"+address+"/", "", nil)
	require.Equal(t, http.StatusNotFound, status)
	behind, _ := dialWeb(t, url, "", http.Header{"X-Forwarded-For": {"198.51.100.7"}})
	echoesWeb(t, behind)
	require.Contains(t, r.remotes(), "198.51.100.7:0")

	_, err := r.rewrite(fileOf(webListener, "origins = [\"https://*.example.org\"]"))
	require.NoError(t, err)
	require.Equal(t, address, r.address("127.0.0.1:0"))
	allowed, _ := dialWeb(t, url, "https://chat.example.org", http.Header{"X-Forwarded-For": {"198.51.100.8"}})
	echoesWeb(t, allowed)
	require.NotContains(t, r.remotes(), "198.51.100.8:0")
	_, status = dialWeb(t, url, "http://127.0.0.1:8000", nil)
	require.Equal(t, http.StatusForbidden, status)

	_, err = r.rewrite(fileOf(plainListener))
	require.NoError(t, err)
	r.dial("tcp", address).echoes()
	for _, conn := range []*websocket.Conn{first, behind, allowed} {
		echoesWeb(t, conn)
	}
}

func TestCheckTellsWebSockets(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("config.toml", []byte("[[listeners]]\naddress = \":7000\"\nwebsocket = true\n[[listeners]]\naddress = \":7001\"\nwebsocket = true\ntls = true\n"), 0o600))
	require.Equal(t, ran{exitOK, "config.toml: OK, listens on :7000 (WebSocket), :7001 (WebSocket, TLS)\n", ""}, ircd("", "check"))
}

// TestWebSocketAsksForNoCertificate checks that only plain IRC listeners ask for client certificates, because browsers
// drop a WebSocket whose server asks for one. A reload that changes a listener's kind changes this too.
func TestWebSocketAsksForNoCertificate(t *testing.T) {
	r := serve(t, fileOf(tlsListener))
	asked := func() bool {
		t.Helper()
		was := false
		c, err := tls.Dial("tcp", r.address("[::1]:0"), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { //nolint:gosec // a test certificate
			was = true
			return &tls.Certificate{}, nil
		}})
		require.NoError(t, err)
		require.NoError(t, c.Close())
		return was
	}
	require.True(t, asked())
	_, err := r.rewrite(fileOf(tlsListener, "websocket = true"))
	require.NoError(t, err)
	require.False(t, asked())
	_, err = r.rewrite(fileOf(tlsListener))
	require.NoError(t, err)
	require.True(t, asked())
}

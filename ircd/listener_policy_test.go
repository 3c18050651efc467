package main

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestListenerPolicy checks that a reload can change a listener's options without reopening its socket, and that
// connected clients stay.
func TestListenerPolicy(t *testing.T) {
	r := serve(t, fileOf(plainListener))
	address := r.address("127.0.0.1:0")
	first := r.dial("tcp", address)
	first.echoes()

	_, err := r.rewrite(fileOf(plainListener, "proxy = true"))
	require.NoError(t, err)
	require.Equal(t, address, r.address("127.0.0.1:0"))
	proxied := r.dial("tcp", address)
	_, err = io.WriteString(proxied, "PROXY TCP4 198.51.100.7 192.0.2.1 1234 6667\r\n")
	require.NoError(t, err)
	proxied.echoes()
	require.Contains(t, r.remotes(), "198.51.100.7:1234")

	_, err = r.rewrite(fileOf(plainListener, "proxy = true", "proxy_from = [\"192.0.2.0/24\"]"))
	require.NoError(t, err)
	require.Equal(t, "ERROR :Closing link: this port is only for proxies", r.dial("tcp", address).line())

	_, err = r.rewrite(fileOf(plainListener, "tor = true", "connections = 3"))
	require.NoError(t, err)
	r.dial("tcp", address).echoes()
	require.Contains(t, r.remotes(), "invalid AddrPort")
	require.Equal(t, "ERROR :Closing link: too many connections, try again later", r.dial("tcp", address).line())
	first.echoes()
	proxied.echoes()
}

// remotes returns the addresses of the connected clients.
func (r *running) remotes() (list []string) {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	for c := range r.engine.conns {
		list = append(list, c.RemoteAddr().String())
	}
	return list
}

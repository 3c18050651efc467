package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/commands"
	"bavard/config"
)

// served starts the daemon with the real commands in a directory of its own, and returns its open listeners.
func served(t *testing.T, text string) []listening {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile(configName, []byte(text), 0o600))
	load := func() (*config.Config, error) { return configuration("") }
	cfg, err := load()
	require.NoError(t, err)
	log, level := newLog(io.Discard, cfg.Log)
	d, err := start(cfg, log, level, load, newEngine)
	require.NoError(t, err)
	t.Cleanup(func() { d.stop(stopReason) })
	return d.listeners.active
}

// TestHealth asks each kind of listener, by its address and through the configuration.
func TestHealth(t *testing.T) {
	plain, secure := "", ""
	for _, l := range served(t, plainListener+"\n"+plainListener+"\ntls = true\n"+plainListener+"\nwebsocket = true\npath = \"/irc\"\n"+plainListener+"\nwebsocket = true\ntls = true\n"+
		"[[listeners]]\naddress = \"unix:sock\"\n") {
		address, spec := nameOfListener(l), l.spec
		_, unix := spec.UnixPath()
		if !spec.TLS && !spec.WebSocket {
			r := ircd("", "health", address)
			require.Equal(t, exitOK, r.code, r.errors)
			require.Regexp(t, "^healthy: "+address+` answered in [0-9.]+[mµ]?s\n$`, r.out)
		}
		if unix {
			continue
		}
		path := filepath.Join(t.TempDir(), "one.toml")
		require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, "[[listeners]]\naddress = \":1\"\nproxy = true\n[[listeners]]\naddress = \"systemd:irc\"\n[[listeners]]\naddress = %q\ntls = %v\nwebsocket = %v\n%s",
			address, spec.TLS, spec.WebSocket, strings.Repeat("path = \"/irc\"\n", len(spec.Path)/4)), 0o600))
		r := ircd("", "health", "--config", path)
		require.Equal(t, exitOK, r.code, "%+v: %s", spec, r.errors)
		require.Contains(t, r.out, address)
		if !spec.WebSocket {
			if spec.TLS {
				secure = address
			} else {
				plain = address
			}
		}
	}
	_, port, err := net.SplitHostPort(plain)
	require.NoError(t, err)
	for _, all := range []string{":", "0.0.0.0:"} {
		require.Equal(t, exitOK, ircd("", "health", all+port).code)
	}
	r := ircd("", "health", secure)
	require.Equal(t, exitError, r.code, "plain IRC to a port with TLS")
	require.Regexp(t, "^bavard: unhealthy: "+secure+": .+\n$", r.errors)
}

// TestUnhealthy asks addresses where nothing listens, or where a program is silent, is not an IRC server or refuses the
// connection. It also tries a configuration without a suitable listener.
func TestUnhealthy(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	answers := make(chan string, 1)
	go func() { // ends when the listener is closed
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			fmt.Fprint(conn, <-answers)
		}
	}()
	for answer, want := range map[string]string{
		"": "no answer within the time limit",
		"ERROR :Closing Link: 127.0.0.1 (Too many connections)\r\n":                                            "the server refused the connection: Closing Link: 127.0.0.1 (Too many connections)",
		":x NOTICE * :" + string(make([]byte, 70000)):                                                          "the program at this address does not speak IRC",
		":x NOTICE * :" + commands.HealthTrouble + "(no space left on device)\r\n:x PONG x :bavard-health\r\n": "it answers, but it cannot write to its disk (no space left on device)",
		"+OK ready\r\nPING bavard-health\r\n":                                                                  "no answer within the time limit",
	} {
		answers <- answer
		require.Equal(t, ran{exitError, "", "bavard: unhealthy: " + address + ": " + want + "\n"}, ircd("", "health", "--timeout", "200ms", address))
	}
	require.NoError(t, listener.Close())
	require.Equal(t, ran{exitError, "", "bavard: unhealthy: " + address + ": connection refused\n"}, ircd("", "health", address))

	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile(configName, []byte("[[listeners]]\naddress = \"systemd:irc\"\n"), 0o600))
	require.Equal(t, ran{exitError, "", "bavard: health: this command cannot connect to any listener in the configuration; give an address: bavard health ADDRESS\n"}, ircd("", "health"))
	require.NoError(t, os.WriteFile(configName, []byte("nonsense"), 0o600))
	require.Equal(t, exitError, ircd("", "health").code)
}

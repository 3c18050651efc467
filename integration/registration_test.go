package integration

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPingBeforeRegistration checks that a client can send PING before it registers.
func TestPingBeforeRegistration(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	r := dial(t, "tcp", s.plain)
	r.send("PING :are you there")
	r.sees(`^:irc.test PONG irc.test :are you there$`)
	r.register("ann")
}

// TestSilence checks that clients that never register, or no longer answer, are disconnected, and that clients that
// answer stay.
func TestSilence(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"limits": "registration_timeout = \"4s\"\nping_interval = \"1s\"\nping_timeout = \"5s\""})
	ann := join(t, s, "ann")
	ann.send("JOIN #c")

	conn, err := net.DialTimeout("tcp", s.plain, patience)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = conn.Write([]byte("NICK mute\r\nUSER mute 0 * :mute\r\nJOIN #c\r\n"))
	require.NoError(t, err)
	stranger := dial(t, "tcp", s.plain)
	last := stranger.isClosed()
	require.NotEmpty(t, last)
	require.Contains(t, last[len(last)-1], "ERROR :")

	var heard []string
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		heard = append(heard, lines.Text())
	}
	require.NotEmpty(t, heard)
	require.Contains(t, strings.Join(heard, "\n"), "\nPING ")
	require.Contains(t, heard[len(heard)-1], "ERROR :")
	require.Contains(t, heard[len(heard)-1], "Ping timeout")
	ann.sees(`^:mute!mute@127.0.0.1 QUIT :Ping timeout`)
	ann.drain()
}

package integration

import (
	"io/fs"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUnixSocket checks that clients on the Unix socket and on TCP are on the same server, that the socket has the
// configured mode, and that a socket file left by a crash does not prevent a start.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	info, err := os.Stat(s.unix)
	require.NoError(t, err)
	require.Equal(t, fs.ModeSocket|0o600, info.Mode())
	ann := dial(t, "unix", s.unix)
	ann.register("ann")
	ben := join(t, s, "ben")
	ann.send("JOIN #c")
	ann.sees(` 366 `)
	ben.send("JOIN #c")
	ann.sees(`^:ben!ben@127.0.0.1 JOIN #c$`)
	ann.send("PRIVMSG #c :from next door")
	ben.sees(`^:ann!ann@\S+ PRIVMSG #c :from next door$`)
	ben.send("WHOIS ann")
	ben.sees(` 311 ben ann ann \S+ \* :ann Example$`)

	s.process.signal(syscall.SIGKILL)
	ann.isClosed()
	require.Equal(t, -1, s.process.exitCode(t))
	require.FileExists(t, s.unix)
	require.True(t, s.start(), "the daemon does not start after a crash: %s", s.log())
	_, err = net.DialTimeout("tcp", s.plain, patience)
	require.NoError(t, err)
	back := dial(t, "unix", s.unix)
	back.register("ann")
}

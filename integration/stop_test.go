package integration

import (
	"crypto/tls"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStop checks that a server that is told to stop tells everyone, and exits with code 0.
func TestStop(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, nil)
			secure, err := tls.Dial("tcp", s.tls, s.trust())
			require.NoError(t, err)
			people := []*raw{dial(t, "tcp", s.plain), talk(t, secure), dial(t, "unix", s.unix)}
			for i, nick := range []string{"ann", "ben", "cem"} {
				people[i].register(nick)
				people[i].send("JOIN #c")
				people[i].sees(` 366 `)
			}
			stranger := dial(t, "tcp", s.plain) // a client that has not registered
			stranger.send("PING x")
			stranger.sees(` PONG `)

			s.process.signal(signal)
			for _, r := range append(people, stranger) {
				lines := r.isClosed()
				require.NotEmpty(t, lines, r.nick)
				require.Regexp(t, `^ERROR :.*Server is shutting down`, lines[len(lines)-1], r.nick)
			}
			require.Equal(t, 0, s.process.exitCode(t))
			_, err = os.Stat(s.unix)
			require.ErrorIs(t, err, os.ErrNotExist, "the Unix socket is left behind")
		})
	}
}

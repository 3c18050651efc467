package integration

import (
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReload checks that SIGHUP applies a valid file without disconnecting anyone, and that an invalid file changes
// nothing and the log says why.
func TestReload(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"server": "motd = \"old\""})
	ann := join(t, s, "ann")
	motd := func(want string) {
		t.Helper()
		ann.send("MOTD")
		ann.sees(` 372 ann :.*` + want)
		ann.drain()
	}
	motd("old")

	second := freeAddress(t)
	listener := fmt.Sprintf("[[listeners]]\naddress = %q\n", second)
	s.configure(settings{"server": "motd = \"new\"\ncasemapping = \"rfc1459\"", "": listener})
	s.process.signal(syscall.SIGHUP)
	s.logs("configuration reloaded")
	require.Contains(t, s.log(), "server.casemapping", "the log does not list the options that need a restart")
	motd("new")
	ben := dial(t, "tcp", second)
	ben.register("ben")

	text, err := os.ReadFile(s.configPath())
	require.NoError(t, err)
	bad := strings.Replace(string(text), `"new"`, `"bad"`, 1) + "\n[limits]\nnick_lenght = 9\n"
	require.NoError(t, os.WriteFile(s.configPath(), []byte(bad), 0o600))
	s.process.signal(syscall.SIGHUP)
	s.logs("configuration not reloaded")
	require.Contains(t, s.log(), "limits.nick_lenght")
	require.Contains(t, s.log(), fmt.Sprintf("line=%d", strings.Count(bad, "\n")))
	motd("new")
	ben.drain()

	s.configure(settings{"server": "motd = \"third\""})
	s.process.signal(syscall.SIGHUP)
	await(t, func() bool { return strings.Count(s.log(), "configuration reloaded") == 2 }, "the second reload")
	motd("third")
	_, err = net.DialTimeout("tcp", second, patience)
	require.ErrorIs(t, err, syscall.ECONNREFUSED, "the listener is no longer in the file")
	ben.send("PRIVMSG ann :still here")
	ann.sees(`^:ben!ben@127.0.0.1 PRIVMSG ann :still here$`)
}

// TestOperator checks that a user can become an operator with a password from "bavard hash", and can then reload and
// kill. No password may be logged.
func TestOperator(t *testing.T) {
	t.Parallel()
	const password, wrong = "correct horse battery", "wrong staple"
	code, hash, stderr := run(t, folder(t), password+"\n", "hash")
	require.Equal(t, 0, code, stderr)
	oper := fmt.Sprintf("[[opers]]\nname = \"root\"\npassword = %q\n", strings.TrimSpace(hash))
	s := serve(t, settings{"log": "level = \"debug\"", "": oper})
	ann, ben := join(t, s, "ann"), join(t, s, "ben")
	ann.send("REHASH")
	ann.sees(` 481 ann `)
	ann.send("OPER root :%s", wrong)
	ann.sees(` 464 ann `)
	ann.send("OPER root :%s", password)
	ann.sees(` 381 ann `)

	text, err := os.ReadFile(s.configPath())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.configPath(), []byte(string(text)+"\nnonsense"), 0o600))
	ann.send("REHASH")
	line := strings.Count(string(text), "\n") + 2
	ann.sees(fmt.Sprintf(` ann .*config.toml:%d`, line))
	require.NoError(t, os.WriteFile(s.configPath(), text, 0o600))
	ann.send("REHASH")
	ann.sees(` 382 ann `)

	ben.send("KILL ann :no")
	ben.sees(` 481 ben `)
	ann.send("KILL ben :enough")
	last := ben.isClosed()
	require.NotEmpty(t, last)
	require.Regexp(t, `^ERROR :.*enough`, last[len(last)-1])
	for _, secret := range []string{password, wrong, "battery", "staple", "argon2"} {
		require.NotContains(t, s.log(), secret, "a secret in the log")
	}
}

package integration

import (
	"fmt"
	"math"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// fileSize limits the size of the daemon's files. With 0 they can no longer grow, as on a full disk.
func (s *server) fileSize(most uint64) {
	s.t.Helper()
	require.NoError(s.t, unix.Prlimit(s.process.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: most, Max: math.MaxUint64}, nil))
}

// TestFullDisk checks that, while nothing can be written, nobody is disconnected, talk goes on, IRC operators are told,
// and what must last is refused. Once there is room again, everything lasts, also what was said meanwhile.
func TestFullDisk(t *testing.T) {
	dir := folder(t)
	_, hash, _ := run(t, dir, "secret\n", "hash")
	s := serve(t, settings{"": fmt.Sprintf("[[opers]]\nname = \"root\"\npassword = %q\n", strings.TrimSpace(hash)), "flood": quick["flood"]})
	root, bob := join(t, s, "root"), join(t, s, "bob")
	root.send("OPER root secret")
	root.sees(" 381 ")
	for _, r := range []*raw{root, bob} {
		r.send("JOIN #c")
		r.sees(" 366 ")
	}
	root.send("SAMODE #c +P")
	root.sees(` MODE #c \+P`)
	say := func(text string) {
		bob.send("PRIVMSG #c :%s", text)
		root.sees(" PRIVMSG #c :" + text)
	}
	say("before")

	s.fileSize(0)
	say("while")
	root.sees(`NOTICE root :\*\*\* DISK: nothing that happens now is kept: `)
	say("still")
	root.send("TOPIC #c :a new topic")
	bob.sees(" TOPIC #c :a new topic")
	root.send("KLINE *@192.0.2.1 :spam")
	root.sees("Not done: the server cannot write to its disk at the moment, and this must not be lost")

	s.fileSize(math.MaxUint64)
	root.sees(`NOTICE root :\*\*\* DISK: everything is kept again`)
	root.send("KLINE *@192.0.2.1 :spam")
	root.sees("You added 192.0.2.1 for good: spam")
	say("after")

	s.process.signal(syscall.SIGKILL)
	<-s.process.ended
	s.earlier += s.process.stderr.String()
	require.True(t, s.start(), "the daemon does not start again:\n%s", s.log())
	r := join(t, s, "carol")
	r.send("JOIN #c")
	r.sees(" 332 carol #c :a new topic")
	r.sees(" 366 ")
	r.send("HISTORY #c")
	lines := strings.Join(r.until("End of history"), "\n")
	for _, text := range []string{"before", "while", "still", "after"} {
		require.Contains(t, lines, "<bob> "+text)
	}
}

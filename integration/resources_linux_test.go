package integration

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// writeLog makes the server log something.
func writeLog(r *raw) {
	r.t.Helper()
	r.send("OPER nobody wrong")
	r.sees(` (464|491) `)
}

// TestFullDiskForTheLog checks that the server works although its log cannot be written.
func TestFullDiskForTheLog(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer func() { _ = full.Close() }()
	s := serveAs(t, settings{"flood": quick["flood"], "log": "level = \"debug\""}, func(cmd *exec.Cmd) { cmd.Stderr = full })
	servesWithoutLog(t, s)
}

// TestLogThatNobodyReads checks that the server works while its log is a pipe that is full because its reader is
// stopped, and after the reader has ended.
func TestLogThatNobodyReads(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	// The pipe is full before the daemon writes anything.
	require.NoError(t, write.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
	for err == nil {
		_, err = write.Write(make([]byte, 4096))
	}
	require.NoError(t, unix.SetNonblock(int(write.Fd()), false))
	s := serveAs(t, settings{"flood": quick["flood"], "log": "level = \"debug\""}, func(cmd *exec.Cmd) { cmd.Stderr = write })
	servesWithoutLog(t, s)
	require.NoError(t, write.Close())
	require.NoError(t, read.Close())
	servesWithoutLog(t, s)
}

// servesWithoutLog checks that users can connect, talk, do something that is logged, and leave.
func servesWithoutLog(t *testing.T, s *server) {
	t.Helper()
	ann, bob := join(t, s, "ann"), join(t, s, "bob")
	for visit := range 3 {
		for _, r := range []*raw{ann, bob} {
			r.send("JOIN #c")
			r.drain()
		}
		ann.send("PRIVMSG #c :hello")
		bob.sees(`^:ann!\S+ PRIVMSG #c :hello$`)
		writeLog(join(t, s, fmt.Sprintf("visitor%d%d", visit, rand.IntN(1e6))))
	}
	for _, r := range []*raw{ann, bob} {
		r.send("QUIT")
		r.isClosed()
	}
}

// welcomes reports whether a new client is accepted now.
func welcomes(address string) bool {
	conns, err := crowd(address, 1, "NICK early\r\nUSER e 0 * :e\r\n")
	if err != nil {
		return false
	}
	defer disperse(conns)
	_ = conns[0].SetReadDeadline(time.Now().Add(patience)) // fails only if it is closed
	lines := bufio.NewScanner(conns[0])
	for lines.Scan() {
		if strings.Contains(lines.Text(), " 001 ") {
			return true
		}
	}
	return false
}

// TestFewFiles checks a daemon that can open only a few files. It accepts fewer connections and tells refused clients
// why. TLS still works for those that are accepted.
func TestFewFiles(t *testing.T) {
	t.Parallel()
	s := serveAs(t, settings{"flood": quick["flood"]}, func(cmd *exec.Cmd) {
		cmd.Args = append([]string{"sh", "-c", "ulimit -n 128; exec \"$@\"", "sh"}, append([]string{cmd.Path}, cmd.Args[1:]...)...)
		cmd.Path = "/bin/sh"
	})
	s.logs("limits.clients exceeds the limit on open files")
	ann := join(t, s, "ann")
	var conns []net.Conn
	meanwhile(t, ann, func() (err error) {
		conns, err = crowd(s.plain, 300, "NICK g%d\r\nUSER g 0 * :g\r\n")
		return err
	})
	defer disperse(conns)
	await(t, func() bool { return ann.users() == 128-64 }, "all connections to be in use")
	disperse(conns)
	await(t, func() bool { return ann.users() == 1 }, "everyone to be gone")
	// Some of the crowd may have been accepted after that. They count until the server notices that they are gone.
	await(t, func() bool { return welcomes(s.plain) }, "room for a connection")
	join(t, s, "late")
	require.NotContains(t, s.log(), "cannot accept")
}

// TestNoFilesLeft checks a daemon that has no file left for new connections. They wait, existing clients notice
// nothing, the daemon uses little CPU time, and it serves everyone when there are files again.
func TestNoFilesLeft(t *testing.T) {
	t.Parallel()
	s := serve(t, quick)
	ann := join(t, s, "ann")
	pid := s.process.cmd.Process.Pid
	var before unix.Rlimit
	require.NoError(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &before))
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	require.NoError(t, err)
	few := unix.Rlimit{Cur: uint64(len(open)), Max: before.Max}
	require.NoError(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &few, nil))
	conns, err := crowd(s.plain, 50, "NICK w%d\r\nUSER w 0 * :w\r\n")
	require.NoError(t, err)
	defer disperse(conns)
	s.logs("cannot accept connections")

	const length = 2 * time.Second
	spent := cpuOf(t, pid)
	ends := time.Now().Add(length)
	for time.Now().Before(ends) { // like a client that asks ten times a second
		ann.drain()
		time.Sleep(100 * time.Millisecond)
	}
	spent = cpuOf(t, pid) - spent
	t.Logf("%v of CPU in %v", spent, length)
	require.Less(t, spent, length/4, "the daemon uses too much CPU time")
	require.Equal(t, 1, strings.Count(s.log(), "cannot accept connections"), "it is logged once")

	require.NoError(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &before, nil))
	await(t, func() bool { return ann.users() == 51 }, "the clients that had to wait")
	s.logs("accepting connections again")
}

// cpuOf returns the CPU time that a process has used, by the scheduler's count for all its threads.
func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	require.NoError(t, err)
	var all time.Duration
	for _, thread := range threads {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/schedstat", pid, thread.Name()))
		if err != nil {
			continue // the thread has ended
		}
		var nanoseconds int64
		_, err = fmt.Sscan(string(text), &nanoseconds)
		require.NoError(t, err)
		all += time.Duration(nanoseconds)
	}
	return all
}

package integration

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestNeverReads checks that a client that does not read is disconnected when its queue is full, and that the others
// get every line.
func TestNeverReads(t *testing.T) {
	t.Parallel()
	s, people := serveBusy(t)
	conn, err := net.DialTimeout("tcp", s.plain, patience)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4<<10))
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = conn.Write([]byte("NICK deaf\r\nUSER deaf 0 * :deaf\r\nJOIN #busy\r\n"))
	require.NoError(t, err)
	for lines := bufio.NewScanner(conn); lines.Scan() && !strings.Contains(lines.Text(), " 366 "); {
	}
	people.overrun(t, "deaf")
}

// TestStopped does the same with a real client whose process is stopped.
func TestStopped(t *testing.T) {
	t.Parallel()
	s, people := serveBusy(t)
	deaf := sitDown(t, newIrssi(t), s, "deaf", false)
	deaf.types("", "/join #busy")
	deaf.sees(entered, "deaf", "#busy")
	deaf.running().signal(syscall.SIGSTOP)
	people.overrun(t, "deaf")
	deaf.running().signal(syscall.SIGCONT)
	deaf.sees(disconnected)
}

// busy connects two clients to the channel #busy: one that talks, and one that reads everything.
type busy struct{ talker, reader *raw }

func serveBusy(t *testing.T) (*server, busy) {
	t.Helper()
	s := serve(t, settings{"flood": "enabled = false", "limits": "send_queue = \"32KiB\""})
	b := busy{talker: join(t, s, "talker"), reader: join(t, s, "reader")}
	for _, r := range []*raw{b.talker, b.reader} {
		r.send("JOIN #busy")
		r.sees(` 366 ` + r.nick)
	}
	return s, b
}

// overrun talks in #busy until one of the members is disconnected, and checks that the other member misses nothing.
func (b busy) overrun(t *testing.T, victim string) {
	t.Helper()
	talker, reader := b.talker, b.reader
	reader.sees(`^:` + victim + `!\S+ JOIN #busy$`)
	const (
		mostBytes = 64 << 20 // far more than the system's buffers hold
		burst     = 10       // lines; well below the send queue of the client that reads
	)
	padding := strings.Repeat("x", 400)
	var worst time.Duration
	dropped := false
	for line := 0; !dropped; {
		require.Less(t, line*len(padding), mostBytes, "%s is never dropped", victim)
		began := time.Now()
		for range burst {
			talker.send("PRIVMSG #busy :%d %s", line, padding)
			line++
		}
		for heard := line - burst; heard < line; {
			got, ok := reader.next()
			require.True(t, ok, "the client that reads is disconnected")
			if strings.HasPrefix(got, ":"+victim+"!") {
				require.Regexp(t, `^:\S+ QUIT :SendQ exceeded$`, got)
				dropped = true
				continue
			}
			require.Equal(t, fmt.Sprintf(":talker!talker@127.0.0.1 PRIVMSG #busy :%d %s", heard, padding), got)
			heard++
		}
		worst = max(worst, time.Since(began))
	}
	t.Logf("%d lines at a time reached the others within %v at most", burst, worst)
	talker.sees(`^:` + victim + `!\S+ QUIT :SendQ exceeded$`)
	talker.send("NAMES #busy")
	talker.sees(` 353 talker = #busy :.*talker reader$`)
}

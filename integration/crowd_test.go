package integration

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// crowd opens n connections from addresses 127.0.1.x, and sends these lines on each. %d in them stands for the
// connection's number.
func crowd(address string, n int, greeting string) ([]net.Conn, error) {
	const dialers = 32
	conns := make([]net.Conn, n)
	errs := make([]error, dialers)
	var done sync.WaitGroup
	for d := range dialers {
		done.Go(func() { // ends with its share of the connections
			for i := d; i < n && errs[d] == nil; i += dialers {
				dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i%200))}}
				conns[i], errs[d] = dialer.DialContext(context.Background(), "tcp", address)
				if errs[d] == nil && greeting != "" {
					_, errs[d] = conns[i].Write([]byte(strings.ReplaceAll(greeting, "%d", fmt.Sprint(i))))
				}
			}
		})
	}
	done.Wait()
	if err := errors.Join(errs...); err != nil {
		disperse(conns)
		return nil, err
	}
	return conns, nil
}

// disperse closes the connections.
func disperse(conns []net.Conn) {
	for _, c := range conns {
		if c != nil {
			_ = c.Close()
		}
	}
}

// allClosed waits until the server has closed all these connections.
func allClosed(conns []net.Conn) error {
	deadline := time.Now().Add(patience)
	for i, c := range conns {
		_ = c.SetDeadline(deadline)
		for r := bufio.NewReader(c); ; {
			if _, err := r.ReadString('\n'); errors.Is(err, os.ErrDeadlineExceeded) {
				return fmt.Errorf("connection %d is still open", i)
			} else if err != nil {
				break
			}
		}
	}
	return nil
}

// needFiles fails the test if this process cannot open so many files.
func needFiles(t *testing.T, files uint64) {
	t.Helper()
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	require.GreaterOrEqual(t, uint64(limit.Max), files, "the hard limit of open files (ulimit -Hn) is too low for this test")
	limit.Cur = limit.Max
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
}

// users returns the number of users that the server counts.
func (r *raw) users() int {
	r.t.Helper()
	r.send("LUSERS")
	var users int
	_, err := fmt.Sscanf(r.sees(` 265 `+r.nick+` `), ":irc.test 265 "+r.nick+" %d ", &users)
	require.NoError(r.t, err)
	return users
}

// TestTenThousand checks that ten thousand clients can connect, register and leave at once, while a client that was
// there before keeps getting answers.
func TestTenThousand(t *testing.T) {
	const people = 10_000
	needFiles(t, people+1000)
	s := serve(t, settings{"flood": quick["flood"], "limits": "clients = 10500"})
	ann := join(t, s, "ann")
	var conns []net.Conn
	came := meanwhile(t, ann, func() (err error) {
		conns, err = crowd(s.plain, people, "NICK g%d\r\nUSER g 0 * :g\r\n")
		return err
	})
	defer disperse(conns)
	meanwhile(t, ann, func() error { // each client's first line means that it was welcomed
		for i, c := range conns {
			_ = c.SetReadDeadline(time.Now().Add(patience))
			line, err := bufio.NewReader(c).ReadString('\n')
			if err != nil || !strings.HasPrefix(line, ":irc.test 001 ") {
				return fmt.Errorf("connection %d: %q, %w", i, line, err)
			}
		}
		return nil
	})
	require.Equal(t, people+1, ann.users())
	went := meanwhile(t, ann, func() error { disperse(conns); return nil })
	await(t, func() bool { return ann.users() == 1 }, "the end of ten thousand connections")
	t.Logf("%d came and went; a PING was answered within %v and %v", people, came, went)
}

// TestFloodOfConnections checks that an address that connects as fast as it can is refused, while others can connect.
func TestFloodOfConnections(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"flood": quick["flood"], "limits": "exempt = [\"127.0.0.1/32\"]\nconnection_rate = 5\nconnections_per_address = 10"})
	ann := join(t, s, "ann")
	turnedAway := 0
	meanwhile(t, ann, func() error {
		for i := range 2000 {
			dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 2, 1)}}
			c, err := dialer.Dial("tcp", s.plain)
			if err != nil {
				return err
			}
			_ = c.SetDeadline(time.Now().Add(patience))
			// A client that is accepted gets an answer to this; one that is refused may be reset.
			_, _ = c.Write([]byte("PING x\r\n"))
			line, _ := bufio.NewReader(c).ReadString('\n')
			if !strings.Contains(line, "PONG") {
				turnedAway++
			}
			_ = c.Close()
			if i%500 == 250 { // someone else connects
				others, err := crowd(s.plain, 3, "NICK o%d\r\nUSER o 0 * :o\r\n")
				if err != nil {
					return err
				}
				for _, c := range others {
					_ = c.SetReadDeadline(time.Now().Add(patience))
					if line, err := bufio.NewReader(c).ReadString('\n'); !strings.Contains(line, " 001 ") {
						return fmt.Errorf("somebody else got %q (%w)", line, err)
					}
				}
				disperse(others)
			}
		}
		return nil
	})
	require.Greater(t, turnedAway, 1900)
}

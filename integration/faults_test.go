package integration

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestHalfOpen checks hundreds of clients that vanish without closing, before and after the welcome, or that only close
// their sending side. The server detects this by itself. A client that answers its PINGs stays and notices nothing.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"flood": quick["flood"], "limits": "registration_timeout = \"3s\"\nping_interval = \"2s\"\nping_timeout = \"2s\""})
	ann := join(t, s, "ann")
	ann.send("JOIN #c")
	ann.drain()
	const each = 150
	var silent, gone, half []net.Conn
	meanwhile(t, ann, func() (err error) {
		if silent, err = crowd(s.plain, each, "NICK s%d\r\n"); err != nil {
			return err
		}
		if gone, err = crowd(s.plain, each, "NICK g%d\r\nUSER g 0 * :g\r\nJOIN #c\r\n"); err != nil {
			return err
		}
		if half, err = crowd(s.plain, each, "NICK h%d\r\nUSER h 0 * :h\r\nJOIN #c\r\n"); err != nil {
			return err
		}
		for _, c := range half {
			if err := c.(*net.TCPConn).CloseWrite(); err != nil {
				return err
			}
		}
		for _, conns := range [][]net.Conn{silent, gone, half} {
			if err := allClosed(conns); err != nil {
				return err
			}
			disperse(conns)
		}
		return nil
	})
	await(t, func() bool { return ann.users() == 1 }, "the end of the vanished clients")
	reasons := map[string]int{}
	ann.mu.Lock()
	defer ann.mu.Unlock()
	for _, line := range ann.all {
		if _, reason, quit := strings.Cut(line, " QUIT :"); quit {
			reasons[reason]++
		}
	}
	require.Len(t, reasons, 2, "%v", reasons)
	require.Equal(t, each, reasons["Connection closed"], "%v", reasons)
}

// TestOneByteASecond checks that hundreds of clients that send a byte per second do not register in time and are
// disconnected, while a member who types as slowly is heard.
func TestOneByteASecond(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"flood": quick["flood"], "limits": "registration_timeout = \"4s\""})
	ann, slow := join(t, s, "ann"), join(t, s, "slow")
	for _, r := range []*raw{ann, slow} {
		r.send("JOIN #c")
		r.drain()
	}
	meanwhile(t, ann, func() error {
		conns, err := crowd(s.plain, 300, "")
		if err != nil {
			return err
		}
		defer disperse(conns)
		second := time.NewTicker(time.Second)
		defer second.Stop()
		line := "PRIVMSG #c hi\r\n"
		for i := range line {
			if _, err := slow.conn.Write([]byte(line[i : i+1])); err != nil {
				return fmt.Errorf("the slow member is cut off: %w", err)
			}
			for _, c := range conns {
				_, _ = c.Write([]byte("NICK toolate\r\nUSER x")[i : i+1]) // until the server closes the connection
			}
			if i%3 == 2 { // a third of the time, to save time
				<-second.C
			}
		}
		return allClosed(conns)
	})
	ann.mu.Lock()
	defer ann.mu.Unlock()
	require.Contains(t, ann.all, ":slow!slow@127.0.0.1 PRIVMSG #c :hi")
}

// TestEndlessHandshakes checks that hundreds of clients that start a TLS handshake without finishing it are
// disconnected in time, while others can connect to the same listener.
func TestEndlessHandshakes(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"flood": quick["flood"], "limits": "registration_timeout = \"5s\""})
	ann := join(t, s, "ann")
	trust := s.trust()
	meanwhile(t, ann, func() error {
		greeting := "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
		conns, err := crowd(s.tls, 400, greeting)
		if err != nil {
			return err
		}
		defer disperse(conns)
		for i := range 10 {
			c, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", s.tls, trust)
			if err != nil {
				return fmt.Errorf("nobody else can shake hands: %w", err)
			}
			_ = c.SetDeadline(time.Now().Add(patience))
			_, _ = fmt.Fprintf(c, "NICK t%d\r\nUSER t 0 * :t\r\n", i)
			line, err := bufio.NewReader(c).ReadString('\n')
			_ = c.Close()
			if !strings.Contains(line, " 001 ") {
				return fmt.Errorf("who comes by TLS got %q: %w", line, err)
			}
		}
		return allClosed(conns)
	})
	await(t, func() bool { return ann.users() == 1 }, "the end of the guests")
}

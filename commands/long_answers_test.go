package commands

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// crowded is a server with 50,000 channels and a channel of 16,000 members, none of whom has a connection.
func crowded(t *testing.T) *soak {
	const channels, members, perUser = 50_000, 16_000, 1000
	s := newSoakWith(t, mergeConfig(soakConfig, fmt.Sprintf("[limits]\nchannels_per_user = %d\nping_interval = \"1h\"\nrealname_length = 300\n", perUser)))
	s.server.order.Lock()
	defer s.server.order.Unlock()
	var out outbox
	do := func(user int, op state.Op) {
		require.Nil(t, s.server.doFor(&out, state.SessionID(1_000_000+user), nil, op))
	}
	for i := range members {
		do(i, &state.Register{Nick: fmt.Sprintf("m%d", i), Username: "m", Host: "example.org", Address: "192.0.2.1", Realname: strings.Repeat("r", 300)})
		do(i, &state.Join{Channel: "#crowd"})
	}
	for i := range channels {
		name := fmt.Sprintf("#c%05d", i)
		do(i/(perUser-1), &state.Join{Channel: name})
		do(i/(perUser-1), &state.SetTopic{Channel: name, Text: strings.Repeat("t", 200)})
	}
	require.Empty(t, out.conns)
	return s
}

// person is somebody with a real connection.
type person struct {
	t     *testing.T
	conn  net.Conn
	lines *bufio.Reader
}

func (s *soak) person(nick string) *person {
	// The buffer does not grow: the answers are longer than what it and the server's own hold.
	var dialer net.Dialer
	dialer.Control = func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 64<<10) })
	}
	conn, err := dialer.Dial("tcp", s.doors[0].address)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(s.t, conn.SetDeadline(time.Now().Add(patienceOfSoak)))
	p := &person{t: s.t, conn: conn, lines: bufio.NewReader(conn)}
	p.say("NICK " + nick + "\r\nUSER u 0 * :u")
	p.until(" 422 ")
	p.pong()
	return p
}

func (p *person) say(line string) {
	_, err := p.conn.Write([]byte(line + "\r\n"))
	require.NoError(p.t, err)
}

// until reads up to a line that contains what, and returns those before it.
func (p *person) until(what string) (lines []string) {
	for {
		line, err := p.lines.ReadString('\n')
		require.NoError(p.t, err, "after %d lines", len(lines))
		if strings.Contains(line, what) {
			return lines
		}
		lines = append(lines, line)
	}
}

func (p *person) pong() {
	p.say("PING bystander")
	p.until("PONG irc.test :bystander")
}

// TestLongAnswers: a LIST of 50,000 channels and a WHO of 16,000 members go out in pages as they are read. While such
// an answer waits for its reader, others are served, things change, and the state's lock is free; no client is dropped
// because of its request.
func TestLongAnswers(t *testing.T) {
	s := crowded(t)
	for i, test := range []struct {
		ask, line, end string
		answers        int
		late           string // what the bystander does meanwhile, which the answer's end tells
	}{
		{"LIST", " 322 ", " 323 ", 50_002, "JOIN #late"},
		{"WHO #crowd", " 352 ", " 315 ", 16_001, "JOIN #crowd"},
		{"WHO #crowd %tcuihsnfdlaor,1", " 354 ", " 315 ", 16_002, "JOIN #crowd"},
	} {
		asker, bystander := s.person("asker"), s.person(fmt.Sprintf("bystander%d", i))
		asker.say("OPER root secret") // who sees those who are invisible
		asker.pong()
		asker.say(test.ask)
		first := test.line
		if test.ask == "LIST" {
			first = " 321 "
		}
		asker.until(first)
		for range 20 { // he reads no further: nobody else notices
			bystander.pong()
		}
		bystander.say(test.late)
		bystander.until(" 366 ")
		lines := asker.until(test.end)
		if first == test.line {
			test.answers--
		}
		// When the sockets between them hold the whole answer, it ended before the bystander came.
		waited := len(lines) == test.answers
		if !waited {
			require.Len(t, lines, test.answers-1, test.ask)
		}
		seen := map[string]bool{}
		for _, line := range lines {
			require.Contains(t, line, test.line)
			require.False(t, seen[line], "twice: %s", line)
			seen[line] = true
		}
		if waited {
			require.Contains(t, lines[len(lines)-1], strings.TrimPrefix(test.late, "JOIN "), "what came while the answer waited")
		}
		asker.pong()
		asker.say("QUIT")
		asker.until("ERROR ")
	}
	require.Zero(t, s.log.panics, s.log.first)
}

package commands

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tally counts the lines that many connections are sent, and how many of them are names.
type tally struct{ lines, names int }

type tallyConn struct {
	nullConn
	*tally
}

func (c *tallyConn) Send(lines []byte) bool { return c.SendPair(lines, nil) }

func (c *tallyConn) SendPair(head, tail []byte) bool {
	c.lines++
	if bytes.Contains(head, []byte(" 353 ")) || bytes.Contains(tail, []byte(" 353 ")) {
		c.names++
	}
	return false
}

// tallyPages counts the lines that all connections have been sent, each time that the client that acts waits.
type tallyPages struct {
	tallyConn
	pages []int
	// first is called between the first page and the second.
	first func()
}

func (p *tallyPages) Await(int, time.Duration) bool {
	if p.pages = append(p.pages, p.lines); len(p.pages) == 1 {
		p.first()
	}
	return true
}

// TestNamesAreOwedInPages checks that, after a -u, or a RENAME that clients do not support, each member is sent the
// names of all members, in short holds of the lock. Members who join meanwhile get the names with their own JOIN, and
// members who leave do not get them.
func TestNamesAreOwedInPages(t *testing.T) {
	const members = 1000
	for _, line := range []string{"MODE #c -u", "MODE #c -u+u-u+u-u", "RENAME #c #d"} {
		t.Run(line, func(t *testing.T) {
			g := benchStage()
			all := &tally{}
			conn := &tallyPages{tallyConn: tallyConn{nullConn{memoryConn{addr: addrOf("127.0.0.1")}}, all}}
			enter := func(i int, conn Conn) *Client {
				client, _ := g.server.Open(conn)
				client.Line(fmt.Appendf(nil, "NICK n%d", i))
				client.Line([]byte("USER u 0 * :R"))
				client.Line([]byte("JOIN #c"))
				client.Batch()
				return client
			}
			founder := enter(0, conn)
			var last *Client
			for i := 1; i < members; i++ {
				last = enter(i, &tallyConn{nullConn{memoryConn{addr: addrOf("127.0.0.1")}}, all})
			}
			if strings.HasPrefix(line, "MODE") {
				founder.Line([]byte("MODE #c +u"))
			}
			*all, conn.pages = tally{}, nil
			conn.first = func() { last.Line([]byte("PART #c,#d")) }
			founder.Line([]byte(line))
			require.Greater(t, len(conn.pages), 1, "%d lines", all.lines)
			before := 0
			for _, lines := range append(conn.pages, all.lines) {
				require.LessOrEqual(t, lines-before, owedLines+4*members)
				before = lines
			}
			r := renderer{server: g.server}
			per := len(r.nameTails(founder.session.User().Members()[0].Channel(), founder.session.User(), 0))
			require.Equal(t, (members-1)*per, all.names)
		})
	}
}

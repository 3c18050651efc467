package commands

import (
	"fmt"
	"io"
	"testing"
)

// arrive makes a connection that takes everything and keeps nothing, and registers it.
func arrive(g *stage, i int) *Client {
	client, _ := g.server.Open(&nullConn{memoryConn{addr: addrOf("127.0.0.1")}})
	client.Line(fmt.Appendf(nil, "NICK n%d", i))
	client.Line([]byte("USER u 0 * :R"))
	client.Batch()
	return client
}

// SendPair is Send for a line in two parts.
func (*nullConn) SendPair(_, _ []byte) bool { return false }

// BenchmarkRegister is a connection from its first line to the end of its greeting, and its end.
func BenchmarkRegister(b *testing.B) {
	g := newStage(&testing.T{}, testConfig)
	b.ReportAllocs()
	for b.Loop() {
		arrive(g, 0).Closed(io.EOF)
	}
}

// BenchmarkJoin is a JOIN and a PART of a channel with so many members.
func BenchmarkJoin(b *testing.B) {
	for _, members := range []int{10, 1000} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			g := newStage(&testing.T{}, testConfig)
			for i := range members {
				arrive(g, i).Line([]byte("JOIN #c"))
			}
			joiner := arrive(g, members)
			b.ReportAllocs()
			for b.Loop() {
				joiner.Line([]byte("JOIN #c"))
				joiner.Line([]byte("PART #c"))
				joiner.Batch()
			}
		})
	}
}

// BenchmarkPrivmsgToUser is a private message.
func BenchmarkPrivmsgToUser(b *testing.B) {
	g := newStage(&testing.T{}, testConfig)
	alice := arrive(g, 0)
	arrive(g, 1)
	line := []byte("PRIVMSG n1 :hello, this is a line of ordinary length that people write")
	b.ReportAllocs()
	for b.Loop() {
		alice.Line(line)
		alice.Batch()
	}
}

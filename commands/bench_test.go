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

// benchStage is a stage that does not record, as a daemon does not.
func benchStage() *stage {
	g := newStage(&testing.T{}, testConfig)
	g.server.options.Recorded = nil
	return g
}

// BenchmarkRegister is a connection from its first line to the end of its greeting, and its end.
func BenchmarkRegister(b *testing.B) {
	g := benchStage()
	b.ReportAllocs()
	for b.Loop() {
		arrive(g, 0).Closed(io.EOF)
	}
}

// BenchmarkJoin is a JOIN and a PART of a channel with so many members.
func BenchmarkJoin(b *testing.B) {
	for _, members := range []int{10, 1000} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			g := benchStage()
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
	g := benchStage()
	alice := arrive(g, 0)
	arrive(g, 1)
	line := []byte("PRIVMSG n1 :hello, this is a line of ordinary length that people write")
	b.ReportAllocs()
	for b.Loop() {
		alice.Line(line)
		alice.Batch()
	}
}

// BenchmarkMultiline is a message of ten lines in a channel with so many members, of whom every second one knows such
// messages.
func BenchmarkMultiline(b *testing.B) {
	for _, members := range []int{10, 1000} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			g := benchStage()
			var alice *Client
			for i := range members {
				c := arrive(g, i)
				if i == 0 {
					alice = c
				}
				if i%2 == 0 {
					c.Line([]byte("CAP REQ :batch draft/multiline message-tags server-time"))
				}
				c.Line([]byte("JOIN #c"))
				c.Batch()
			}
			begin, end := []byte("BATCH +1 draft/multiline #c"), []byte("BATCH -1")
			line := []byte("@batch=1 PRIVMSG #c :hello, this is a line of ordinary length that people write")
			b.ReportAllocs()
			for b.Loop() {
				alice.Line(begin)
				for range 10 {
					alice.Line(line)
				}
				alice.Line(end)
				alice.Batch()
			}
		})
	}
}

package state

import (
	"fmt"
	"testing"
)

// BenchmarkSnapshot encodes and decodes a network of 100,000 users, each in three channels.
func BenchmarkSnapshot(b *testing.B) {
	const users = 100_000
	s, n := New(), uint64(0)
	apply := func(x SessionID, op Op) {
		n++
		if _, refusal := s.Apply(Stamp{Time: int64(n), Elapsed: int64(n), Order: n, Origin: Origin{1, 1, n}, Session: x}, op); refusal != nil {
			b.Fatal(refusal)
		}
	}
	apply(0, &NodeUp{})
	for i := range users {
		x := SessionID(i + 1)
		apply(x, &Register{Nick: fmt.Sprintf("nick%d", i), Username: "user", Host: fmt.Sprintf("host%d.example.org", i), Address: "192.0.2.1", Realname: "A Real Name"})
		for j := range 3 {
			apply(x, &Join{Channel: fmt.Sprintf("#channel%d", (i*7+j*13)%(users/20+1))})
		}
	}
	encoded := s.Snapshot()
	b.Run("encode", func(b *testing.B) {
		b.SetBytes(int64(len(encoded)))
		b.ReportAllocs()
		for b.Loop() {
			s.Snapshot()
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(int64(len(encoded)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Restore(encoded); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkAppendOp encodes a message for the journal.
func BenchmarkAppendOp(b *testing.B) {
	op := &Message{Kind: Privmsg, Target: "#channel", Text: "hello world, this is a usual line of talk in a channel"}
	st := Stamp{Time: 1_700_000_000_000_000_000, Order: 300, Origin: Origin{1, 5, 299}, Session: 1<<48 | 7, Elapsed: 1_700_000_000_000_000_001}
	buffer := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buffer = AppendOp(buffer[:0], &st, op)
	}
}

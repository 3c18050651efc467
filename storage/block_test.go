package storage

import (
	"encoding/binary"
	"flag"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

var update = flag.Bool("update", false, "write the golden files")

// everyLine has lines that together use each field.
func everyLine() []state.Line {
	lines := []state.Line{
		*said(1, "hello"), *said(2, ""), *private(3, alice, "alice!a@a", "bob"), *private(3, bob, "bob!b@b", "alice"), *happened(5, "JOIN"),
		{Position: state.Position{Elapsed: 6, Order: 1 << 60, Index: 65535}, Verb: "MODE", Source: "irc.test", Params: []string{"+o", "alice"}},
		{Position: state.Position{Elapsed: 7, Order: 1<<60 + 1}, Verb: "TAGMSG", Source: "alice!a@a", Account: "alice", Bot: true, Relayer: "relay",
			Tags: []state.Tag{{Key: "+draft/react", Value: "x"}, {Key: "+empty"}}},
		{Position: state.Position{Elapsed: 8, Order: 1<<60 + 2}, Verb: "PRIVMSG", Source: "alice!a@a", From: alice, Parts: []state.TextPart{{Text: "one"}, {Text: ""}, {Text: "two", Concat: true}}},
	}
	redacted := said(9, "secret").Redacted(state.Redaction{Time: -5, Source: "op!o@o", Account: "op", Reason: "spam", Bot: true})
	return append(lines, redacted)
}

func encoded(lines []state.Line) []byte {
	e := newEncoder()
	for i := range lines {
		e.add(&lines[i])
	}
	return e.block()
}

func TestBlockRoundTrip(t *testing.T) {
	lines := everyLine()
	data := encoded(lines)
	decoded, err := decodeBlock(nil, data)
	require.NoError(t, err)
	require.Equal(t, lines, decoded)
	// An encoder that was used before writes the same.
	e := newEncoder()
	e.add(said(77, "other"))
	e.reset()
	for i := range lines {
		e.add(&lines[i])
	}
	require.Equal(t, data, e.block())
}

// TestBlockGolden checks that blocks of earlier versions can still be read.
func TestBlockGolden(t *testing.T) {
	file := filepath.Join("testdata", "block-1.golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, encoded(everyLine()), 0o644))
	}
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	lines, err := decodeBlock(nil, data)
	require.NoError(t, err)
	require.Equal(t, everyLine(), lines)
}

func TestDamagedBlocks(t *testing.T) {
	data := encoded(everyLine())
	for end := range len(data) {
		_, err := decodeBlock(nil, data[:end])
		require.ErrorIs(t, err, errDamaged)
	}
	for i := range data {
		flipped := append([]byte(nil), data...)
		flipped[i] ^= 4
		_, err := decodeBlock(nil, flipped)
		require.ErrorIs(t, err, errDamaged, "byte %d", i)
	}
}

func FuzzDecodeBlock(f *testing.F) {
	f.Add(encoded(everyLine())[blockHeader:])
	f.Add(encoded([]state.Line{*said(1, "x")})[blockHeader:])
	f.Fuzz(func(t *testing.T, rest []byte) {
		data := append([]byte{blockVersion, 0, 0, 0, 0}, rest...)
		binary.LittleEndian.PutUint32(data[1:], crc32.Checksum(rest, castagnoli))
		lines, err := decodeBlock(nil, data)
		if err != nil {
			require.ErrorIs(t, err, errDamaged)
			return
		}
		// The first form may differ from the encoder's: it may repeat a name, or have an empty list.
		again, err := decodeBlock(nil, encoded(lines))
		require.NoError(t, err)
		require.Equal(t, encoded(lines), encoded(again))
	})
}

func BenchmarkBlock(b *testing.B) {
	var lines []state.Line
	for i := range blockLines {
		l := said(i+1, "a message of usual length, neither long nor short, about nothing")
		l.From, l.Account = parties[i%3], "alice"
		lines = append(lines, *l)
	}
	e := newEncoder()
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e.reset()
			for i := range lines {
				e.add(&lines[i])
			}
			e.block()
		}
		b.ReportMetric(float64(len(e.data))/blockLines, "B/line")
	})
	data := encoded(lines)
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		var to []state.Line
		for b.Loop() {
			to, _ = decodeBlock(to[:0], data)
		}
	})
}

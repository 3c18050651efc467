package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMessage(t *testing.T) {
	for _, sent := range []time.Duration{0, 1, time.Hour, math.MaxInt64} {
		line := appendMessage([]byte("before"), "#bench0", sent)
		require.True(t, bytes.HasPrefix(line, []byte("beforePRIVMSG #bench0 :~")))
		require.True(t, bytes.HasSuffix(line, []byte("\r\n")))
		text := bytes.TrimSuffix(bytes.TrimPrefix(line, []byte("beforePRIVMSG #bench0 :")), []byte("\r\n"))
		require.Len(t, text, textBytes-len(":"))

		relayed := append([]byte(":b7!b7@127.0.0.1 PRIVMSG #bench0 :"), text...)
		got, ok := stampOf(relayed)
		require.True(t, ok)
		require.Equal(t, sent, got)
	}
}

func TestLinesWithoutStamp(t *testing.T) {
	for _, line := range []string{
		"", ":~", ":~0123", ":irc.bench.test PONG irc.bench.test :bench", ":b1!b1@h PRIVMSG #c :0000000000000001",
		":b1!b1@h PRIVMSG #c :~000000000000000g", ":b1!b1@h PRIVMSG #c :~ffffffffffffffff",
	} {
		_, ok := stampOf([]byte(line))
		require.False(t, ok, line)
	}
}

// The lines and their number do not depend on how a stream is split into reads.
func TestLinesOfAnyReads(t *testing.T) {
	want := []string{"one", "", "two words", strings.Repeat("x", 600), "last"}
	stream := []byte(strings.Join(want, "\r\n") + "\n" + "no end")
	for size := 1; size <= len(stream); size++ {
		var got []string
		var tail []byte
		var counted int64
		for rest := stream; len(rest) > 0; {
			n := min(size, len(rest))
			data := bytes.Clone(rest[:n])
			counted += countLines(data)
			tail = eachLine(tail, data, func(line []byte) { got = append(got, string(line)) })
			clear(data) // the buffer is reused
			rest = rest[n:]
		}
		require.Equal(t, want, got, "reads of %d", size)
		require.EqualValues(t, len(want), counted)
		require.Equal(t, "no end", string(tail))
	}
}

func TestCommandOfALine(t *testing.T) {
	for line, want := range map[string]string{
		":irc.bench.test 376 b1 :End of MOTD": "376",
		":irc.bench.test PONG x :bench":       "PONG",
		"PING :x":                             "PING",
		"ERROR":                               "ERROR",
		":only":                               "",
		"":                                    "",
	} {
		require.Equal(t, want, command([]byte(line)), line)
	}
}

func TestFillerIsWords(t *testing.T) {
	require.Equal(t, textBytes, len(mark)+stampBytes+len(filler))
	require.NotContains(t, string(filler), mark)
	require.NotContains(t, string(filler), "\n")
	require.Contains(t, string(filler), "bla")
}

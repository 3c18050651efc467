package transport

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// readFrames returns the messages in data that arrives in pieces of this size; 0 means all at once.
func readFrames(t *testing.T, data []byte, piece, limit int) (events []string) {
	var r frameReader
	for len(data) > 0 {
		n := len(data)
		if piece > 0 {
			n = min(n, piece)
		}
		part := bytes.Clone(data[:n])
		data = data[n:]
		for len(part) > 0 {
			line, rest, overlong, more, err := r.next(part, limit)
			require.Less(t, len(rest), len(part), "it goes on")
			part = rest
			if r.ping != nil {
				require.LessOrEqual(t, len(r.ping), mostControl)
				r.ping = nil
			}
			require.LessOrEqual(t, len(r.partial), limit+2)
			require.LessOrEqual(t, len(r.control), mostControl)
			switch {
			case err != nil:
				events = append(events, "error "+err.Error())
				var wrong *protocolError
				if !errors.As(err, &wrong) {
					require.ErrorIs(t, err, errPeerClosed)
					require.True(t, r.closed)
				}
				return events
			case overlong:
				events = append(events, "overlong")
			case more:
				require.NotContains(t, string(line), "\n")
				require.LessOrEqual(t, len(line), limit)
				events = append(events, "line "+string(line))
			}
		}
	}
	return events
}

// FuzzFrames checks that the result does not depend on the pieces in which data arrives, that the reader keeps no more
// than it may, and that no line contains a line ending.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{
		frame(0x81, "NICK alice\r\n"), frame(0x01, "NI") + frame(0x89, "ping") + frame(0x80, "CK \xff"), frame(0x82, "a\nb") + frame(0x88, "\x03\xE8bye"),
		frame(0x81, string(make([]byte, 200))) + frame(0x81, ""), "\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFmaskdata", "\x81\x01x",
	} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, data []byte, piece int) {
		const limit = 100
		whole := readFrames(t, data, 0, limit)
		require.Equal(t, whole, readFrames(t, data, max(1, piece%50), limit))
		require.Equal(t, whole, readFrames(t, data, 1, limit))
	})
}

// FuzzMessages checks that each line is sent as one frame, and that a text message is always UTF-8.
func FuzzMessages(f *testing.F) {
	f.Add([]byte("one\r\ntwo\xff\xfe\r\n\r\nthree"), true)
	f.Add(bytes.Repeat([]byte("x"), 130), false)
	f.Fuzz(func(t *testing.T, lines []byte, text bool) {
		w := &framing{}
		w.binary.Store(!text)
		frames := w.appendLines(nil, lines)
		peer := &webPeer{in: newReader(frames)}
		for line := range bytes.SplitSeq(lines, []byte("\n")) {
			line = bytes.TrimRight(line, "\r")
			if len(line) == 0 {
				continue
			}
			op, got := peer.next(t)
			if !text {
				require.Equal(t, byte(opBinary), op)
				require.Equal(t, string(line), got)
				continue
			}
			require.Equal(t, byte(opText), op)
			require.True(t, utf8.ValidString(got))
			if utf8.Valid(line) {
				require.Equal(t, string(line), got)
			}
		}
		_, _, err := peer.read()
		require.Error(t, err, "nothing follows")
	})
}

// TestAppendFrame checks the three encodings of a length.
func TestAppendFrame(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 70_000} {
		payload := bytes.Repeat([]byte("x"), n)
		op, got := (&webPeer{in: newReader(appendFrame(nil, opBinary, payload))}).next(t)
		require.Equal(t, byte(opBinary), op)
		require.Equal(t, string(payload), got)
	}
}

func TestAppendClose(t *testing.T) {
	require.Equal(t, "\x88\x00", string(appendClose(nil, statusNoStatus, "x")))
	require.Equal(t, "\x88\x05\x03\xE8bye", string(appendClose(nil, statusNormal, "bye")))
	require.Equal(t, "\x88\x06\x03\xE8\uFFFDx", string(appendClose(nil, statusNormal, "\xff"+"x"))[:8])
	for n := range 300 {
		got := appendClose(nil, statusNormal, fmt.Sprintf("%0*d%s", n%4, 0, string(bytes.Repeat([]byte("\U0001F98A"), n))))
		require.LessOrEqual(t, len(got), 2+mostControl)
		require.Len(t, got, 2+int(got[1]))
		require.True(t, utf8.Valid(got[4:]))
	}
}

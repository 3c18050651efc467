package transport

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// split returns the lines in parts, with "!" for an overlong one, as Conn.feed handles them.
func split(s *splitter, limit int, parts ...string) (lines []string) {
	for _, p := range parts {
		for data := []byte(p); len(data) > 0; {
			line, rest, overlong, more := s.next(data, limit)
			data = rest
			switch {
			case overlong:
				lines = append(lines, "!")
			case more && len(line) > 0:
				lines = append(lines, string(line))
			}
		}
	}
	return lines
}

func TestSplitter(t *testing.T) {
	const limit = 8
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"a\r\nb\nc\r\n", []string{"a", "b", "c"}},
		{"\r\n\n\n\r\na\n", []string{"a"}},
		{"a\rb\n", []string{"a\rb"}},
		{"a\r\r\n", []string{"a\r"}},
		{"12345678\n12345678\r\n", []string{"12345678", "12345678"}},
		{"123456789\nok\n", []string{"!", "ok"}},
		{"123456789\r\nok\n", []string{"!", "ok"}},
		{"1234567\r\r\nok\n", []string{"1234567\r", "ok"}},
		{"12345678\r\r\nok\n", []string{"!", "ok"}},
		{strings.Repeat("x", 100) + "\n" + strings.Repeat("y", 100) + "\nok\n", []string{"!", "!", "ok"}},
		{"\x00\xff\x01\nok\n", []string{"\x00\xff\x01", "ok"}},
		{"no end", nil},
	} {
		require.Equal(t, c.want, split(new(splitter), limit, c.in), "%q", c.in)
		var bytewise []string
		for i := range len(c.in) {
			bytewise = append(bytewise, c.in[i:i+1])
			require.Equal(t, c.want, split(new(splitter), limit, c.in[:i], c.in[i:]), "%q at %d", c.in, i)
		}
		require.Equal(t, c.want, split(new(splitter), limit, bytewise...), "%q bytewise", c.in)
	}
}

// TestSplitterKeepsLittle reads 10 MB without a line ending, and checks that nothing of it is kept.
func TestSplitterKeepsLittle(t *testing.T) {
	const limit = 512
	var s splitter
	block := string(bytes.Repeat([]byte("x"), 8192))
	for range 10 << 20 / 8192 {
		require.Empty(t, split(&s, limit, block))
		require.LessOrEqual(t, cap(s.partial), 2*limit)
	}
	require.Equal(t, []string{"!", "ok"}, split(&s, limit, "\nok\n"))
}

func FuzzSplitter(f *testing.F) {
	f.Add([]byte("a\r\nbb\n\n123456789\nrest\n"), uint8(3))
	f.Add([]byte("\r\r\n\x00\n"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, part uint8) {
		const limit = 8
		var want []string
		ends := strings.SplitAfter(string(in), "\n")
		for _, l := range ends[:len(ends)-1] {
			switch l = strings.TrimSuffix(strings.TrimSuffix(l, "\n"), "\r"); {
			case len(l) > limit:
				want = append(want, "!")
			case len(l) > 0:
				want = append(want, l)
			}
		}
		var parts []string
		for rest := string(in); len(rest) > 0; {
			n := min(len(rest), 1+int(part)%16)
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		require.Equal(t, want, split(new(splitter), limit, parts...))
	})
}

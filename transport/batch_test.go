package transport

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSequence writes random batches in random parts. It checks that gather always returns the next bytes, so that none
// is lost or repeated.
func TestSequence(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var s sequence
		var want, got []byte
		for range 1 + random.IntN(80) {
			p := make([]byte, 1+random.IntN(200))
			for i := range p {
				p[i] = byte(random.Uint32())
			}
			s.push(p)
			want = append(want, p...)
		}
		buf := make([]byte, 1+random.IntN(600))
		for !s.empty() {
			p := s.gather(buf)
			require.NotEmpty(t, p)
			n := random.IntN(len(p) + 1)
			got = append(got, p[:n]...)
			s.advance(n)
		}
		require.True(t, bytes.Equal(want, got))
		require.Equal(t, sequence{}, s)
	}
}

// TestSequenceKeepsSlices checks that a single slice is written without copying it.
func TestSequenceKeepsSlices(t *testing.T) {
	var s sequence
	line := []byte("a line\r\n")
	s.push(line)
	require.Same(t, &line[0], &s.gather(make([]byte, 100))[0])
	s.advance(2)
	require.Equal(t, "line\r\n", string(s.gather(make([]byte, 100))))
	s.advance(6)
	require.True(t, s.empty())
}

// TestSegmentsForgetLines checks that a list in the pool no longer refers to its lines.
func TestSegmentsForgetLines(t *testing.T) {
	var b batch
	for range 10 {
		b.push([]byte("x"))
	}
	list := b.more.list
	b.release()
	for _, p := range list[:cap(list)] {
		require.Nil(t, p)
	}
}

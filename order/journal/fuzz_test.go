package journal

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzSegment reads arbitrary bytes as a segment. Whatever is returned is in the file, in order and with a correct
// checksum, and reading ends at the end of the file or with damage.
func FuzzSegment(f *testing.F) {
	content := make([]byte, segmentHeaderBytes)
	putHeader(content, header{first: 3, previous: 2, previousCheck: 7})
	check := uint32(7)
	for _, o := range opsOf(3, 6) {
		content, check = appendRecord(content, o.order, check, []byte(o.data))
		content, _ = appendRecord(content, o.order-1, check, nil)
	}
	f.Add(content)
	f.Add(content[:len(content)-3])
	f.Add(append(content, make([]byte, 100)...))
	f.Add(content[:segmentHeaderBytes])
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) < segmentHeaderBytes {
			return
		}
		h, err := parseHeader(content)
		if err != nil {
			h = header{first: 3, previous: 2, previousCheck: 7} // to go on with the records
		}
		r := newReader("file", bytes.NewReader(content[segmentHeaderBytes:]), int64(len(content)), h)
		last, check := h.previous, h.previousCheck
		for {
			before := r.offset
			order, data, err := r.next()
			if err != nil {
				var d *damage
				if errors.As(err, &d) {
					require.Equal(t, r.offset, d.offset)
					torn(content[d.offset:], r.order, false)
					torn(content[d.offset:], r.order, true)
				} else {
					require.ErrorIs(t, err, io.EOF)
					require.EqualValues(t, len(content), r.offset)
				}
				return
			}
			require.Greater(t, order, last)
			record, sum := appendRecord(nil, order, check, data)
			require.True(t, bytes.HasSuffix(content[before:r.offset], record))
			last, check = order, sum
		}
	})
}

// FuzzSnapshot reads arbitrary bytes as a snapshot.
func FuzzSnapshot(f *testing.F) {
	folder := f.TempDir()
	j, _ := open(f, folder, Options{})
	appendOps(j, 1, 1)
	require.NoError(f, j.PutSnapshot(1, writeAll([]byte("one"))))
	whole := filesOf(f, folder)[snapshotName(1)]
	f.Add([]byte(whole))
	f.Add([]byte(whole[:len(whole)-1]))
	f.Fuzz(func(t *testing.T, content []byte) {
		data, s, err := parseSnapshot(snapshotName(1), content)
		if err != nil {
			return
		}
		require.EqualValues(t, 1, s.order)
		require.Equal(t, content[snapshotHeaderBytes:], data)
	})
}

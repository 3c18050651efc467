package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// damage is the error for a place in a file whose content is not what it must be.
type damage struct {
	file   string
	offset int64
	what   string
	// kind decides what Explain advises.
	kind damageKind
}

func (d *damage) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d (%s)", d.file, d.offset, d.what)
}

// reader reads the records of one segment in order.
type reader struct {
	file   string
	in     *bufio.Reader
	size   int64
	offset int64  // of the next record
	order  uint64 // of the latest operation
	check  uint32 // its checksum
	buffer []byte
}

// readBytes is the size of the read buffer for a segment.
const readBytes = 256 << 10

// newReader returns a reader of the records that follow a header, which in has passed already.
func newReader(file string, in io.Reader, size int64, h header) *reader {
	return &reader{
		file: file, in: bufio.NewReaderSize(in, readBytes), size: size, offset: segmentHeaderBytes,
		order: h.previous, check: h.previousCheck, buffer: make([]byte, recordHeaderBytes, 4<<10),
	}
}

// next returns the next operation, io.EOF at the end of the file, or a *damage. The data is valid until the next call.
// After an error, offset is that of the record that could not be read.
func (r *reader) next() (order uint64, data []byte, err error) {
	for {
		if r.offset == r.size {
			return 0, nil, io.EOF
		}
		if r.size-r.offset < recordHeaderBytes {
			return 0, nil, r.damaged("the file ends in the header of a record")
		}
		head := r.buffer[:recordHeaderBytes]
		if err := r.read(head); err != nil {
			return 0, nil, err
		}
		h := parseRecordHeader(head)
		if h.length > mostRecordBytes {
			return 0, nil, r.damaged("the length of a record is impossible")
		}
		total := recordHeaderBytes + int(h.length)
		if int64(total) > r.size-r.offset {
			return 0, nil, r.damaged("the file ends in a record")
		}
		if cap(r.buffer) < total {
			r.buffer = append(make([]byte, 0, 2*total), head...)
		}
		record := r.buffer[:total]
		if err := r.read(record[recordHeaderBytes:]); err != nil {
			return 0, nil, err
		}
		if problem := r.problem(h, record); problem != "" {
			return 0, nil, r.damaged(problem)
		}
		r.offset += int64(total)
		if h.length > 0 {
			r.order, r.check = h.order, h.check
			return h.order, record[recordHeaderBytes:], nil
		}
	}
}

// problem says why a record is not the next one, or is empty.
func (r *reader) problem(h recordHeader, record []byte) string {
	mark := h.length == 0
	switch {
	case crc32.Checksum(record[4:], castagnoli) != h.check:
		return "the checksum of a record does not match"
	case h.previousCheck != r.check:
		return fmt.Sprintf("record %d does not follow operation %d", h.order, r.order)
	case !mark && h.order <= r.order, mark && h.order > r.order:
		return fmt.Sprintf("record %d comes after operation %d", h.order, r.order)
	}
	return ""
}

func (r *reader) read(to []byte) error {
	_, err := io.ReadFull(r.in, to)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.damaged("the file became shorter while it was read")
	}
	if err != nil {
		return fmt.Errorf("cannot read the journal: %w", err)
	}
	return nil
}

func (r *reader) damaged(what string) error {
	return &damage{file: r.file, offset: r.offset, what: what}
}

// torn reports whether an unfinished write explains why the last segment has no correct record after the operation with
// the given order. rest is what follows that operation.
//
// An interrupted write leaves the beginning of what was to be written, so no correct record can follow. That is all
// that can happen unless the machine itself has failed. If it has (rebooted), any of the blocks that had not been
// synced may be missing from the disk, and correct records may follow a hole. But then there is no mark that says that
// the content of the hole had been synced.
func torn(rest []byte, order uint64, rebooted bool) bool {
	for at := 0; at+recordHeaderBytes <= len(rest); at++ {
		length := binary.LittleEndian.Uint32(rest[at+4:])
		if int64(length) > int64(len(rest)-at-recordHeaderBytes) || length > mostRecordBytes || rebooted && length > 0 {
			continue
		}
		// This rules out most bytes that only look like a header, before their checksum is computed. Orders may jump, but not
		// by that much.
		found := binary.LittleEndian.Uint64(rest[at+8:])
		if found > order && found-order > 1<<56 || found <= order && (rebooted || order-found > 1<<56) {
			continue
		}
		record := rest[at : at+recordHeaderBytes+int(length)]
		if crc32.Checksum(record[4:], castagnoli) == binary.LittleEndian.Uint32(record) {
			return false
		}
	}
	return true
}

// readHeader opens a segment and reads its header. A file that is shorter than a header is damaged.
func readHeader(path string) (header, error) {
	file, err := os.Open(path)
	if err != nil {
		return header{}, fmt.Errorf("cannot read the journal: %w", err)
	}
	defer file.Close()
	var bytes [segmentHeaderBytes]byte
	if _, err := io.ReadFull(file, bytes[:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return header{}, &damage{file: path, offset: 0, what: "it is too short for a header"}
	} else if err != nil {
		return header{}, fmt.Errorf("cannot read the journal: %w", err)
	}
	h, err := parseHeader(bytes[:])
	if err != nil {
		return header{}, wrapHeaderError(path, err)
	}
	if first, _ := numberOf(path, segmentSuffix); first != h.first {
		return header{}, &damage{file: path, offset: 16, what: fmt.Sprintf("its first operation is %d, but its name says %d", h.first, first)}
	}
	return h, nil
}

func wrapHeaderError(path string, err error) error {
	var newer newerError
	if errors.As(err, &newer) {
		return fmt.Errorf("%s: %w; use that version", path, newer)
	}
	return &damage{file: path, offset: 0, what: err.Error()}
}

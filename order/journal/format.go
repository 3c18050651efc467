package journal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"strconv"
	"strings"
)

// The format, version 1. Integers are little-endian, and checksums are CRC-32C.
//
// The file "format" holds the text "bavard journal 1\n". A program that knows only older versions refuses the folder.
//
// A segment, "<first order, 20 digits>.journal", is a header and then records:
//
//	 0  8  magic "bavard-J"
//	 8  4  version
//	12  4  checksum of the rest of the header, including magic and version
//	16  8  first order: the order of the segment's first operation, as in the name
//	24  8  previous order: the order of the operation before it; 0 at the beginning of a journal
//	32  4  previous checksum: that operation's checksum
//	36  4  0
//	40 16  id of the boot: which start of the machine wrote the segment; 0 if it is not known
//
// A new segment is made only when all operations before it are on the disk. What the segment before it holds after the
// previous order is therefore void: its sync failed, and its operations are repeated in the new segment.
//
// A record:
//
//	 0  4  checksum of the rest of the record
//	 4  4  length of the data
//	 8  8  order
//	16  4  previous checksum: the checksum of the operation before it
//	20     data
//
// Each record repeats the checksum of the one before it, so that a lost, repeated or stale block of the file does not
// go unnoticed. A record without data is a mark: everything up to its order was on the disk when the mark was written.
// A mark is not an operation. Its previous checksum is that of the latest operation, and no operation refers to it.
//
// A snapshot, "<order, 20 digits>.snapshot", is a header and then the data:
//
//	 0  8  magic "bavard-S"
//	 8  4  version
//	12  4  checksum of the rest of the header, including magic and version
//	16  8  order of the last operation in the snapshot
//	24  8  length of the data
//	32  8  time of the snapshot, in nanoseconds since 1970
//	40  4  checksum of the data
//	44  4  0
//
// Files whose names end with ".new" are being written. They mean nothing until they are renamed.
const (
	version = 1

	segmentMagic       = "bavard-J"
	segmentHeaderBytes = 56
	recordHeaderBytes  = 20
	// mostRecordBytes bounds the data of a record, so that a wrong length cannot make a reader allocate much memory.
	mostRecordBytes = 16 << 20

	snapshotMagic       = "bavard-S"
	snapshotHeaderBytes = 48

	segmentSuffix  = ".journal"
	snapshotSuffix = ".snapshot"
	newSuffix      = ".new"
	formatName     = "format"
	formatPrefix   = "bavard journal "
	lockName       = "lock"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// bootID identifies one start of the machine. If the machine has not started again since, everything that was written
// is in the file; only a failure of the machine can lose what had not been synced.
type bootID [16]byte

// header is what the header of a segment says.
type header struct {
	first         uint64
	previous      uint64
	previousCheck uint32
	boot          bootID
}

func putHeader(to []byte, h header) {
	copy(to, segmentMagic)
	binary.LittleEndian.PutUint32(to[8:], version)
	binary.LittleEndian.PutUint64(to[16:], h.first)
	binary.LittleEndian.PutUint64(to[24:], h.previous)
	binary.LittleEndian.PutUint32(to[32:], h.previousCheck)
	binary.LittleEndian.PutUint32(to[36:], 0)
	copy(to[40:], h.boot[:])
	binary.LittleEndian.PutUint32(to[12:], headerCheck(to[:segmentHeaderBytes]))
}

// headerCheck returns the checksum of the header of a segment or snapshot: of everything except the checksum itself.
func headerCheck(h []byte) uint32 {
	return crc32.Update(crc32.Checksum(h[:12], castagnoli), castagnoli, h[16:])
}

// parseHeader reads the header of a segment.
func parseHeader(from []byte) (h header, err error) {
	if err := checkHeader(from, segmentMagic); err != nil {
		return header{}, err
	}
	h = header{
		first:         binary.LittleEndian.Uint64(from[16:]),
		previous:      binary.LittleEndian.Uint64(from[24:]),
		previousCheck: binary.LittleEndian.Uint32(from[32:]),
		boot:          bootID(from[40:56]),
	}
	if h.first <= h.previous {
		return header{}, fmt.Errorf("it starts with operation %d, but follows operation %d", h.first, h.previous)
	}
	return h, nil
}

// newerError reports a file that a newer version of the program has written.
type newerError struct{ version uint32 }

func (e newerError) Error() string {
	return fmt.Sprintf("it was written by a newer version (format %d)", e.version)
}

func checkHeader(h []byte, magic string) error {
	if string(h[:8]) != magic {
		return fmt.Errorf("it does not start as such a file does")
	}
	sum := headerCheck(h) == binary.LittleEndian.Uint32(h[12:])
	if v := binary.LittleEndian.Uint32(h[8:]); v > version && (sum || v < 1<<8) {
		return newerError{v}
	} else if v != version || !sum {
		return fmt.Errorf("the checksum of its header does not match")
	}
	return nil
}

// appendRecord appends a record, and returns its checksum. A record without data is a mark.
func appendRecord(to []byte, order uint64, previousCheck uint32, data []byte) ([]byte, uint32) {
	start := len(to)
	to = append(to, 0, 0, 0, 0)
	to = binary.LittleEndian.AppendUint32(to, uint32(len(data)))
	to = binary.LittleEndian.AppendUint64(to, order)
	to = binary.LittleEndian.AppendUint32(to, previousCheck)
	to = append(to, data...)
	check := crc32.Checksum(to[start+4:], castagnoli)
	binary.LittleEndian.PutUint32(to[start:], check)
	return to, check
}

// recordHeader is the header of a record.
type recordHeader struct {
	check         uint32
	length        uint32
	order         uint64
	previousCheck uint32
}

func parseRecordHeader(h []byte) recordHeader {
	return recordHeader{
		check:         binary.LittleEndian.Uint32(h),
		length:        binary.LittleEndian.Uint32(h[4:]),
		order:         binary.LittleEndian.Uint64(h[8:]),
		previousCheck: binary.LittleEndian.Uint32(h[16:]),
	}
}

// firstOf returns the order of the first of some encoded records, and the checksum of the operation before it.
func firstOf(records []byte) (order uint64, previousCheck uint32) {
	h := parseRecordHeader(records)
	return h.order, h.previousCheck
}

// after returns the part of encoded records that follows the operation with the given order.
func after(records []byte, order uint64) []byte {
	for len(records) > 0 {
		h := parseRecordHeader(records)
		if h.order > order {
			break
		}
		records = records[recordHeaderBytes+int(h.length):]
	}
	return records
}

func segmentName(first uint64) string  { return fmt.Sprintf("%020d%s", first, segmentSuffix) }
func snapshotName(order uint64) string { return fmt.Sprintf("%020d%s", order, snapshotSuffix) }

// numberOf returns the number in the name of a segment or snapshot.
func numberOf(name, suffix string) (n uint64, ok bool) {
	digits, ok := strings.CutSuffix(filepath.Base(name), suffix)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil && n > 0 && digits[0] != '+'
}

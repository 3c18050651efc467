package journal

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// madeOf returns the files of a journal that was ended by a kill: three segments, the last with marks, and a snapshot
// in the second.
func madeOf(t *testing.T) map[string]string {
	folder := t.TempDir()
	d := newTestDisk()
	j, _ := open(t, folder, d.options())
	for i := range uint64(3) {
		appendOps(j, i*5+1, i*5+5)
		j.Barrier()
		if i < 2 {
			_, err := j.Rotate()
			require.NoError(t, err)
		}
	}
	d.tick(j) // syncs operation 15
	require.NoError(t, j.PutSnapshot(7, writeAll([]byte("seven"))))
	appendOps(j, 16, 17) // after a mark
	j.Barrier()
	appendOps(j, 18, 18)
	j.Barrier()
	kill(j)
	return filesOf(t, folder)
}

const (
	firstSegment  = "00000000000000000001.journal"
	secondSegment = "00000000000000000006.journal"
	lastSegment   = "00000000000000000011.journal"
)

// TestTornEnd cuts the last segment at each byte. What was written in full before the cut is there afterwards, and the
// journal continues.
func TestTornEnd(t *testing.T) {
	files := madeOf(t)
	whole := files[lastSegment]
	ends := endsOf(t, whole)
	require.Len(t, ends, 9) // the header, eight operations
	for size := range len(whole) + 1 {
		cut := maps.Clone(files)
		cut[lastSegment] = whole[:size]
		folder := folderOf(t, cut)
		want, good := uint64(10), 0
		for i, end := range ends {
			if size >= end {
				want, good = uint64(10+i), end
			}
		}
		j, r, err := tryOpen(t, folder, Options{})
		require.NoError(t, err, size)
		require.Equal(t, opsOf(8, want), r.ops, size)
		require.Equal(t, want, r.Last)
		if r.BytesCut > 0 {
			require.Contains(t, r.log, "torn end of the journal cut", size)
		} else {
			require.Empty(t, r.log)
		}
		require.LessOrEqual(t, int64(good), int64(size)-r.BytesCut, size)
		appendOps(j, want+1, want+2)
		require.NoError(t, j.Close())
		_, r = open(t, folder, Options{})
		require.Equal(t, opsOf(8, want+2), r.ops, size)
		require.Empty(t, r.log)
	}
}

// endsOf returns the places in a segment where the header and each operation end.
func endsOf(t *testing.T, content string) (ends []int) {
	h, err := parseHeader([]byte(content[:segmentHeaderBytes]))
	require.NoError(t, err)
	r := newReader("", strings.NewReader(content[segmentHeaderBytes:]), int64(len(content)), h)
	ends = append(ends, segmentHeaderBytes)
	for r.offset < r.size {
		_, _, err := r.next()
		require.NoError(t, err)
		ends = append(ends, int(r.offset))
	}
	return ends
}

// TestFlippedByte flips each byte of each file, one at a time. Each is either reported, or is in the snapshot, which
// can be replaced, or is in the last records, which are then cut off while everything before them is kept. Data are
// never wrong.
func TestFlippedByte(t *testing.T) {
	files := madeOf(t)
	lastRecord := endsOf(t, files[lastSegment])[7]
	random := rand.New(rand.NewPCG(1, 2))
	for name, content := range files {
		for at := range len(content) {
			flipped := []byte(content)
			flipped[at] ^= byte(1 + random.IntN(255))
			damaged := maps.Clone(files)
			damaged[name] = string(flipped)
			folder := folderOf(t, damaged)
			j, r, err := tryOpen(t, folder, Options{})
			where := fmt.Sprintf("%s, byte %d", name, at)
			switch {
			case err != nil:
				require.Contains(t, err.Error(), filepath.Join(folder, name), where)
				require.NotContains(t, err.Error(), "\n", where)
				require.Equal(t, damaged, filesOf(t, folder), where)
				require.False(t, name == firstSegment && at >= segmentHeaderBytes, "it was not needed: %s", where)
				continue
			case name == firstSegment:
				require.Equal(t, opsOf(8, 18), r.ops, where)
			case name == snapshotName(7):
				require.Equal(t, opsOf(1, 18), r.ops, where)
				require.Empty(t, r.snapshots)
				require.Contains(t, r.log, "snapshot damaged", where)
			default:
				require.Equal(t, lastSegment, name, where)
				require.GreaterOrEqual(t, at, lastRecord, where)
				require.Equal(t, opsOf(8, 17), r.ops, where)
				require.Contains(t, r.log, "torn end of the journal cut", where)
			}
			j.Close()
		}
	}
}

func TestMissingAndForeignFiles(t *testing.T) {
	made := madeOf(t)
	tests := []struct {
		name   string
		change func(files map[string]string)
		want   string // the error, or empty
		ops    []op
	}{
		{"nothing", func(f map[string]string) {}, "", opsOf(8, 18)},
		{"a segment that is not needed", func(f map[string]string) { delete(f, firstSegment) }, "", opsOf(8, 18)},
		{"the segment of the snapshot", func(f map[string]string) { delete(f, secondSegment) },
			firstSegment + " is damaged at byte 214 (after operation 5, 00000000000000000011.journal should follow, but it continues after operation 10)", nil},
		{"all old segments", func(f map[string]string) { delete(f, firstSegment); delete(f, secondSegment) },
			lastSegment + " is damaged at byte 24 (the operations from 8 to 10 are missing); restore a backup, or run `bavard doctor`", nil},
		{"the snapshot", func(f map[string]string) { delete(f, snapshotName(7)) }, "", opsOf(1, 18)},
		{"the snapshot and the first segment", func(f map[string]string) { delete(f, snapshotName(7)); delete(f, firstSegment) },
			secondSegment + " is damaged at byte 24 (the operations from 1 to 5 are missing)", nil},
		{"an empty snapshot", func(f map[string]string) { f[snapshotName(7)] = "" }, "", opsOf(1, 18)},
		{"an empty snapshot, and the first segment", func(f map[string]string) { f[snapshotName(7)] = ""; delete(f, firstSegment) },
			snapshotName(7) + " is damaged at byte 0 (it is too short for a header), and operations from 1 on, which could replace it, are missing; restore", nil},
		{"a short snapshot", func(f map[string]string) { f[snapshotName(7)] = f[snapshotName(7)][:50] }, "", opsOf(1, 18)},
		{"a long snapshot", func(f map[string]string) { f[snapshotName(7)] += "x" }, "", opsOf(1, 18)},
		{"a snapshot with a different name", func(f map[string]string) { f[snapshotName(9)] = f[snapshotName(7)] }, "", opsOf(8, 18)},
		{"a segment with a different name", func(f map[string]string) { f[segmentName(7)] = f[secondSegment] },
			segmentName(7) + " is damaged at byte 16 (its first operation is 6, but its name says 7)", nil},
		{"a segment twice", func(f map[string]string) { f[lastSegment] = f[secondSegment] },
			lastSegment + " is damaged at byte 16 (its first operation is 6", nil},
		{"the end of a segment that others follow", func(f map[string]string) { f[secondSegment] = f[secondSegment][:190] },
			secondSegment + " is damaged at byte 158 (the file ends in a record); restore", nil},
		{"a whole record of a segment that others follow", func(f map[string]string) {
			f[secondSegment] = f[secondSegment][:endsOf(t, f[secondSegment])[4]]
		}, secondSegment + " is damaged at byte 195 (after operation 9", nil},
		{"a record twice", func(f map[string]string) {
			ends := endsOf(t, f[lastSegment])
			f[lastSegment] += f[lastSegment][ends[7]:]
		}, lastSegment + fmt.Sprintf(" is damaged at byte %d (record 18 does not follow operation 18); restore", len(made[lastSegment])), nil},
		{"a record left out", func(f map[string]string) {
			ends, content := endsOf(t, f[lastSegment]), f[lastSegment]
			f[lastSegment] = content[:ends[2]] + content[ends[3]:]
		}, lastSegment + " is damaged at byte 116 (record 14 does not follow operation 12); restore", nil},
		{"an empty segment at the end", func(f map[string]string) { f[segmentName(19)] = "" }, "", opsOf(8, 18)},
		{"what was being written", func(f map[string]string) {
			f[segmentName(19)+newSuffix] = "x"
			f[snapshotName(18)+newSuffix] = "x"
		}, "", opsOf(8, 18)},
		{"files of somebody else", func(f map[string]string) { f["bavard.db"] = "x"; f["1.journal"] = "x"; f["notes"] = "x" }, "", opsOf(8, 18)},
		{"nothing but a snapshot", func(f map[string]string) {
			delete(f, firstSegment)
			delete(f, secondSegment)
			delete(f, lastSegment)
		}, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := maps.Clone(made)
			test.change(files)
			folder := folderOf(t, files)
			j, r, err := tryOpen(t, folder, Options{})
			if test.want != "" {
				require.ErrorContains(t, err, filepath.Join(folder, test.want))
				require.Equal(t, files, filesOf(t, folder), "nothing was changed")
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.ops, r.ops)
			require.NoFileExists(t, filepath.Join(folder, segmentName(19)+newSuffix))
			appendOps(j, r.Last+1, r.Last+1)
			require.NoError(t, j.Close())
			_, r = open(t, folder, Options{})
			require.Equal(t, opOf(r.Last), r.ops[len(r.ops)-1])
		})
	}
}

// TestDamagedSnapshotIsReplaced checks that the snapshot before a damaged one and the operations after that replace it.
func TestDamagedSnapshotIsReplaced(t *testing.T) {
	files := madeOf(t)
	folder := folderOf(t, files)
	j, _ := open(t, folder, Options{})
	require.NoError(t, j.PutSnapshot(12, writeAll([]byte("twelve"))))
	require.NoError(t, j.Trim(12))
	require.NoError(t, j.Close())
	require.NoError(t, os.Truncate(filepath.Join(folder, snapshotName(12)), 50))
	j, r := open(t, folder, Options{})
	require.Equal(t, []op{{7, "seven"}}, r.snapshots)
	require.Equal(t, opsOf(8, 18), r.ops)
	require.Contains(t, r.log, `level=WARN msg="snapshot damaged"`)
	require.Contains(t, r.log, "it has 2 bytes of data instead of 6")
	require.EqualValues(t, 7, j.SnapshotOrder())
	// The damaged one is removed when the next one is written.
	require.NoError(t, j.PutSnapshot(18, writeAll([]byte("all"))))
	require.NoFileExists(t, filepath.Join(folder, snapshotName(12)))
	require.NoError(t, j.Close())
	_, r = open(t, folder, Options{})
	require.Equal(t, []op{{18, "all"}}, r.snapshots)
}

// TestDamageAfterAReboot checks that, where blocks may have been lost, only damage to what had not been synced counts
// as a torn end.
func TestDamageAfterAReboot(t *testing.T) {
	files := madeOf(t)
	ends := endsOf(t, files[lastSegment])
	rebooted := Options{disk: quickDisk()}
	rebooted.disk.boot[0] ^= 1
	zeroed := func(from, to int) map[string]string {
		damaged := maps.Clone(files)
		content := []byte(files[lastSegment])
		clear(content[from:to])
		damaged[lastSegment] = string(content)
		return damaged
	}
	// Operations 16 and 17 were not synced, and 18 follows them.
	hole := zeroed(ends[5]+recordHeaderBytes, ends[6])
	_, _, err := tryOpen(t, folderOf(t, hole), Options{})
	require.ErrorContains(t, err, fmt.Sprintf("is damaged at byte %d (the checksum of a record does not match); restore", ends[5]+recordHeaderBytes))
	_, r, err := tryOpen(t, folderOf(t, hole), rebooted)
	require.NoError(t, err)
	require.Equal(t, opsOf(8, 15), r.ops)
	// Operation 15 was synced: the mark after it says so.
	hole = zeroed(ends[4], ends[5])
	_, _, err = tryOpen(t, folderOf(t, hole), rebooted)
	require.ErrorContains(t, err, "is damaged at byte")
	// If the mark is gone too, nothing says so.
	hole = zeroed(ends[4], ends[5]+recordHeaderBytes)
	_, r, err = tryOpen(t, folderOf(t, hole), rebooted)
	require.NoError(t, err)
	require.Equal(t, opsOf(8, 14), r.ops)
	// The block with the header is gone.
	hole = zeroed(0, ends[3])
	_, _, err = tryOpen(t, folderOf(t, hole), rebooted)
	require.ErrorContains(t, err, "is damaged at byte 0")
	hole[lastSegment] = hole[lastSegment][:ends[5]]
	_, r, err = tryOpen(t, folderOf(t, hole), rebooted)
	require.NoError(t, err)
	require.Equal(t, opsOf(8, 10), r.ops)
}

// TestDamageAfterAJump: each life may begin far after the one before it, and damage there is not taken for a torn end.
func TestDamageAfterAJump(t *testing.T) {
	const far = 1 << 50
	folder := t.TempDir()
	j, _ := open(t, folder, Options{})
	for order := range uint64(3) {
		j.Append(far+order, []byte("data"), false)
	}
	j.Barrier()
	kill(j)
	files := filesOf(t, folder)
	content := []byte(files[segmentName(far)])
	content[segmentHeaderBytes+recordHeaderBytes] ^= 1
	files[segmentName(far)] = string(content)
	_, _, err := tryOpen(t, folderOf(t, files), Options{})
	require.ErrorContains(t, err, "is damaged at byte 56")
}

func TestUnusableContentIsAnError(t *testing.T) {
	folder := folderOf(t, madeOf(t))
	j, err := Open(folder, Options{})
	require.NoError(t, err)
	defer j.Close()
	ok, no := func(uint64, []byte) error { return nil }, func(uint64, []byte) error { return fmt.Errorf("unknown kind") }
	_, err = j.Load(no, ok)
	require.EqualError(t, err, filepath.Join(folder, snapshotName(7))+" cannot be used: unknown kind")
	_, err = j.Load(ok, no)
	require.EqualError(t, err, "operation 8 in "+filepath.Join(folder, secondSegment)+" cannot be used: unknown kind")
}

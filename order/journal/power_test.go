package journal

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// powerDisk keeps track of what a failure of the machine can take. Everything is also done in a real folder, which is
// what a process sees that starts after only the daemon was killed.
type powerDisk struct {
	random *rand.Rand
	// names and lasting map names of files to their content, as it is now and as it is on the disk.
	names, lasting map[string]*content
	// broken makes a part of all operations fail. After a failed sync, the system forgets what was to be synced.
	broken bool
	boot   bootID
}

// content is what a file contains now, and what of it is on the disk.
type content struct {
	now, lasting []byte
	dirty        map[int]bool // the sectors that are on their way
}

const sectorBytes = 512

func newPowerDisk(random *rand.Rand, files map[string]string) *powerDisk {
	d := &powerDisk{random: random, names: map[string]*content{}, lasting: map[string]*content{}}
	for name, text := range files {
		c := &content{now: []byte(text), lasting: []byte(text), dirty: map[int]bool{}}
		d.names[name], d.lasting[name] = c, c
	}
	return d
}

// after returns the files as they can be after the machine has failed.
func (d *powerDisk) after() map[string]string {
	names := map[string]bool{}
	for name := range d.names {
		names[name] = true
	}
	for name := range d.lasting {
		names[name] = true
	}
	files := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c := d.lasting[name]
		if d.random.IntN(2) == 0 {
			c = d.names[name]
		}
		if c != nil {
			files[name] = c.after(d.random)
		}
	}
	return files
}

// after returns what can be left of a file: of each sector, the old content or the new one.
func (c *content) after(random *rand.Rand) string {
	size := len(c.lasting)
	if len(c.dirty) > 0 {
		switch low, high := min(size, len(c.now)), max(size, len(c.now)); random.IntN(3) {
		case 0:
			size = len(c.now)
		case 1:
			size = low + random.IntN(high-low+1)
		}
	}
	left := make([]byte, size)
	for at := 0; at < size; at += sectorBytes {
		from := c.lasting
		if c.dirty[at/sectorBytes] && random.IntN(2) == 0 {
			from = c.now
		}
		if at < len(from) {
			copy(left[at:min(at+sectorBytes, size)], from[at:])
		}
	}
	return string(left)
}

func (d *powerDisk) fault() error {
	if d.broken && d.random.IntN(3) == 0 {
		return unix.EIO
	}
	return nil
}

func (d *powerDisk) disk() disk {
	quick := quickDisk()
	return disk{
		open: func(path string, flags int) (file, error) {
			if err := d.fault(); err != nil {
				return nil, err
			}
			f, err := quick.open(path, flags)
			if err != nil {
				return nil, err
			}
			c := d.names[filepath.Base(path)]
			if c == nil {
				c = &content{dirty: map[int]bool{}}
				d.names[filepath.Base(path)] = c
			}
			if flags&os.O_TRUNC != 0 {
				c.resize(0)
			}
			return &powerFile{f, d, c}, nil
		},
		rename: func(from, to string) error {
			if err := d.fault(); err != nil {
				return err
			}
			d.names[filepath.Base(to)] = d.names[filepath.Base(from)]
			delete(d.names, filepath.Base(from))
			return quick.rename(from, to)
		},
		remove: func(path string) error {
			if err := d.fault(); err != nil {
				return err
			}
			delete(d.names, filepath.Base(path))
			return quick.remove(path)
		},
		syncFolder: func(path string) error {
			if err := d.fault(); err != nil {
				return err
			}
			d.lasting = map[string]*content{}
			for name, c := range d.names {
				d.lasting[name] = c
			}
			return nil
		},
		reserve: func(file, int64) error { return d.fault() },
		after:   func(time.Duration) <-chan time.Time { return nil },
		look:    func(time.Duration) <-chan time.Time { return nil },
		boot:    d.boot,
	}
}

func (c *content) resize(size int) {
	for at := min(size, len(c.now)); at <= max(size, len(c.now)); at += sectorBytes {
		c.dirty[at/sectorBytes] = true
	}
	c.now = append(c.now[:min(size, len(c.now)):min(size, len(c.now))], make([]byte, max(0, size-len(c.now)))...)
}

type powerFile struct {
	file
	disk    *powerDisk
	content *content
}

func (f *powerFile) WriteAt(data []byte, offset int64) (int, error) {
	err := f.disk.fault()
	if err != nil {
		data = data[:f.disk.random.IntN(len(data)+1)]
	}
	end := int(offset) + len(data)
	if end > len(f.content.now) {
		f.content.resize(end)
	}
	copy(f.content.now[offset:], data)
	for at := int(offset); at < end+sectorBytes-1; at += sectorBytes {
		f.content.dirty[at/sectorBytes] = true
	}
	n, writing := f.file.WriteAt(data, offset)
	if err == nil {
		err = writing
	}
	return n, err
}

func (f *powerFile) Truncate(size int64) error {
	if err := f.disk.fault(); err != nil {
		return err
	}
	f.content.resize(int(size))
	return f.file.Truncate(size)
}

func (f *powerFile) Sync() error {
	c := f.content
	if err := f.disk.fault(); err != nil {
		// Some of it may have reached the disk. The rest is never tried again.
		c.lasting = []byte(c.after(f.disk.random))
		clear(c.dirty)
		return err
	}
	synced := make([]byte, len(c.now))
	copy(synced, c.lasting)
	for at := 0; at < len(synced); at += sectorBytes {
		if c.dirty[at/sectorBytes] {
			copy(synced[at:min(at+sectorBytes, len(synced))], c.now[at:])
		}
	}
	c.lasting = synced
	clear(c.dirty)
	return nil
}

// life is a journal over several lives, with everything that it was given.
type life struct {
	t      *testing.T
	random *rand.Rand
	number int
	ops    []op // ops[i] has the order i+1
	folder string
	disk   *powerDisk
	j      *Journal
	// written is the latest operation that was reported as written.
	written uint64
	// lost is where the latest gap was closed: operations before it may be missing.
	lost  uint64
	steps []string
}

// stateAt stands for the state after an operation.
func (l *life) stateAt(order uint64) string {
	return fmt.Sprintf("%d %08x", order, crc32.ChecksumIEEE(fmt.Append(nil, l.ops[:order])))
}

func (l *life) step(text string, a ...any) { l.steps = append(l.steps, fmt.Sprintf(text, a...)) }

// restart starts the machine with the given files.
func (l *life) restart(files map[string]string) {
	l.number++
	l.folder = folderOf(l.t, files)
	l.disk = newPowerDisk(l.random, files)
	l.disk.boot[0] = byte(l.number)
}

// spoil damages the newest of several snapshots at times, if operations that replace it are all there.
func (l *life) spoil(files map[string]string) {
	var orders []uint64
	for name, content := range files {
		if order, is := numberOf(name, snapshotSuffix); is {
			orders = append(orders, order)
			if _, _, err := parseSnapshot(name, []byte(content)); err != nil {
				return // One is damaged already.
			}
		}
	}
	slices.Sort(orders)
	n := len(orders)
	if n < 2 || orders[n-2] < l.lost || l.random.IntN(2) == 0 {
		return
	}
	name := snapshotName(orders[n-1])
	files[name] = files[name][:l.random.IntN(len(files[name]))]
	l.step("damaged snapshot %d, there is %d", orders[n-1], orders[n-2])
}

// start starts the daemon, and compares what is loaded with what was given.
func (l *life) start(least uint64) {
	l.number++
	l.disk.broken = false
	for _, c := range l.disk.names { // What no sync has put on the disk is still on its way.
		for at := 0; at < len(c.now); at += sectorBytes {
			if at >= len(c.lasting) || !bytes.Equal(c.now[at:min(at+sectorBytes, len(c.now))], c.lasting[at:min(at+sectorBytes, len(c.lasting))]) {
				c.dirty[at/sectorBytes] = true
			}
		}
	}
	o := Options{disk: l.disk.disk(), MostBuffered: 3000, SegmentBytes: 2000}
	j, r, err := tryOpen(l.t, l.folder, o)
	require.NoError(l.t, err, l.steps)
	require.GreaterOrEqual(l.t, r.Last, least, l.steps)
	if r.SnapshotOrder > 0 {
		require.Equal(l.t, []op{{r.SnapshotOrder, l.stateAt(r.SnapshotOrder)}}, r.snapshots, l.steps)
	}
	require.Equal(l.t, append([]op(nil), l.ops[r.SnapshotOrder:r.Last]...), append([]op(nil), r.ops...), l.steps)
	l.j, l.ops, l.written = j, l.ops[:r.Last:r.Last], r.Last
	l.step("life %d: loaded %+v", l.number, r.Loaded)
}

func (l *life) act() {
	appended := uint64(len(l.ops))
	switch l.random.IntN(12) {
	case 0, 1, 2, 3, 4:
		for range 1 + l.random.IntN(8) {
			appended++
			data := fmt.Sprintf("%d in life %d %0*d", appended, l.number, l.random.IntN(200), 0)
			l.ops = append(l.ops, op{appended, data})
			l.j.Append(appended, []byte(data), l.random.IntN(20) == 0)
		}
		if l.j.Barrier(); l.j.Failing() == nil {
			l.written = appended
		}
		l.step("appended up to %d, failing %v", appended, l.j.Failing())
	case 5, 6, 7:
		l.j.tend()
		l.step("tended: synced %d, failing %v", l.j.synced.Load(), l.j.Failing())
	case 8:
		cut, err := l.j.Rotate()
		l.step("rotated at %d, %v", cut, err)
	case 9:
		if at := l.j.SnapshotOrder(); at < appended && !l.j.Gap() {
			order := at + 1 + uint64(l.random.IntN(int(appended-at)))
			err := l.j.PutSnapshot(order, writeAll([]byte(l.stateAt(order))))
			l.step("snapshot %d, %v", order, err)
		}
		l.step("trimmed, %v", l.j.Trim(appended))
	case 10:
		l.disk.broken = !l.disk.broken && l.random.IntN(2) == 0
		l.step("broken %v", l.disk.broken)
	case 11:
		if l.j.Gap() {
			l.lost = appended
			err := l.j.CloseGap(appended, []byte(l.stateAt(appended)))
			l.step("closed gap %d, %v", appended, err)
			if l.j.Failing() == nil {
				l.written = appended
			}
		}
	}
}

// TestMachinesFail runs journals through random lives that end with a kill, which may take nothing that was reported as
// written, or with a failure of the machine, which may take nothing that was synced. The disk fails at times too.
func TestMachinesFail(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 9))
			l := &life{t: t, random: random}
			l.restart(nil)
			l.start(0)
			for range 8 {
				for range 5 + random.IntN(60) {
					l.act()
				}
				synced := l.j.synced.Load()
				kill(l.j)
				if random.IntN(2) == 0 {
					l.step("killed, written %d", l.written)
					l.start(l.written)
				} else {
					l.step("failed, synced %d", synced)
					files := l.disk.after()
					l.spoil(files)
					l.restart(files)
					l.start(synced)
				}
			}
		})
	}
}

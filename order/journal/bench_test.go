package journal

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The benchmarks use the folder for temporary files; set TMPDIR to measure a different disk.

func BenchmarkAppend(b *testing.B) {
	j, _ := open(b, b.TempDir(), Options{disk: realDisk()})
	data := bytes.Repeat([]byte("x"), 120)
	order := uint64(0)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		order++
		j.Append(order, data, false)
		if order%1000 == 0 {
			b.StopTimer()
			j.Barrier()
			b.StartTimer()
		}
	}
}

func BenchmarkBarrierWithNothingToDo(b *testing.B) {
	j, _ := open(b, b.TempDir(), Options{disk: realDisk()})
	for b.Loop() {
		j.Barrier()
	}
}

// BenchmarkBarrier is one operation and the barrier after it, by several goroutines.
func BenchmarkBarrier(b *testing.B) {
	for _, how := range []Sync{Interval, Always} {
		for _, goroutines := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/goroutines=%d", [...]string{"interval", "always"}[how], goroutines), func(b *testing.B) {
				d := realDisk()
				var writes, syncs int
				open := d.open
				d.open = func(path string, flags int) (file, error) {
					f, err := open(path, flags)
					return &countingFile{f, &writes, &syncs}, err
				}
				j, _ := openQuietly(b, Options{Sync: how, disk: d})
				var state sync.Mutex
				order, data := uint64(0), bytes.Repeat([]byte("x"), 120)
				share := make(chan int, b.N)
				for i := range b.N {
					share <- i
				}
				close(share)
				b.ReportAllocs()
				b.ResetTimer()
				var all sync.WaitGroup
				for range goroutines {
					all.Go(func() { // ends when the work is done
						for range share {
							state.Lock()
							order++
							j.Append(order, data, false)
							state.Unlock()
							j.Barrier()
						}
					})
				}
				all.Wait()
				b.StopTimer()
				require.NoError(b, j.Close())
				b.ReportMetric(float64(b.N)/float64(max(writes, 1)), "ops/write")
				b.ReportMetric(float64(b.N)/float64(max(syncs, 1)), "ops/sync")
			})
		}
	}
}

func openQuietly(b *testing.B, o Options) (*Journal, *read) {
	b.StopTimer()
	defer b.StartTimer()
	return open(b, b.TempDir(), o)
}

type countingFile struct {
	file
	writes, syncs *int
}

func (f *countingFile) WriteAt(data []byte, offset int64) (int, error) {
	*f.writes++ // One goroutine writes at a time.
	return f.file.WriteAt(data, offset)
}

func (f *countingFile) Sync() error {
	*f.syncs++
	return f.file.Sync()
}

func BenchmarkSync(b *testing.B) {
	j, _ := open(b, b.TempDir(), Options{Sync: Always, disk: realDisk()})
	data := bytes.Repeat([]byte("x"), 120)
	order := uint64(0)
	for b.Loop() {
		order++
		j.Append(order, data, true)
		j.Barrier()
	}
}

// BenchmarkLoad reads 64 MiB of operations.
func BenchmarkLoad(b *testing.B) {
	folder := b.TempDir()
	j, _ := open(b, folder, Options{})
	data := bytes.Repeat([]byte("x"), 120)
	order := uint64(0)
	for range 64 << 20 / 140 / 1000 {
		for range 1000 {
			order++
			j.Append(order, data, false)
		}
		j.Barrier()
	}
	require.NoError(b, j.Close())
	b.SetBytes(64 << 20)
	for b.Loop() {
		j, err := Open(folder, Options{})
		require.NoError(b, err)
		n := uint64(0)
		count := func(uint64, []byte) error { n++; return nil }
		_, err = j.Load(count, count)
		require.NoError(b, err)
		require.Equal(b, order, n)
		require.NoError(b, j.Close())
	}
}

package transport

import (
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	// fanoutInline is the maximum number of flushes that one goroutine does alone.
	fanoutInline = 128
	// fanoutChunk is how many connections a goroutine takes at a time: enough to make the counter's cost negligible,
	// but few enough that all cores finish at about the same time.
	fanoutChunk = 32
)

// FlushAll flushes all of conns. If there are hundreds, several goroutines share the work. It returns when all have
// been flushed.
func FlushAll[C interface{ Flush() }](conns []C) {
	workers := min(runtime.GOMAXPROCS(0), len(conns)/(fanoutInline/2))
	if len(conns) <= fanoutInline || workers < 2 {
		for _, c := range conns {
			c.Flush()
		}
		return
	}
	var next atomic.Int64
	work := func() {
		for {
			end := int(next.Add(fanoutChunk))
			start := end - fanoutChunk
			if start >= len(conns) {
				return
			}
			for _, c := range conns[start:min(end, len(conns))] {
				c.Flush()
			}
		}
	}
	var others sync.WaitGroup
	for range workers - 1 {
		others.Go(work) // ends when no chunk is left
	}
	work()
	others.Wait()
}

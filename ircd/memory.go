package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// releaseEvery is how often the daemon checks whether it holds memory that it does not need.
	releaseEvery = 10 * time.Second
	// Spare memory is worth a collection if it is at least releaseLeastBytes, and at least one releaseShare-th of the
	// memory in use.
	releaseLeastBytes = 8 << 20
	releaseShare      = 4
)

// heap describes the runtime's memory: the bytes in use after the latest garbage collection, the bytes held beyond
// these, and the number of collections so far.
type heap struct {
	live, spare uint64
	collections uint64
}

func readHeap() heap {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	live, held := samples[0].Value.Uint64(), uint64(0)
	for _, s := range samples[1:4] {
		held += s.Value.Uint64()
	}
	return heap{live: live, spare: held - min(live, held), collections: samples[4].Value.Uint64()}
}

// wasteful reports whether memory should be returned to the system: there is much to spare, and so little is being
// allocated that it will not be needed again soon. A burst of connections, for example, leaves much garbage behind.
func wasteful(before, now heap) bool {
	return now.collections-before.collections <= 1 && now.spare >= releaseLeastBytes && now.spare >= now.live/releaseShare
}

// releaseMemory returns memory to the system when the daemon is idle. It returns when ctx ends.
func releaseMemory(ctx context.Context) {
	ticker := time.NewTicker(releaseEvery)
	defer ticker.Stop()
	before := readHeap()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := readHeap()
		if wasteful(before, now) {
			debug.FreeOSMemory()
			now = readHeap()
		}
		before = now
	}
}

package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// releaseEvery is how often the daemon looks whether it holds memory that it does not need.
	releaseEvery = 10 * time.Second
	// releaseLeastBytes and releaseShare are how much that must be, in all and of what is in use, to be worth a collection.
	releaseLeastBytes = 8 << 20
	releaseShare      = 4
)

// heap is what the runtime says of its memory: bytes in use after the latest collection, bytes held beyond them, and how
// many collections there have been.
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

// wasteful tells whether memory should be given back: there is much to spare, and hardly anything is being made, so
// that it will not be needed again at once. A burst of connections leaves as much garbage as it leaves users.
func wasteful(before, now heap) bool {
	return now.collections-before.collections <= 1 && now.spare >= releaseLeastBytes && now.spare >= now.live/releaseShare
}

// releaseMemory gives memory back to the system when the daemon has become quiet. It returns when ctx ends.
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

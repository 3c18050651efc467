package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWasteful(t *testing.T) {
	const mib = 1 << 20
	cases := []struct {
		before, now heap
		want        bool
	}{
		{heap{}, heap{live: 20 * mib, spare: 17 * mib}, true},
		{heap{}, heap{live: 20 * mib, spare: 7 * mib}, false},                                                     // too little in total
		{heap{}, heap{live: 200 * mib, spare: 20 * mib}, false},                                                   // too small a share
		{heap{collections: 5}, heap{live: 20 * mib, spare: 17 * mib, collections: 6}, true},                       // nearly idle
		{heap{collections: 5}, heap{live: 20 * mib, spare: 17 * mib, collections: 9}, false},                      // busy: the memory will be needed
		{heap{live: 90 * mib, collections: 5}, heap{live: 10 * mib, spare: 90 * mib, collections: 6}, true},       // everyone has left
		{heap{collections: 5}, heap{live: 1 * mib, spare: releaseLeastBytes - 1, collections: 5}, false},          // a small server
		{heap{collections: 5}, heap{live: 4 * releaseLeastBytes, spare: releaseLeastBytes, collections: 5}, true}, // just enough
	}
	for _, c := range cases {
		require.Equal(t, c.want, wasteful(c.before, c.now), "%+v", c)
	}
}

func TestReadHeap(t *testing.T) {
	h := readHeap()
	require.Positive(t, h.live+h.spare)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	releaseMemory(ctx)
}

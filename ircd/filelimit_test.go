package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlaces checks that there are fewer connections than files, so that some files are left for everything else.
func TestPlaces(t *testing.T) {
	for _, test := range []struct {
		files         uint64
		clients, want int
	}{
		{20000, 10000, 10000},
		{1024, 10000, 1024 - spareFiles},
		{1024, 100, 100},
		{spareFiles, 100, 1},
		{3, 100, 1},
		{math.MaxUint64, 10000, 10000},
		{math.MaxInt64, 10000, 10000},
	} {
		require.Equal(t, test.want, placesWith(test.files, test.clients), "%d files, %d clients", test.files, test.clients)
	}
}

package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlaces: there are never more places than files, and some files are left for the rest.
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

package config

import (
	"errors"
	"net"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// spellings are ways to write the host of an address.
var spellings = []string{"", "0.0.0.0", "[::]", "[::0]", "[::ffff:0.0.0.0]", "127.0.0.1", "127.0.0.2", "localhost", "[::ffff:127.0.0.1]",
	"[::ffff:7f00:1]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::1%lo]"}

// The check agrees with the kernel about which two addresses can be open at once.
func TestOverlappingAddresses(t *testing.T) {
	for _, first := range spellings {
		held, err := net.Listen("tcp", first+":0")
		if errors.Is(err, syscall.EADDRNOTAVAIL) {
			continue // a machine without IPv6
		}
		require.NoError(t, err, first)
		port := ":" + strconv.Itoa(held.Addr().(*net.TCPAddr).Port)
		for _, second := range spellings {
			other, err := net.Listen("tcp", second+port)
			if err == nil {
				require.NoError(t, other.Close())
			}
			require.Equal(t, !errors.Is(err, syscall.EADDRINUSE), accepts(twoListeners(first+port, second+port)), "%q and %q: %v", first, second, err)
			require.True(t, accepts(twoListeners(first+":7001", second+":7002")), "different ports")
			require.True(t, accepts(twoListeners(first+":0", second+":0")), "any free ports")
		}
		require.NoError(t, held.Close())
	}
}

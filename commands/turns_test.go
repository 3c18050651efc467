package commands

import (
	"context"
	"net/netip"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTurnsAreShared: one network takes only its share, however many wait; others get their turn at once, and in the
// end nothing is remembered of anybody.
func TestTurnsAreShared(t *testing.T) {
	turns := newTurns()
	greedy, stop := context.WithCancel(context.Background())
	var waiting sync.WaitGroup
	addr := netip.MustParseAddr("2001:db8:1::")
	var ends []func()
	for range mostNetworkQuestions {
		addr = addr.Next()
		end, ok := turns.take(greedy, addr)
		require.True(t, ok)
		ends = append(ends, end)
	}
	for range 2 * mostQuestions {
		waiting.Go(func() {
			if end, ok := turns.take(greedy, netip.MustParseAddr("2001:db8:1:ffff::1")); ok {
				end()
			}
		})
	}
	for _, other := range []string{"2001:db8:2::1", "192.0.2.1", "::ffff:198.51.100.1"} {
		end, ok := turns.take(context.Background(), netip.MustParseAddr(other))
		require.True(t, ok)
		end()
	}
	stop()
	waiting.Wait()
	_, ok := turns.take(greedy, addr)
	require.False(t, ok, "there is no place, and no time")
	for _, end := range ends {
		end()
	}
	require.Empty(t, turns.networks)
	require.Empty(t, turns.all)
}

// TestTurnsAreBoundedInAll whatever the networks.
func TestTurnsAreBoundedInAll(t *testing.T) {
	turns := newTurns()
	var ends []func()
	for i := range mostQuestions {
		end, ok := turns.take(context.Background(), netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}))
		require.True(t, ok)
		ends = append(ends, end)
	}
	over, stop := context.WithCancel(context.Background())
	stop()
	_, ok := turns.take(over, netip.MustParseAddr("192.0.2.1"))
	require.False(t, ok)
	for _, end := range ends {
		end()
	}
	require.Empty(t, turns.networks)
}

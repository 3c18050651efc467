package commands

import (
	"context"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReversed(t *testing.T) {
	require.Equal(t, "99.2.0.192", reversed(netip.MustParseAddr("192.0.2.99")))
	require.Equal(t, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2", reversed(netip.MustParseAddr("2001:db8::1")))
}

// counting counts what is looked up.
type counting struct {
	*stage
	asked atomic.Int32
}

func (c *counting) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	c.asked.Add(1)
	return c.stage.LookupNetIP(ctx, network, host)
}

// TestBlocklistsAreAskedOnce: an address is looked up again when the answer is no longer good, and not before.
func TestBlocklistsAreAskedOnce(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[[blocklists]]\nzone = \"one.example.net\"\n[hosts]\nlookup = false\n"))
	resolver := &counting{stage: g}
	g.server.options.Resolver = resolver
	visit := func() *actor { return g.open("x", "192.0.2.19", false, "") }
	for range 3 {
		require.False(t, visit().conn.closed)
	}
	require.EqualValues(t, 1, resolver.asked.Load())
	g.wait(blockNotListed)
	visit()
	require.EqualValues(t, 2, resolver.asked.Load())
	// This machine is not asked about.
	g.open("y", "127.0.0.1", false, "")
	require.EqualValues(t, 2, resolver.asked.Load())
}

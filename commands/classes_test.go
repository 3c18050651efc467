package commands

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestClassesFollowAReload: connections take over what the class they fit now says, and those of none what holds for
// all.
func TestClassesFollowAReload(t *testing.T) {
	class := "[[classes]]\nname = \"net\"\nnetworks = [\"192.0.2.0/24\"]\n"
	g := newStage(t, mergeConfig(testConfig, class+"send_queue = \"2MiB\"\nping_interval = \"5m\"\nconnections_per_address = 3\n"))
	inside, outside := g.register("inside", connectOptions{addr: "192.0.2.1"}), g.register("outside", connectOptions{addr: "198.51.100.1"})
	require.Equal(t, 2<<20, inside.conn.mostQueued)
	require.Zero(t, outside.conn.mostQueued, "it was never told another one than its listener's")
	require.Equal(t, map[place]int{{class: "net"}: 1, inside.client.places[1]: 1}, g.server.places)
	require.Equal(t, 5*time.Minute, inside.client.settled().pingInterval)

	next, err := parseConfig(mergeConfig(testConfig, class+"send_queue = \"64KiB\"\n"))
	require.NoError(t, err)
	g.server.Reload(next)
	require.Equal(t, 2*time.Minute, inside.client.settled().pingInterval)
	require.Equal(t, 64<<10, inside.conn.mostQueued)
	require.Same(t, inside.client.settled(), g.register("third", connectOptions{addr: "192.0.2.7"}).client.settled())

	next, err = parseConfig(testConfig)
	require.NoError(t, err)
	g.server.Reload(next)
	require.Nil(t, inside.client.settled().class)
	require.Equal(t, 1<<20, outside.client.settled().sendQueue)
	for _, a := range g.clients {
		g.drop(a, nil)
	}
	require.Empty(t, g.server.places)
}

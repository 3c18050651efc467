package commands

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/config"
	"bavard/state"
	"bavard/wire"
)

// TestMetadataValuesFit: a value that may be set is never cut, whatever the names around it.
func TestMetadataValuesFit(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, text := range []string{
		"", "[metadata]\nmax_value_bytes = 400\n",
		"[server]\nname = \"irc." + long(59) + "\"\n[metadata]\nmax_value_bytes = 400\nmax_key_bytes = 64\n[limits]\nhost_length = 10\nuser_length = 1\nnick_length = 64\nchannel_length = 2\n",
		"[metadata]\nmax_value_bytes = 400\nmax_key_bytes = 64\n[limits]\nuser_length = 20\nnick_length = 64\nchannel_length = 128\n",
	} {
		cfg, err := parseConfig(text)
		require.NoError(t, err)
		limits, policy := cfg.Limits, policyOf(cfg)
		require.Positive(t, policy.MetadataValueBytes)
		key, value := long(policy.MetadataKeyBytes), long(policy.MetadataValueBytes-1)+"!"
		nick := long(limits.NickLength)
		source := nick + "!" + long(limits.UserLength) + "@" + long(limits.HostLength)
		for _, target := range []string{nick, long(limits.ChannelLength)} {
			for _, l := range []wire.Line{
				{Source: source, Command: "METADATA", Params: []string{target, key, visibleToAll, value}, Text: true},
				{Source: cfg.Server.Name, Command: "METADATA", Params: []string{target, key, visibleToAll, value}, Text: true},
				{Source: cfg.Server.Name, Command: "761", Params: []string{nick, target, key, visibleToAll, value}, Text: true},
			} {
				require.Contains(t, string(wire.Append(nil, l)), value+"\r\n")
			}
		}
	}
}

// pagedConn is a connection that tells how much was queued between two waits.
type pagedConn struct {
	memoryConn
	pages []int
	// first is what happens while the first page is read.
	first func()
}

func (p *pagedConn) Await(int, time.Duration) bool {
	if len(p.pages) == 0 && p.first != nil {
		p.first()
	}
	p.pages = append(p.pages, len(p.lines))
	return true
}

// TestSyncInPages: a large channel's metadata comes in one batch, everybody's once, and of no page is there more than a
// queue holds. Who comes between two pages is told of too.
func TestSyncInPages(t *testing.T) {
	const members = 1500
	g := newStage(t, mergeConfig(testConfig, "[metadata]\nsync_pause = \"1s\"\n"))
	var out outbox
	enter := func(i int) {
		who := state.SessionID(1_000_000 + i)
		own := []state.Metadatum{{Key: "color", Value: itoa(i)}, {Key: "size", Value: "L"}, {Key: "unheard", Value: "x"}}
		require.Nil(t, g.server.doFor(&out, who, nil, &state.Register{Nick: fmt.Sprintf("m%d", i), Username: "m", Host: "h", Metadata: own}))
		require.Nil(t, g.server.doFor(&out, who, nil, &state.Join{Channel: "#c"}))
	}
	for i := range members {
		enter(i)
	}
	conn := &pagedConn{memoryConn: memoryConn{addr: addrOf("192.0.2.1"), stirred: g.stirred}}
	client, _ := g.server.Open(conn)
	for _, line := range []string{"CAP REQ :batch draft/metadata-2", "NICK asker", "USER u 0 * :U", "CAP END", "METADATA * SUB color size", "JOIN #c"} {
		client.Line([]byte(line))
	}
	require.Equal(t, ":irc.test 774 asker #c 1", conn.lines[len(conn.lines)-1])
	g.now = g.now.Add(time.Second)
	conn.lines, conn.pages = nil, nil
	conn.first = func() {
		g.server.order.Lock()
		defer g.server.order.Unlock()
		enter(members)
	}
	client.Line([]byte("METADATA #c SYNC"))
	// His JOIN has been seen, and stands between the lines of the batch.
	joined := slices.Index(conn.lines, fmt.Sprintf(":m%d!m@h JOIN #c", members))
	require.Positive(t, joined)
	conn.lines = slices.Delete(conn.lines, joined, joined+1)
	require.Len(t, conn.lines, 1+2*(members+1)+1)
	for i, line := range conn.lines[1 : len(conn.lines)-1] {
		key, value := "color", itoa(i/2)
		if i%2 == 1 {
			key, value = "size", "L"
		}
		require.Equal(t, fmt.Sprintf("@batch=2 :irc.test METADATA m%d %s * :%s", i/2, key, value), line)
	}
	require.GreaterOrEqual(t, len(conn.pages), 5)
	for i := 1; i < len(conn.pages); i++ {
		require.LessOrEqual(t, conn.pages[i]-conn.pages[i-1], 2*pageItems+2) // each member has two values
	}
}

// TestSyncOfWhatEnds: a channel that is gone, or that the client has been taken out of, between two pages ends its
// batch.
func TestSyncOfWhatEnds(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.register("alice", connectOptions{caps: []string{"batch", "draft/metadata-2"}})
	b := g.register("bob", connectOptions{})
	for _, line := range []string{"METADATA * SET color :red", "JOIN #c,#d", "MODE #c +s", "METADATA #c SET color :black", "METADATA #d SET color :white"} {
		g.say(b, line)
	}
	g.say(a, "JOIN #c,#d")
	g.say(a, "METADATA * SUB color")
	a.take()
	a.conn.judge = nil // the pages do not come from his own lines
	call := &Call{Client: a.client, command: table["METADATA"]}
	tourOf := func(names ...string) *tour {
		tr := &tour{Call: call, keys: []string{"color"}, told: map[state.UserID]bool{}}
		for _, name := range names {
			tr.channels = append(tr.channels, g.server.state.Channel(name).ID())
		}
		return tr
	}
	tr := tourOf("#c", "#d")
	g.say(a, "PART #c")
	a.take()
	require.True(t, tr.page(g.server.state, call.newPage()))
	require.Equal(t, []string{
		":irc.test BATCH +4 metadata #d", "@batch=4 :irc.test METADATA #d color * :white", "@batch=4 :irc.test METADATA bob color * :red", ":irc.test BATCH -4",
	}, a.take())
	tr = tourOf("#d")
	tr.open(g.server.state.Channel("#d"))
	g.say(a, "PART #d")
	g.say(b, "PART #d")
	a.take()
	require.True(t, tr.page(g.server.state, call.newPage()))
	require.Equal(t, []string{":irc.test BATCH -5"}, a.take())
}

func TestBucketMissing(t *testing.T) {
	var b bucket
	now := time.Unix(1000, 0)
	for range 3 {
		require.Zero(t, b.missing(1, now, 0.5, 3))
		b.take(1, now, 0.5, 3)
	}
	require.Equal(t, 2*time.Second, b.missing(1, now, 0.5, 3))
	require.Equal(t, time.Second, b.missing(1, now.Add(time.Second), 0.5, 3))
	require.Zero(t, b.missing(1, now.Add(2*time.Second), 0.5, 3))
	require.Equal(t, 2*time.Second, b.missing(1, now.Add(-time.Hour), 0.5, 3), "a clock that runs back earns nothing")
	for d, want := range map[time.Duration]string{0: "1", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60"} {
		require.Equal(t, want, wholeSeconds(d))
	}
}

// TestMetadataPolicy: the defaults of the configuration are in force.
func TestMetadataPolicy(t *testing.T) {
	p := policyOf(config.Default())
	require.Equal(t, 20, p.MetadataKeys)
	require.Equal(t, 40, p.MetadataKeyBytes)
	require.Empty(t, p.MetadataAllowed)
}

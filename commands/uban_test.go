package commands

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// TestLongBanList: the list goes out in pages, whole and in order, and the filter holds on every page.
func TestLongBanList(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[[opers]]\nname = \"root\"\npassword = \"HASH(secret)\"\n"))
	root := g.register("root", connectOptions{addr: "127.0.0.1"})
	g.say(root, "OPER root secret")
	var out outbox
	g.server.order.Lock()
	for i := range 3*pageItems + 7 {
		op := &state.AddBan{Action: state.BanConnect, Target: fmt.Sprintf("10.0.%d.%d", i/256, i%256), Setter: "list", Reason: fmt.Sprint("n", i%10)}
		require.Nil(t, g.server.doFor(&out, 0, nil, op))
	}
	g.server.order.Unlock()
	root.take()
	g.say(root, "UBAN LIST")
	lines := root.take()
	require.Len(t, lines, 3*pageItems+8)
	require.Contains(t, lines[0], ":10.0.0.0 by list")
	require.Contains(t, lines[3*pageItems+6], ":10.0.3.6 by list")
	g.say(root, "UBAN LIST n7")
	lines = root.take()
	require.Len(t, lines, (3*pageItems+7)/10+1)
	for _, line := range lines[:len(lines)-1] {
		require.True(t, strings.HasSuffix(line, ": n7"), line)
	}
}

package commands

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRehashTellsOfARestartWhenThereIsOne checks that REHASH names the options that need a restart, if there are any.
func TestRehashTellsOfARestartWhenThereIsOne(t *testing.T) {
	for _, names := range [][]string{nil, {"storage.path", "server.name"}} {
		g := newStage(t, testConfig+operConfig)
		g.server.options.Rehash = func() ([]string, error) { return names, nil }
		a := g.register("root", connectOptions{addr: "127.0.0.1"})
		g.say(a, "OPER root secret")
		a.take()
		g.say(a, "REHASH")
		lines := strings.Join(a.take(), "\n")
		require.Contains(t, lines, "The configuration was reloaded")
		require.Equal(t, names != nil, strings.Contains(lines, "restart"), lines)
		if names != nil {
			require.Contains(t, lines, "storage.path, server.name")
		}
	}
}

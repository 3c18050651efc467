package commands

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStatsMemory: its numbers are never the same twice, so no script can show them.
func TestStatsMemory(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[[opers]]\nname = \"root\"\npassword = \"HASH(r)\"\n"))
	root := g.register("root", parseConnect(nil))
	g.say(root, "OPER root r")
	root.take()
	g.say(root, "STATS z")
	lines := root.take()
	require.Len(t, lines, 3)
	require.Regexp(t, `^:irc.test 249 root z :heap \d+ MiB in use, [1-9]\d* MiB from the system, \d+ collections, [1-9]\d* goroutines$`, lines[0])
	require.Equal(t, ":irc.test 249 root z :1 users, 0 channels, 1 connections", lines[1])
	require.Equal(t, ":irc.test 219 root z :End of /STATS report", lines[2])
}

func TestEveryStatsLetterIsInTheHelp(t *testing.T) {
	for _, row := range statsTable {
		require.Regexp(t, `\b`+string(rune(row.letter))+`\b`, table["STATS"].help)
		require.False(t, strings.Contains(row.help, ","))
	}
}

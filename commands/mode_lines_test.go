package commands

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestModeLines(t *testing.T) {
	require.Equal(t, [][]string{{"+"}}, modeLines("+", nil, 10))
	require.Equal(t, [][]string{{"+nt"}}, modeLines("+nt", nil, 10))
	require.Equal(t, [][]string{{"+kln", "key", "5"}}, modeLines("+kln", []string{"key", "5"}, 10))
	require.Equal(t, [][]string{{"+kl", "key", "5"}, {"+nt"}}, modeLines("+klnt", []string{"key", "5"}, 9))
	require.Equal(t, [][]string{{"+k", "key"}, {"+ln", "5"}}, modeLines("+kln", []string{"key", "5"}, 7))
	for room := 6; room < 20; room++ {
		letters, params := "", []string(nil)
		for _, line := range modeLines("+kLlnst", []string{"key", "#c", "5"}, room) {
			require.LessOrEqual(t, len(strings.Join(line, " ")), room)
			letters, params = letters+line[0][1:], append(params, line[1:]...)
		}
		require.Equal(t, "kLlnst", letters)
		require.Equal(t, []string{"key", "#c", "5"}, params)
	}
}

package commands

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/config"
)

// TestRefusedRestartIsNotLogged checks that an action of an IRC operator is logged only after it has happened.
func TestRefusedRestartIsNotLogged(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[[opers]]\nname = \"root\"\npassword = \"HASH(r)\"\n"))
	root := g.register("root", connectOptions{})
	g.say(root, "OPER root r")
	g.reload = func() (*config.Config, error) { return nil, errors.New("a mistake") }
	g.say(root, "RESTART irc.test")
	g.say(root, "REHASH")
	require.NotContains(t, g.logged.String(), "operator action")
	g.say(root, "DIE irc.test")
	require.Contains(t, g.logged.String(), `msg="operator action"`)
	require.Contains(t, g.logged.String(), "verb=DIE")
}

package commands

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEntriesCarryTheSession checks that one client's story can be found in the log by its session's id.
func TestEntriesCarryTheSession(t *testing.T) {
	g := newStage(t, testConfig+operConfig)
	alice := g.register("alice", parseConnect(nil))
	bob := g.register("bob", parseConnect(nil))
	g.say(bob, "OPER root wrong")
	g.say(alice, "OPER root secret")
	g.say(alice, "KLINE *@192.0.2.1 1h :spam")
	g.say(alice, "UNKLINE *@192.0.2.1")
	g.say(alice, "FILTER ADD block *pills* :No advertisements")
	g.say(alice, "FILTER DEL *pills*")
	g.say(alice, "DEFCON 4 1h")
	g.say(alice, "WALLOPS :hello")
	g.say(alice, "REHASH")
	g.say(alice, "DEOPER")
	g.say(bob, "QUIT :bye")
	g.drop(alice, io.EOF)

	story := func(a *actor) (events []string) {
		for line := range strings.Lines(g.logged.String()) {
			require.Contains(t, line, " session=")
			if strings.Contains(line, fmt.Sprintf(" session=%d ", a.client.id)) {
				_, event, _ := strings.Cut(line, `msg="`)
				event, _, _ = strings.Cut(event, `"`)
				events = append(events, event)
			}
		}
		return events
	}
	require.Equal(t, []string{"client connected", "client registered", "OPER failed", "client disconnected"}, story(bob))
	require.Equal(t, []string{
		"client connected", "client registered", "became IRC operator", "server ban added", "server ban removed", "filter added", "filter removed",
		"DEFCON level set", "operator action", "configuration not reloaded", "operator action", "client disconnected",
	}, story(alice))
}

// TestAnOperatorWithoutABlock checks that the entry about an operator whose section is gone carries the session too.
func TestAnOperatorWithoutABlock(t *testing.T) {
	g := newStage(t, testConfig+operConfig)
	alice := g.register("alice", parseConnect(nil))
	g.say(alice, "OPER root secret")
	cfg, err := parseConfig(testConfig)
	require.NoError(t, err)
	g.server.Reload(cfg)
	require.Contains(t, g.logged.String(), fmt.Sprintf(`msg="no longer IRC operator" session=%d nick=alice as=root`, alice.client.id))
}

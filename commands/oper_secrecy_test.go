package commands

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// TestOperTellsNothing checks that every failed OPER has the same answer, after the check of one password.
func TestOperTellsNothing(t *testing.T) {
	const mine, other = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	const opers = `
[[opers]]
name = "here"
password = "HASH(secret)"
[[opers]]
name = "elsewhere"
password = "HASH(secret)"
hosts = ["*@198.51.100.1"]
[[opers]]
name = "both"
password = "HASH(secret)"
certificates = ["` + other + `"]
[[opers]]
name = "certificate"
certificates = ["` + other + `"]
[[opers]]
name = "mine-elsewhere"
certificates = ["` + mine + `"]
hosts = ["*@198.51.100.1"]
`
	for _, line := range []string{
		"OPER nobody secret", "OPER nobody wrong", "OPER nobody", "OPER here wrong", "OPER here", "OPER elsewhere secret", "OPER elsewhere wrong",
		"OPER both secret", "OPER both wrong", "OPER certificate", "OPER certificate x", "OPER mine-elsewhere", "OPER mine-elsewhere x",
	} {
		g := newStage(t, mergeConfig(testConfig, opers))
		checked := 0
		verify := g.server.options.VerifyPassword
		g.server.options.VerifyPassword = func(hash, password string) bool {
			checked++
			return verify(hash, password)
		}
		a := g.register("alice", connectOptions{addr: "192.0.2.1", print: mine, secure: true})
		g.say(a, line)
		require.Equal(t, []string{":irc.test 464 alice :Password incorrect"}, a.take(), line)
		require.Equal(t, 1, checked, line)
	}
}

// TestOperHostsIgnoreCase: a block's masks may be written in any case.
func TestOperHostsIgnoreCase(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[[opers]]\nname = \"root\"\npassword = \"HASH(secret)\"\nhosts = [\"ALICE@192.0.2.*\"]\n"))
	for nick, may := range map[string]bool{"alice": true, "bob": false} {
		a := g.register(nick, connectOptions{addr: "192.0.2.1"})
		g.say(a, "OPER root secret")
		require.Equal(t, may, a.client.can(state.PrivOper), nick)
	}
}

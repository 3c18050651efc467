package integration

import (
	"testing"
)

// TestHierarchyByHand checks every line that three users see who type IRC by hand, as with nc.
func TestHierarchyByHand(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	alice, bob, carol := join(t, s, "alice"), join(t, s, "bob"), join(t, s, "carol")
	all := func(line string) {
		t.Helper()
		for _, r := range []*raw{alice, bob, carol} {
			r.receives(line)
		}
	}
	const from = "@127.0.0.1 "

	alice.send("JOIN #c")
	alice.receives(":alice!alice"+from+"JOIN #c", ":irc.test 353 alice = #c :~alice", ":irc.test 366 alice #c :End of /NAMES list")
	bob.send("JOIN #c")
	bob.receives(":bob!bob"+from+"JOIN #c", ":irc.test 353 bob = #c :~alice bob", ":irc.test 366 bob #c :End of /NAMES list")
	carol.send("JOIN #c")
	carol.receives(":carol!carol"+from+"JOIN #c", ":irc.test 353 carol = #c :~alice bob carol", ":irc.test 366 carol #c :End of /NAMES list")
	alice.receives(":bob!bob"+from+"JOIN #c", ":carol!carol"+from+"JOIN #c")
	bob.receives(":carol!carol" + from + "JOIN #c")

	bob.send("GRANT carol #c")
	bob.receives(":irc.test 482 bob #c :You must be the channel's founder")
	alice.send("GRANT bob #c")
	all(":alice!alice" + from + "MODE #c +o bob")
	bob.send("KICK carol")
	all(":bob!bob" + from + "KICK #c carol :bob")
	bob.send("KICK alice")
	bob.receives(":irc.test 482 bob #c :alice is the channel's founder: you must have a higher rank")
	bob.send("KICK bob")
	bob.receives(":irc.test 482 bob #c :You cannot kick yourself: use PART #c to leave")

	carol.send("JOIN #c")
	carol.receives(":carol!carol"+from+"JOIN #c", ":irc.test 353 carol = #c :~alice @bob carol", ":irc.test 366 carol #c :End of /NAMES list")
	alice.receives(":carol!carol" + from + "JOIN #c")
	bob.receives(":carol!carol" + from + "JOIN #c")
	alice.send("MODE #c +sk sésame")
	all(":alice!alice" + from + "MODE #c +sk sésame")

	alice.send("REN #d")
	for _, r := range []*raw{alice, bob, carol} {
		r.receives(
			":"+r.nick+"!"+r.nick+from+"PART #c :Renamed to #d by alice",
			":"+r.nick+"!"+r.nick+from+"JOIN #d",
			":irc.test 353 "+r.nick+" @ #d :~alice @bob carol",
			":irc.test 366 "+r.nick+" #d :End of /NAMES list")
	}
	bob.send("MODE #d")
	bob.sees(`^:irc.test 324 bob #d \+knst sésame$`)
	bob.drain()

	alice.send("BYE")
	if before := alice.isClosed(); len(before) != 1 {
		t.Errorf("alice received %q, not only an ERROR", before)
	}
	for _, r := range []*raw{bob, carol} {
		r.sees(`^:alice!alice@127.0.0.1 QUIT`)
		r.receives(":irc.test MODE #d +oq bob bob")
		r.receivesNothing()
	}
}

// TestFounderIsIrssisOperator checks that irssi regards a founder as an operator: it looks for @ to decide who is one,
// including itself.
func TestFounderIsIrssisOperator(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	alice := sitDown(t, newIrssi(t), s, "alice", false)
	alice.types("", "/join #c")
	alice.sees(entered, "alice", "#c")
	alice.sees(shown, "Total of 1 nicks [1 ops, 0 halfops, 0 voices, 0 normal]")

	bob := join(t, s, "bob")
	bob.send("JOIN #c")
	alice.sees(joined, "bob", "#c")
	alice.types("#c", "/mode #c +q bob")
	alice.sees(moded, "alice", "#c", "+oq-q bob bob alice")
	alice.types("#c", "/names")
	alice.sees(shown, "Total of 2 nicks [2 ops, 0 halfops, 0 voices, 0 normal]")
}

package integration

import (
	"testing"
)

// TestTogether puts all three real clients into one channel, without a raw one. What one of them does is checked by
// what the others show.
func TestTogether(t *testing.T) {
	t.Parallel()
	srv := serve(t, quick)
	iris := sitDown(t, newIrssi(t), srv, "iris", false)
	wanda := sitDown(t, newWeeChat(t), srv, "wanda", true)
	hector := sitDown(t, newHexChat(t), srv, "hector", false)
	all := []*client{iris, wanda, hector}
	everybody := func(e event, args ...string) {
		t.Helper()
		for _, c := range all {
			c.sees(e, args...)
		}
	}

	for i, c := range all {
		c.types("", "/join #zoo")
		c.sees(entered, c.nick, "#zoo")
		for _, earlier := range all[:i] {
			earlier.sees(joined, c.nick, "#zoo")
		}
	}
	for _, c := range all {
		text := "je m'appelle " + c.nick + ", enchanté 🦊"
		c.enter("#zoo", text)
		everybody(said, c.nick, "#zoo", text)
	}
	for i, c := range all {
		next := all[(i+1)%len(all)]
		c.types("#zoo", "/msg %s psst, %s", next.nick, next.nick)
		next.sees(told, c.nick, "psst, "+next.nick)
	}
	iris.types("#zoo", "/topic #zoo Ménagerie")
	everybody(topicSet, "iris", "#zoo", "Ménagerie")

	iris.typesVerb("#zoo", "GRANT wanda")
	everybody(moded, "iris", "#zoo", "+o wanda")
	for _, c := range all {
		c.lists("#zoo", "~iris", "@wanda", "hector")
	}
	wanda.types("#zoo", "/kick hector go and cool off")
	iris.sees(kicked, "hector", "#zoo", "wanda", "go and cool off")
	hector.sees(thrownOut, "hector", "#zoo", "wanda", "go and cool off")
	hector.types("", "/join #zoo")
	hector.sees(entered, "hector", "#zoo")
	iris.sees(joined, "hector", "#zoo")
	wanda.sees(joined, "hector", "#zoo")

	iris.typesVerb("#zoo", "REN #jungle")
	for _, c := range all {
		c.sees(left, c.nick, "#zoo")
		c.sees(entered, c.nick, "#jungle")
		c.lists("#jungle", "~iris", "@wanda", "hector")
	}
	iris.types("#jungle", "/quit zzz")
	for _, c := range all[1:] {
		c.sees(quitted, "iris", "Quit: zzz")
		c.sees(moded, "irc.test", "#jungle", "+oq wanda wanda")
		c.lists("#jungle", "~wanda", "hector")
	}
	hector.enter("#jungle", "only we two")
	wanda.sees(said, "hector", "#jungle", "only we two")
}

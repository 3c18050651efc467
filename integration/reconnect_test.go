package integration

import (
	"testing"
)

// TestReconnect checks that each client reconnects by itself after the server restarts, and rejoins its channel.
func TestReconnect(t *testing.T) {
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, quick)
			may := sitDown(t, c.make(t), srv, "may", true)
			may.types("", "/join #home")
			may.sees(entered, "may", "#home")
			ann := join(t, srv, "ann")
			ann.send("JOIN #home")
			may.sees(joined, "ann", "#home")

			srv.restart()
			may.sees(disconnected)
			ann.isClosed()
			may.sees(welcomed, "may")
			may.sees(entered, "may", "#home")
			may.lists("#home", "~may")
			ann = join(t, srv, "ann")
			ann.send("JOIN #home")
			may.sees(joined, "ann", "#home")
			may.enter("#home", "as if nothing had happened")
			ann.sees(`^:may!\S+ PRIVMSG #home :as if nothing had happened$`)
			ann.send("PRIVMSG #home :welcome back")
			may.sees(said, "ann", "#home", "welcome back")
		})
	}
}

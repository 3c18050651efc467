package integration

import (
	"testing"
)

// TestLobby checks a server as a chat with a single room: a user who connects is in the room at once, like everyone
// else, and can read earlier messages.
func TestLobby(t *testing.T) {
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, settings{"flood": quick["flood"], "channels": "autojoin = [\"#lobby\"]"})
			ann := join(t, srv, "ann")
			ann.send("PRIVMSG #lobby :is nobody hère?")
			ann.drain()

			may := sitDown(t, c.make(t), srv, "may", false)
			may.sees(entered, "may", "#lobby")
			may.lists("#lobby", "~ann", "may")
			ann.sees(`^:may!\S+ JOIN #lobby$`)
			may.enter("#lobby", "I am")
			ann.sees(`^:may!\S+ PRIVMSG #lobby :I am$`)
			may.types("#lobby", "/quote HISTORY #lobby")
			may.sees(shown, "<ann> is nobody hère?")
			may.sees(shown, "<may> I am")
			may.types("#lobby", "/quote CURRENT")
			may.sees(shown, "Your current channel is #lobby")
			may.types("#lobby", "/quote BYE")
			ann.sees(`^:may!\S+ QUIT`)
		})
	}
}

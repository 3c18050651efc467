package integration

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestConnectionLimits checks how many connections there can be, from one address and in total, and how fast clients
// can connect. Refused clients get the reason; existing connections stay.
func TestConnectionLimits(t *testing.T) {
	for _, test := range []struct {
		name, limits string
		welcome      int // how many are accepted
		reason       string
	}{
		{"address", "exempt = []\nconnections_per_address = 3\nconnection_rate = 0", 3, "too many connections"},
		{"rate", "exempt = []\nconnection_rate = 4", 4, "too fast"},
		{"all", "clients = 2", 2, "full"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, settings{"limits": test.limits})
			var in []*raw
			for i := range test.welcome {
				in = append(in, join(t, s, "guest"+string(rune('a'+i))))
			}
			turnedAway := dial(t, "tcp", s.plain)
			lines := turnedAway.isClosed()
			require.Len(t, lines, 1)
			require.Regexp(t, `^ERROR :.*`+test.reason, lines[0])
			for _, r := range in {
				r.drain()
			}
			if test.name == "rate" {
				return // only waiting would help
			}
			in[0].send("QUIT")
			in[0].isClosed()
			await(t, func() bool { // the server counts a connection until it has closed it
				late := dial(t, "tcp", s.plain)
				if _, err := late.conn.Write([]byte("PING x\r\n")); err != nil {
					return false
				}
				line, ok := late.next()
				return ok && line == ":irc.test PONG irc.test :x"
			}, "a free place")
		})
	}
}

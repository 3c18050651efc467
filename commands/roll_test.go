package commands

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// crowd adds users without a connection to a channel, which is created if need be.
func (g *stage) crowd(channel string, first, n int) {
	g.server.order.Lock()
	defer g.server.order.Unlock()
	var out outbox
	for i := first; i < first+n; i++ {
		who := state.SessionID(1_000_000 + i)
		if g.server.state.Session(who) == nil {
			require.Nil(g.t, g.server.doFor(&out, who, nil, &state.Register{Nick: fmt.Sprintf("m%d", i), Username: "member", Host: "host.of.the.member.example"}))
		}
		require.Nil(g.t, g.server.doFor(&out, who, nil, &state.Join{Channel: channel}))
	}
}

// readingConn is a connection whose client reads only while the server waits for it. between, if not nil, is called
// each time, when the lock is free.
type readingConn struct {
	*memoryConn
	queued, most int
	between      func()
}

func (r *readingConn) Send(b []byte) bool {
	r.queued += len(b)
	r.most = max(r.most, r.queued)
	return r.memoryConn.Send(b)
}

func (r *readingConn) SendPair(head, tail []byte) bool {
	return r.Send(append(append([]byte(nil), head...), tail...))
}

func (r *readingConn) Await(most int, d time.Duration) bool {
	if most >= 0 {
		r.queued = 0
		if r.between != nil {
			r.between()
		}
	}
	return r.memoryConn.Await(most, d)
}

// reads makes a client read only while the server waits for it.
func (g *stage) reads(a *actor) *readingConn {
	r := &readingConn{memoryConn: a.conn}
	a.client.conn = r
	return r
}

// sendQueueOfScripts is limits.send_queue in the configuration of the scripts.
const sendQueueOfScripts = 1 << 20

// named returns how often each nick occurs in the 353 lines for a channel.
func named(lines []string, channel string) map[string]int {
	found := map[string]int{}
	for _, line := range lines {
		if _, names, is := strings.Cut(line, " "+channel+" :"); is && strings.Contains(line, " 353 ") {
			for _, name := range strings.Fields(names) {
				nick, _, _ := strings.Cut(strings.TrimLeft(name, "~&@%+"), "!")
				found[nick]++
			}
		}
	}
	return found
}

// verbsOf returns the commands and numerics of lines, each run of equal ones once.
func verbsOf(lines []string) (verbs []string) {
	for _, line := range lines {
		words := strings.Fields(line)
		if words[0][0] == '@' {
			words = words[1:]
		}
		if verb := words[1]; len(verbs) == 0 || verbs[len(verbs)-1] != verb {
			verbs = append(verbs, verb)
		}
	}
	return verbs
}

// bustle lets a member of a channel leave, a new one come, and somebody speak.
func (g *stage) bustle(speaker *actor, channel, text string, n int) (come string) {
	g.server.order.Lock()
	members := g.server.state.Channel(channel).Members()
	leaver := members[1+n*977%(len(members)-2)]
	if local(leaver.User().Sessions()[0]) != nil {
		leaver = members[2]
	}
	var out outbox
	require.Nil(g.t, g.server.doFor(&out, leaver.User().Sessions()[0].ID(), nil, &state.Part{Channel: channel}))
	require.Nil(g.t, speaker.client.do(nil, nil, &state.Message{Kind: state.Privmsg, Target: channel, Text: text}))
	next := len(g.server.state.Users())
	g.server.order.Unlock()
	g.crowd(channel, next, 1)
	return fmt.Sprint("m", next)
}

// TestNamesOfManyComeInPages checks that the names of a channel of 10,000 members come in pages, for every command that
// lists them, while members come and go: the order of the lines is the usual one, a member who stays is named exactly
// once, and the queue is never more than half full.
func TestNamesOfManyComeInPages(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, "[channels]\nautojoin = [\"#big\"]\n[history]\nautoreplay = 3\n"+operConfig))
	root := g.register("root", connectOptions{addr: "127.0.0.1"})
	g.say(root, "OPER root secret")
	g.crowd("#big", 0, 10_000)
	g.say(root, "TOPIC #big :all of us")
	g.say(root, "PRIVMSG #big :said before")
	joins := []string{"JOIN", "332", "333", "353", "366", "NOTICE"}
	for _, c := range []struct {
		first, line string
		by          string // the client that sends the line
		want        []string
	}{
		{"", "USER u 0 * :u", "alice", joins}, // which joins by itself
		{"PART #big", "JOIN #big", "alice", joins},
		{"", "CYCLE #big", "alice", append([]string{"PART"}, joins...)},
		{"", "NAMES #big", "alice", []string{"353", "366"}},
		{"PART #big", "SAJOIN alice #big", "root", joins},
		{"", "SAMODE #big +o alice", "root", []string{"MODE", "353", "366"}},
	} {
		if strings.Contains(c.line, " +o ") {
			g.say(root, "MODE #big +u") // members see no one except operators
		}
		alice := g.open("alice", "127.0.0.1", false, "")
		r := g.reads(alice)
		for _, line := range []string{"CAP REQ :userhost-in-names", "CAP END", "NICK alice"} {
			g.say(alice, line)
		}
		if welcomed := c.by == "root" || !strings.HasPrefix(c.line, "USER"); welcomed {
			g.say(alice, "USER u 0 * :u")
		}
		if c.first != "" {
			g.say(alice, c.first)
		}
		alice.take()
		r.queued, r.most = 0, 0
		come, waits, text := map[string]bool{}, 0, "said during "+c.line
		r.between = func() {
			waits++
			come[g.bustle(root, "#big", text, waits)] = true
		}
		g.say(g.actor(c.by), c.line)
		r.between = nil
		lines := alice.take()
		for strings.HasPrefix(c.line, "USER") && !strings.Contains(lines[0], " JOIN ") {
			lines = lines[1:] // the welcome
		}
		requireRoll(t, g, c.line, lines, come, c.want)
		require.Equal(t, waits, strings.Count(strings.Join(lines, "\n"), text), "%s: each message once, and none again in the history", c.line)
		require.Less(t, r.most, sendQueueOfScripts/2, c.line)
		require.Greater(t, waits, 3, c.line)
		g.say(alice, "QUIT")
	}
}

// requireRoll requires that the lines name each member who stayed once and nobody else twice, and have this order.
func requireRoll(t *testing.T, g *stage, what string, lines []string, come map[string]bool, want []string) {
	found := named(lines, "#big")
	for _, m := range g.server.state.Channel("#big").Members() {
		if nick := m.User().Nick(); !come[nick] && len(found) > 0 {
			require.Equal(t, 1, found[nick], "%s: %s", what, nick)
		}
	}
	for nick, times := range found {
		require.Equal(t, 1, times, "%s: %s", what, nick)
	}
	var own []string
	for _, line := range lines {
		if !strings.HasPrefix(line, ":m") && !strings.HasPrefix(line, ":root!") {
			own = append(own, line)
		}
	}
	require.Equal(t, want, verbsOf(own), what)
}

// TestJoinsWaitForRoom checks that no command that joins many channels queues the names of all of them at once.
func TestJoinsWaitForRoom(t *testing.T) {
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("#c%d", i))
	}
	quoted := `"` + strings.Join(names, `","`) + `"`
	for _, line := range []string{"USER u 0 * :u", "JOIN " + strings.Join(names, ","), "NAMES " + strings.Join(names, ","), "SAJOIN alice " + strings.Join(names, ",")} {
		extra := operConfig + "[limits]\ntargets = 30\n[users]\ndefault_modes = \"\"\n"
		if strings.HasPrefix(line, "USER") {
			extra += "[channels]\nautojoin = [" + quoted + "]\n"
		}
		g := newStage(t, mergeConfig(testConfig, extra))
		for _, name := range names {
			g.crowd(name, 0, 1400)
		}
		root := g.register("root", connectOptions{addr: "127.0.0.1"})
		g.say(root, "OPER root secret")
		alice := g.open("alice", "127.0.0.1", false, "")
		r := g.reads(alice)
		for _, line := range []string{"CAP REQ :userhost-in-names", "CAP END", "NICK alice"} {
			g.say(alice, line)
		}
		if !strings.HasPrefix(line, "USER") {
			g.say(alice, "USER u 0 * :u")
		}
		r.queued, r.most = 0, 0
		alice.take()
		if strings.HasPrefix(line, "SAJOIN") {
			g.say(root, line)
		} else {
			g.say(alice, line)
		}
		all := strings.Join(alice.take(), "\n")
		require.Less(t, r.most, sendQueueOfScripts/2+64<<10, line)
		require.Greater(t, len(all), sendQueueOfScripts, line)
		require.Equal(t, len(names), strings.Count(all, " 366 alice "), line)
		for i := range 1400 {
			require.Equal(t, len(names), strings.Count(all, fmt.Sprintf("m%d!", i)), line)
		}
	}
}

// TestEntriesInPages checks that a long list of bans comes in pages, for MODE and BAN: an entry that stays is shown
// once, and the end of the list comes last.
func TestEntriesInPages(t *testing.T) {
	const bans = 1500
	g := newStage(t, mergeConfig(testConfig, "[limits]\nlist_entries = 5000\nlist_bytes = \"1MiB\"\n"))
	alice := g.register("alice", connectOptions{addr: "127.0.0.1"})
	g.say(alice, "JOIN #c")
	change := func(on bool, from, n int) {
		g.server.order.Lock()
		defer g.server.order.Unlock()
		var out outbox
		op := &state.SetModes{Channel: "#c"}
		for i := from; i < from+n; i++ {
			op.Changes = append(op.Changes, state.ModeChange{On: on, Letter: 'b', Param: fmt.Sprintf("*!*@n%d.example", i)})
		}
		require.Nil(t, g.server.doFor(&out, alice.client.id, nil, op))
	}
	for i := 0; i < bans; i += 5 {
		change(true, i, 5)
	}
	r := g.reads(alice)
	for line, end := range map[string]string{"MODE #c b": " 368 ", "BAN #c": "End of the bans"} {
		alice.take()
		waits, gone := 0, map[int]bool{}
		r.between = func() {
			waits++
			gone[waits*13], gone[bans-waits*13] = true, true
			change(false, waits*13, 1)
			change(false, bans-waits*13, 1)
		}
		g.say(alice, line)
		r.between = nil
		lines := alice.take()
		require.Greater(t, waits, 1, line)
		require.Contains(t, lines[len(lines)-1], end)
		seen := map[string]int{}
		for _, text := range lines {
			if !strings.Contains(text, " MODE #c -b ") {
				for _, word := range strings.Fields(text) {
					seen[strings.TrimPrefix(word, ":")]++
				}
			}
		}
		for i := range bans {
			if !gone[i] && g.server.state.HasEntry(g.server.state.Channel("#c"), 'b', fmt.Sprintf("*!*@n%d.example", i)) {
				require.Equal(t, 1, seen[fmt.Sprintf("*!*@n%d.example", i)], "%s: %d", line, i)
			}
		}
		for i := range gone {
			change(true, i, 1)
		}
	}
}

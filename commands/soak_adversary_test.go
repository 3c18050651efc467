package commands

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Some clients of the soak are adversaries: each fills the lists of a channel of its own with the entries that are the
// slowest to compare, and then sends the lines that cause the most work, those of `go run ./bench -worst`.

const (
	// mostHoldWork is the limit on the work of one hold of the lock, in units of state.State.Work: one millisecond.
	// That is half of what is allowed, because the channels of the soak are not large.
	mostHoldWork = 100_000
	// mostAdversaries is how many clients are adversaries, at most: one in everyAdversary.
	mostAdversaries, everyAdversary = 10, 20
	// popularChannels is how many of the adversaries' channels other clients join. All become operators there.
	popularChannels = 2
)

// adversary reports whether the i-th client is an adversary, and returns the adversary's number. Adversaries are not
// IRC operators.
func (s *soak) adversary(i int) (n int, is bool) {
	if s.onlyAdversaries {
		return i % mostAdversaries, true
	}
	return i / everyAdversary, i%everyAdversary == 7 && i/everyAdversary < mostAdversaries
}

// ownsChannel reports whether this adversary creates a channel. If there are more adversaries than channels, the others
// only join.
func (s *soak) ownsChannel(i int) bool { return !s.onlyAdversaries || i < mostAdversaries }

// TestSoakOfAdversaries is a soak in which all clients are adversaries, so that the lists stay full and each channel
// has many operators.
func TestSoakOfAdversaries(t *testing.T) {
	const clients = 60
	s := newSoakWith(t, soakConfig)
	s.onlyAdversaries = true
	s.run(time.Duration(fromEnvironment(t, "SOAK_SECONDS", 3))*time.Second, clients)
}

// harmed reports whether the adversaries have sent enough lines and, if there are no other clients, caused much work.
func (s *soak) harmed() bool {
	return s.harmful.Load() > int64(len(worstLines)) && (!s.onlyAdversaries || s.heaviest.Load() > mostHoldWork/10)
}

// worstChannel returns the name of the n-th adversary's channel, which all other adversaries join too.
func worstChannel(n int) string { return fmt.Sprint("#worst", n) }

// closedChannel returns the name of the n-th adversary's other channel, which nobody else can join.
func closedChannel(n int) string { return fmt.Sprint("#closed", n) }

// numberedNames returns n names, separated by sep.
func numberedNames(name string, n int, sep string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(name, i)
	}
	return strings.Join(list, sep)
}

// fillList returns MODE lines that add entries to a list, a few per line.
func fillList(channel, letter string, n int, entry func(i int) string) (lines []string) {
	const perLine = 4
	for first := 0; first < n; first += perLine {
		line := "MODE " + channel + " +" + strings.Repeat(letter, min(perLine, n-first))
		for i := first; i < min(first+perLine, n); i++ {
			line += " " + entry(i)
		}
		lines = append(lines, line)
	}
	return lines
}

// arm joins the channels and fills the lists of the n-th adversary. soakConfig allows 100 entries.
func (c *soakClient) arm(n int) error {
	own, closed := worstChannel(n), closedChannel(n)
	slow := func(i int) string { return fmt.Sprintf("$r:*%s#x%d", strings.Repeat("?", 70), i) }
	pieces := func(i int) string { return fmt.Sprintf("*!*@*a?%d*e?*x?*m?*p*", i) }
	filter := func(i int) string { return fmt.Sprintf("*%sb%02d?", strings.Repeat("a", 54), i) }
	lines := []string{"JOIN " + own + "," + closed, "MODE " + closed + " +i", "MODE " + own + " +w o:*!*@*", "MODE " + own + " +X filter:*"}
	lines = append(lines, fillList(closed, "I", 97, slow)...)
	lines = append(lines, fillList(own, "b", 60, slow)...)
	lines = append(lines, fillList(own, "e", 15, pieces)...)
	lines = append(lines, fillList(own, "g", 20, filter)...)
	err := c.say(lines...)
	if err == nil {
		err = c.sync()
	}
	return err
}

// harm sends some of the worst lines about the n-th adversary's channel or a different one, in which the client is one
// operator of many, and listens until they are all answered.
func (c *soakClient) harm(n int) error {
	if c.harms = n; c.r.IntN(2) == 0 {
		n = c.r.IntN(popularChannels)
	}
	lines := worstLines[c.r.IntN(len(worstLines))](c, worstChannel(n))
	c.soak.harmful.Add(int64(len(lines)))
	if err := c.say(lines...); err != nil {
		return err
	}
	return c.sync()
}

// same returns a function that always returns the same lines. %s in them is the channel.
func same(lines ...string) func(*soakClient, string) []string {
	return func(_ *soakClient, own string) (all []string) {
		for _, line := range lines {
			all = append(all, strings.ReplaceAll(line, "%s", own))
		}
		return all
	}
}

// worstLines has the lines that an adversary sends at once.
var worstLines = []func(c *soakClient, own string) []string{
	func(_ *soakClient, channel string) []string {
		line := "MODE " + channel + " " + strings.Repeat("+b-b", 10)
		for i := range 10 {
			mask := fmt.Sprintf(" *%s!*@*%s", strings.Repeat("?", i%3), strings.Repeat("?", i%7)) // matches everyone
			line += mask + mask
		}
		return []string{line, strings.ReplaceAll(line, "-b", "")}
	},
	// While everyone is banned, a ban that would hit an equal is not refused at the first member, so all members are
	// compared with all bans.
	same("MODE %s +b *!*@*"), same("MODE %s +b *!*@*"), same("MODE %s -b *!*@*"),
	same("MODE %s " + strings.Repeat("+e-e", 10) + strings.Repeat(" *!*@*", 20)),
	same("MODE %s " + strings.Repeat("+u-u", 115)),
	same("MODE %s "+strings.Repeat("+D-D+i-i+m-m", 38), "MODE %s +s-s+p-p"),
	same("JOIN " + strings.Repeat("#closed0,", 50) + "#closed0"),
	same("JOIN " + numberedNames("#closed", mostAdversaries, ",")),
	same("JOIN " + numberedNames("#worst", mostAdversaries, ",")), same("NAMES " + numberedNames("#worst", mostAdversaries, ",")),
	func(c *soakClient, channel string) []string {
		if channel == worstChannel(c.harms) { // its founder stays
			return nil
		}
		return []string{"CYCLE " + channel, "PART " + channel, "JOIN " + channel}
	},
	same("PRIVMSG "+numberedNames("#worst", 8, ",")+" :"+strings.Repeat("a", 300), "PRIVMSG %s :"+strings.Repeat("a", 400)),
	same("@+a=" + strings.Repeat("x", 4000) + " TAGMSG " + numberedNames("#worst", 8, ",")),
	func(c *soakClient, own string) []string {
		lines := []string{"BATCH +w draft/multiline " + own}
		for range 10 {
			lines = append(lines, "@batch=w PRIVMSG "+own+" :"+strings.Repeat("a", 380))
		}
		return append(lines, "BATCH -w")
	},
	func(c *soakClient, own string) []string {
		return []string{"NICK " + c.scribe.nick(), "NICK " + c.scribe.nick()}
	},
	same("AWAY :gone", "AWAY", "SETNAME :"+strings.Repeat("aaaa bbbb ", 12), "TOPIC %s :"+strings.Repeat("a", 390)),
	same("WHO *?*?*?*?*?*?*nobody", "WHO %s %tcuihsnfdlaor,1", "WHO *"),
	same("LIST *w*o*r*?,*c*?*?*?*d*", "LIST", "LIST >1,<1000,C<60,T>0"),
	same("CHATHISTORY LATEST %s * 100", "HISTORY %s 100", "CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 100", "PRIVMSG *playback :PLAY * 0"),
	func(c *soakClient, _ string) []string {
		masks := numberedNames(fmt.Sprintf("x%d*?*?*", c.r.IntN(100)), 12, "!*@*,+") + "!*@*"
		return []string{"SILENCE +" + masks, "SILENCE", "SILENCE -" + strings.ReplaceAll(masks, "+", "-")}[:2+c.r.IntN(2)]
	},
	same("ACCEPT "+numberedNames("p", 60, ","), "ACCEPT *"),
	func(c *soakClient, _ string) []string {
		return []string{"MONITOR + " + numberedNames(fmt.Sprint("p", c.r.IntN(100)), 80, ","), "MONITOR S", "MONITOR L", "MONITOR C"}[:3+c.r.IntN(2)]
	},
	same("ISON "+numberedNames("p", 100, " "), "USERHOST "+numberedNames("p", 14, " "), "WHOIS "+numberedNames("p", 8, ","), "WHOWAS p1"),
	func(c *soakClient, own string) (lines []string) {
		for i := range 20 {
			lines = append(lines, fmt.Sprintf("METADATA * SET key%d :%s", i, strings.Repeat("v", 200)))
		}
		return append(lines, "METADATA * SUB "+numberedNames(fmt.Sprint("key", c.r.IntN(10)), 40, " "), "METADATA * LIST", "METADATA "+own+" SYNC", "METADATA * CLEAR")
	},
	same("MODE %s b", "MODE %s e", "MODE %s g", "BAN %s", "MODE #closed0 I"),
	same("BAN %s *?*!*@*", "UNBAN %s *?*!*@*", "KNOCK #closed0", "INVITE p1 %s", "RENAME %s %sx", "RENAME %sx %s"),
	same("MARKREAD %s timestamp=2026-01-01T00:00:01.000Z", "STATS u", "STATS p", "LUSERS", "LINKS", "HELP", "INFO"),
}

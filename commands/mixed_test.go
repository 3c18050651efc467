package commands

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// mixedConfig has one channel for all, where everybody is an operator and may do everything.
const mixedConfig = `
[channels]
hierarchy = "classic"
[hosts]
lookup = false
[limits]
send_queue = "64MiB" # on a busy machine some are slow, which is no fault
`

// The channel has one of these names; it is renamed all the time.
var mixedNames = []string{"#home", "#haus"}

// TestMixedClients: a hundred clients in one channel ask for capabilities and give them up while they talk. None ever
// receives a line, a tag or a batch that it has not negotiated at that moment, every label has one answer, every
// message one id.
func TestMixedClients(t *testing.T) {
	const people = 100
	rounds := fromEnvironment(t, "MIXED_ROUNDS", 40)
	s := newSoakWith(t, mergeConfig(soakConfig, mixedConfig))
	s.server.options.Accounts = &fakeAccounts{mechanisms: []string{"PLAIN"}}
	s.server.AccountsChanged()
	ctx, stop := context.WithCancel(t.Context())
	var background, talkers sync.WaitGroup
	background.Go(func() { s.server.Run(ctx) }) // ends with ctx
	close(s.over)
	s.quiet.Add(people)
	var arrived sync.WaitGroup
	arrived.Add(people)
	allQuiet := sync.OnceValue(func() <-chan struct{} {
		done := make(chan struct{})
		go func() { // ends when all clients have had their say
			s.quiet.Wait()
			close(done)
		}()
		return done
	})
	for i := range people {
		joined := make(chan struct{})
		talkers.Go(func() { s.mix(i, people, rounds, &arrived, allQuiet, sync.OnceFunc(func() { close(joined) })) }) // ends after its rounds
		if i == 0 {
			<-joined // the first one founds the channel
		}
	}
	talkers.Wait()
	s.check()
	stop()
	background.Wait()
	left := s.sockets.Wait(patienceOfSoak)
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	t.Logf("%d lines said, %d lines heard and judged, %d labels answered", s.said.Load(), s.heard.Load(), s.answered.Load())
	require.Empty(t, strings.Join(s.found, "\n"), "violations")
	require.Zero(t, s.log.panics, s.log.first)
	require.Zero(t, left, "connections left")
	require.Equal(t, int64(people), s.welcomed.Load())
	require.Greater(t, s.answered.Load(), int64(people*rounds/5))
	require.Greater(t, s.heard.Load(), 5*s.said.Load(), "they hear one another")
	for what, all := range map[string]map[string]gate{"": verbGates, "tag ": tagGates, "batch ": batchGates} {
		for name := range all {
			if !slices.Contains(mixedSilence, what+name) {
				require.Positive(t, s.counted[what+name], "nobody has heard %s%s", what, name)
			}
		}
	}
}

// mixedSilence is what nobody hears in this test, which is no matter of chance.
var mixedSilence = []string{
	"WARN", "NOTE", "batch znc.in/playback", // there are none
	"KICK", "KILL", "ERROR", // which would end somebody's stay
	"PING", // which comes with time
}

// isClosed waits for a channel to be closed, so long at most.
func isClosed(c <-chan struct{}, most time.Duration) bool {
	select {
	case <-c:
		return true
	case <-time.After(most):
		return false
	}
}

// tally adds what a client has heard to what all have.
func (s *soak) tally(heard map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counted == nil {
		s.counted = map[string]int{}
	}
	for what, n := range heard {
		s.counted[what] += n
	}
}

// mix is one client's life in that channel.
func (s *soak) mix(i, people, rounds int, arrived *sync.WaitGroup, allQuiet func() <-chan struct{}, joined func()) {
	here := sync.OnceFunc(arrived.Done)
	defer joined()
	quiet := sync.OnceFunc(s.quiet.Done)
	defer quiet()
	defer here()
	c := s.client(rand.New(rand.NewPCG(uint64(i), 17)))
	c.scribe.people, c.scribe.home = people, mixedNames[0]
	c.judge.live = true
	if err := c.connect(i); err != nil {
		s.violation("cannot connect: %v", err)
		return
	}
	defer c.leave()
	err := c.enter(i)
	joined()
	here()
	arrived.Wait()
	for n := 0; err == nil && n < rounds; n++ {
		err = c.mingle(i, n)
	}
	quiet()
	for all := allQuiet(); err == nil && !isClosed(all, 20*time.Millisecond); {
		err = c.sync() // who did not read would be ended
	}
	if err == nil {
		err = c.sync()
	}
	s.tally(c.judge.heard)
	if err != nil {
		s.violation("%s has lost its connection: %v, after %q", c.judge.nick, err, c.last)
		return
	}
	s.agrees(c)
}

// enter registers and joins. Of four clients one has all capabilities, one none, and two have some.
func (c *soakClient) enter(i int) error {
	var err error
	if i%4 != 1 {
		err = c.negotiate([]int{1, 0, 2, 3}[i%4])
	}
	if err == nil {
		err = c.say("CAP END", fmt.Sprintf("NICK n%d", i), fmt.Sprintf("USER u%d 0 * :Real name", i%10))
	}
	for err == nil && c.judge.nick == "" { // its name is being looked up
		err = c.sync()
	}
	if err == nil && i%10 == 0 {
		err = c.say("OPER root secret")
	}
	if err == nil {
		c.soak.welcomed.Add(1)
		err = c.say("JOIN " + mixedNames[0])
	}
	if err == nil {
		err = c.sync()
	}
	return err
}

// mingle is one round: some lines, labelled or not, or other capabilities.
func (c *soakClient) mingle(i, n int) error {
	if n == 0 && i == 0 { // the founder: everybody shall be able to do everything
		var lines []string
		for j := 1; j < 100; j++ {
			lines = append(lines, fmt.Sprintf("MODE %s +o n%d", mixedNames[0], j))
		}
		if err := c.say(lines...); err != nil {
			return err
		}
	}
	if c.r.IntN(4) == 0 {
		kind := c.r.IntN(4)
		if err := c.request(func(string) string {
			switch kind {
			case 0:
				return ""
			case 1:
				return "-"
			}
			return []string{"", "-", "leave it"}[c.r.IntN(3)]
		}); err != nil {
			return err
		}
		return c.sync()
	}
	var lines []string
	for range 1 + c.r.IntN(6) {
		line := c.mixedLine(i)
		if c.r.IntN(24) == 0 { // as alice or as Bob
			lines = append(lines, "AUTHENTICATE PLAIN", "AUTHENTICATE "+c.scribe.pick("AGFsaWNlAHdvbmRlcmxhbmQ=", "AEJvYgBidWlsZGVy"))
			continue
		}
		if c.r.IntN(2) == 0 {
			label := c.scribe.label()
			if strings.HasPrefix(line, "@") {
				line = "@" + label + ";" + line[1:]
			} else {
				line = "@" + label + " " + line
			}
		}
		lines = append(lines, line)
	}
	if c.r.IntN(4) == 0 {
		s := c.scribe
		s.said++
		lines = append(lines, s.multiline(s.pick(s.channel(), s.channel(), s.nick()), fmt.Sprintf("%s%d-%d", uniqueText, i, s.said))...)
	}
	if err := c.say(lines...); err != nil {
		return err
	}
	return c.sync()
}

// mixedLine is something that people do in a channel, and none that ends another's stay there. What is unique is said
// once.
func (c *soakClient) mixedLine(i int) string {
	s := c.scribe
	here := s.channel()
	s.said++
	unique := fmt.Sprintf("%s%d-%d", uniqueText, i, s.said)
	switch c.r.IntN(26) {
	case 0, 1:
		return "PRIVMSG " + here + " :" + unique
	case 2:
		return "@+draft/reply=x;+x=y NOTICE " + here + " :" + unique
	case 3:
		return "@+typing=active TAGMSG " + here
	case 4:
		return "PRIVMSG " + s.nick() + " :" + unique
	case 5:
		return s.pick("AWAY", "AWAY :gone")
	case 6:
		return fmt.Sprintf("NICK n%d%s", i, s.pick("", "", "x", "yy"))
	case 7:
		return "SETNAME :Real " + s.number()
	case 8:
		return "TOPIC " + here + " :" + s.number()
	case 9:
		return "MODE " + here + " " + s.pick("+", "-") + s.pick("v", "o") + " " + s.nick()
	case 10:
		return "PART " + here
	case 11, 12:
		return "JOIN " + s.home
	case 13:
		return "RENAME " + here + " " + s.pick(mixedNames...)
	case 14:
		return "INVITE " + s.nick() + " " + here
	case 15:
		return "CHGHOST " + s.nick() + " host" + s.number() + ".example"
	case 16:
		return s.pick("WHO ", "NAMES ", "MODE ", "LIST ", "TOPIC ") + here
	case 17:
		return s.pick("WHOIS ", "MONITOR + ", "WHOWAS ", "ISON ") + s.nick()
	case 18:
		return s.pick("RELAYMSG ", "NPC ", "NPCA ") + here + " " + s.pick("a/b", "c/d", "hero") + " :" + unique
	case 19:
		return s.pick("SCENE "+here+" :"+unique, "MODE "+here+" +E", "METADATA * SUB key other", "METADATA * SUBS", "METADATA * LIST", "METADATA * SET "+s.pick("key", "other")+" :"+s.number())
	case 20:
		return s.pick("MODE n"+itoa(i)+" "+s.pick("+B", "-B", "+w"), "WALLOPS :"+unique, "SILENCE +nobody!*@*")
	case 21, 22:
		return c.mixedQuery(here)
	case 23:
		return "REDACT " + c.message + s.pick("", " :a reason")
	case 24:
		return s.pick("ISUPPORT", "CAP LIST", "LUSERS", "VERSION", "HELP", "HISTORY", "MOTD", "NONSENSE")
	}
	return s.written(table[s.pick(mixedVerbs()...)])
}

// mixedQuery asks for what was said before.
func (c *soakClient) mixedQuery(here string) string {
	s := c.scribe
	from, to := "timestamp=2026-01-01T00:00:00.000Z", "timestamp=9999-01-01T00:00:00.000Z"
	if c.r.IntN(4) == 0 && c.judge.caps.has(capBatch) { // else it could not be told from an echo
		return "PRIVMSG *playback :PLAY *"
	}
	return s.pick("CHATHISTORY LATEST "+here+" * 3", "CHATHISTORY AROUND "+here+" "+s.value("reference")+" 2", "CHATHISTORY LATEST "+s.nick()+" * 3",
		"CHATHISTORY TARGETS "+from+" "+to+" 5", "MARKREAD "+here, "MARKREAD "+here+" "+from)
}

// mixedVerbs are written by their syntax.
func mixedVerbs() (list []string) {
	for _, verb := range []string{"METADATA", "CHATHISTORY", "REDACT", "MARKREAD", "RELAYMSG", "NPC", "NPCA", "SCENE", "SILENCE", "ACCEPT", "KNOCK", "WHO"} {
		if table[verb] != nil {
			list = append(list, verb)
		}
	}
	return list
}

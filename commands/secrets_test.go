package commands

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// secret is a difference between two worlds that a prober must not find out: whatever the prober sends, the received
// lines are the same in both worlds, including silence and waiting times. A line of the stage that differs between the
// worlds is written <this|that>.
//
// The prober n0 and their friend n4 share the channel #a0, which n0 founded, with n1 and n2; n3 founds #b0.
type secret struct {
	name   string
	config string
	// connect holds the options of n1 and n2, as in a script.
	connect [2]string
	// stage holds the lines that are sent before the prober begins: "n3> MODE #b0 +s".
	stage []string
	// goesOn holds lines that other clients send meanwhile, one after every few of the prober's lines.
	goesOn []string
	// masks holds masks that the prober tries more often than others.
	masks []string
	// apart means that n1 and n2 are not in the prober's channel.
	apart bool
	// never matches lines that cannot hide the secret, such as a JOIN of a channel that may not exist.
	never *regexp.Regexp
}

const cloaked = `
[hosts]
lookup = false
cloak = true
`

var addressMasks = []string{
	"*!*@192.0.2.0/24", "*!*@192.0.0.0/8", "*!*@192.0.2.1", "192.0.2.*", "*!*@198.51.100.1", "198.51.*", "$m:*!*@192.0.2.1", "n1!*@192.0.*",
	"$~m:*!*@192.0.2.1", "*!*@HIDDEN", "*!*@*.NETWORK", "n1!*@HIDDEN", "$m:*!*@*.NETWORK",
}

// knocks matches lines that enter or name a channel, whose answer must show whether the channel exists.
var knocks = regexp.MustCompile(`(?i)^(@\S* )?(JOIN|RENAME|REN|SAJOIN) .*#b0`)

var secrets = []secret{
	{name: "the address behind a cloak", config: cloaked, connect: [2]string{"from=<192.0.2.1|198.51.100.1>", "from=203.0.113.9"},
		masks: addressMasks, goesOn: busy},
	{name: "the address behind the founder's cloak", config: cloaked, connect: [2]string{"from=<192.0.2.1|198.51.100.1>", "from=203.0.113.9"},
		stage: []string{"n0> MODE #a0 +q n1"}, masks: addressMasks, goesOn: busy},
	{name: "the address behind a host that all of a listener have", config: `
[[listeners]]
address = "127.0.0.1:6667"
[[listeners]]
address = "127.0.0.1:6668"
host = "hidden.example"
`, connect: [2]string{"listener=127.0.0.1:6668 from=<192.0.2.1|198.51.100.1>", "listener=127.0.0.1:6668 from=203.0.113.9"}, masks: addressMasks, goesOn: busy},
	{name: "the address before an operator gave a host", config: staffConfig, connect: [2]string{"from=<192.0.2.1|198.51.100.1>", "from=203.0.113.9"},
		apart: true, stage: []string{"n3> OPER staff secret", "n3> CHGHOST n1 shown.example", "n1> JOIN #a0", "n2> JOIN #a0"}, masks: addressMasks, goesOn: busy},
	{name: "the network of an address", config: `
[[listeners]]
address = "127.0.0.1:6667"
[[listeners]]
address = "127.0.0.1:6668"
host = "hidden.example"
[[classes]]
name = "office"
networks = ["192.0.2.0/24"]
`, connect: [2]string{"listener=127.0.0.1:6668 from=<192.0.2.1|198.51.100.1>", "listener=127.0.0.1:6668 from=203.0.113.9"}, goesOn: busy},
	{name: "a certificate", connect: [2]string{"cert=<aabbcc|ddeeff>", "cert=abcabc"},
		masks: []string{"$z:a*", "$z:aabb*", "$z:*cc", "$z:?abbcc", "$z", "$m:$z:d*", "$~z:d*"}, goesOn: busy},

	{name: "a member of a secret channel", stage: []string{"n3> MODE #b0 +si", "n1> MODE n1 -i", "n3> INVITE n1 #b0", "n1> JOIN <#b0|#c0>", "n1> MODE <#nowhere|#c0> +s"},
		masks: memberMasks, goesOn: busy},
	{name: "a member of a secret channel, somewhere else", apart: true, stage: []string{"n3> MODE #b0 +si", "n1> MODE n1 -i", "n3> INVITE n1 #b0", "n1> JOIN <#b0|#c0>", "n1> MODE <#nowhere|#c0> +s"},
		masks: memberMasks, goesOn: inside},
	{name: "a member of a private channel", stage: []string{"n3> MODE #b0 +pi", "n1> MODE n1 -i", "n3> INVITE n1 #b0", "n1> JOIN <#b0|#c0>", "n1> MODE <#nowhere|#c0> +s"},
		masks: memberMasks, goesOn: busy},
	{name: "an invisible member", stage: []string{"n3> MODE #b0 +i", "n3> INVITE n1 #b0", "n3> INVITE n2 #b0", "<n1|n2>> JOIN #b0"},
		masks: memberMasks, goesOn: busy},
	{name: "an invisible member, somewhere else", apart: true, stage: []string{"n3> MODE #b0 +i", "n3> INVITE n1 #b0", "n3> INVITE n2 #b0", "<n1|n2>> JOIN #b0"},
		masks: memberMasks, goesOn: inside},
	{name: "a member of an auditorium, from outside", stage: []string{"n3> MODE #b0 +ui", "n1> MODE n1 -i", "n3> INVITE n1 #b0", "n1> JOIN <#b0|#c0>", "n1> MODE <#nowhere|#c0> +s"},
		masks: memberMasks, goesOn: busy},
	{name: "a member of an auditorium, from inside", apart: true, stage: []string{"n3> MODE #b0 +u", "n1> MODE n1 -i", "n0> JOIN #b0", "n1> JOIN <#b0|#c0>", "n1> MODE <#nowhere|#c0> +s"},
		masks: memberMasks, goesOn: append([]string{"n3> MODE #b0 +v n1", "n3> MODE #b0 -v n1", "n3> MODE #b0 +v n1"}, inside...)},
	{name: "a member of an auditorium who hears only whom they share a channel with", apart: true,
		stage: []string{"n3> MODE #b0 +u", "n1> MODE n1 -i+c", "n0> JOIN #b0", "n1> JOIN <#b0|#c0>", "n1> MODE <#nowhere|#c0> +s"}, goesOn: inside},
	{name: "a member of an auditorium who shares another channel", stage: []string{"n3> MODE #b0 +u", "n1> MODE n1 -i", "n0> JOIN #b0", "n1> JOIN <#b0|#c0>", "n1> MODE <#nowhere|#c0> +s"},
		masks: memberMasks, goesOn: busy},
	{name: "a member who has not spoken, from outside", stage: []string{"n3> MODE #b0 +Di", "n1> MODE n1 -i", "n3> INVITE n1 #b0", "n1> JOIN <#b0|#c0>", "n1> MODE <#nowhere|#c0> +s"},
		masks: memberMasks, goesOn: busy},
	{name: "a member who has not spoken, from inside", apart: true, stage: []string{"n3> MODE #b0 +D", "n1> MODE n1 -i", "n0> JOIN #b0", "n1> JOIN <#b0|#c0>", "n1> MODE <#nowhere|#c0> +s"},
		masks: memberMasks, goesOn: inside},
	{name: "a member who has not spoken, and might succeed the founder", apart: true,
		stage:  []string{"n3> MODE #b0 +D", "n1> JOIN <#b0|#c0>", "n1> MODE <#nowhere|#c0> +s", "n0> JOIN #b0", "n0> PRIVMSG #b0 :hello"},
		goesOn: append([]string{"n3> PART #b0"}, inside...), never: regexp.MustCompile(`(?i)^(@\S* )?(S?A?MODE|S?A?KICK|REMOVE|GRANT|REVOKE|INVITE|CYCLE|PART|LEAVE|JOIN|S?A?TOPIC|T?BAN|RENAME|REN)\b`)},
	{name: "the nick of an invisible user", apart: true, stage: []string{"n1> NICK <xx|yy>"}},
	{name: "a member who hides their channels", stage: []string{"n3> MODE #b0 +i", "n1> MODE n1 -i+I", "n2> MODE n2 -i+I", "n3> INVITE n1 #b0", "n3> INVITE n2 #b0", "<n1|n2>> JOIN #b0"},
		masks: memberMasks, goesOn: busy, never: regexp.MustCompile(`(?i)^(@\S* )?(NAMES|WHO|METADATA)\b.*#b0`)},

	{name: "a secret channel", stage: []string{"n1> JOIN <#b0|#c0>", "n1> MODE <#b0|#c0> +s-n", "n1> TOPIC <#b0|#c0> :one", "n1> PRIVMSG <#b0|#c0> :two"},
		masks: memberMasks, goesOn: busy, never: knocks},
	{name: "what is said in a secret channel", stage: []string{"n3> MODE #b0 +si", "n3> TOPIC #b0 :<one|two>", "n3> PRIVMSG #b0 :<one|two>", "n3> METADATA #b0 SET color :<red|tan>"}, goesOn: busy},
	{name: "what an invite-only channel says of itself", stage: []string{"n3> MODE #b0 +i", "n3> TOPIC #b0 :<one|two>", "n3> METADATA #b0 SET <color|shape> :red"}, goesOn: busy},
	{name: "a key and the lists of a channel", stage: []string{"n3> MODE #b0 +k <alpha|omega>", "n3> MODE #b0 +eI <one|two>!*@* <one|two>!*@*", "n3> MODE #b0 +g <one|two>"}, goesOn: busy},
	{name: "where a channel forwards to", stage: []string{"n3> JOIN <#c0|#d0>", "n3> MODE <#c0|#d0> +si", "n3> MODE #b0 +if <#c0|#d0>"}, goesOn: busy},

	{name: "an operator's name", config: `
[[opers]]
name = "<root|other>"
password = "HASH(secret)"
hosts = ["*@192.0.2.1"]
`, goesOn: busy},
	{name: "a hidden operator", config: staffConfig, stage: []string{"<n1|n2>> OPER staff secret", "<n1|n2>> MODE <n1|n2> +H"}, masks: []string{"n?!*@*"}, goesOn: busy},
	{name: "a hidden operator, while only registered users may talk", config: staffConfig + "[defcon]\nlevel4 = [\"talk\"]\n",
		stage: []string{"<n1|n2>> OPER staff secret", "<n1|n2>> MODE <n1|n2> +H", "n3> OPER staff secret", "n3> DEFCON 4"}},
	{name: "that one is silenced", stage: []string{"n1> SILENCE +<n0|xx>!*@*", "n1> MODE n1 -i"}, goesOn: busy},
	{name: "that one is silenced by somebody who is choosy", stage: []string{"n1> SILENCE +<n0|xx>!*@*", "n1> MODE n1 +gT"}, goesOn: busy},
	{name: "that somebody else has written", stage: []string{"n1> MODE n1 +g", "n2> MODE n2 +g", "n3> PRIVMSG <n1|n2> :hello"}, apart: true},
	{name: "what others talk about in private", stage: []string{"n1> PRIVMSG n2 :<one|two>", "n2> PRIVMSG n1 :<one|two>"}, goesOn: busy},
}

const staffConfig = `
[[opers]]
name = "staff"
password = "HASH(secret)"
`

var memberMasks = []string{"$j:#b0", "$~j:#b0", "$j:~#b0", "$j:@#b0", "$m:$j:#b0", "$m:$~j:#b0", "*!*@*"}

// busy holds lines whose effects the prober can see, and inside holds lines whose effects the prober must not see.
var (
	busy = []string{
		"n1> PRIVMSG #a0 :hello", "n2> PRIVMSG #a0 :hello", "n1> PRIVMSG n0 :hello", "n2> NOTICE n0 :hello", "n1> PART #a0 :bye", "n1> JOIN #a0", "n2> JOIN #a0",
		"n1> NICK n1", "n1> AWAY :gone", "n1> AWAY", "n1> CYCLE #a0", "n1> INVITE n0 #a0", "n1> KNOCK #a0", "n1> PRIVMSG n4 :hello", "n1> SETNAME :N1", "n1> TOPIC #a0 :mine",
	}
	inside = []string{"n1> NICK x1", "n1> NICK n1", "n1> AWAY :gone", "n1> AWAY", "n1> SETNAME :other", "n1> SETNAME :N1", "n2> AWAY :gone", "n2> AWAY", "n1> METADATA * SET color :red"}
)

// in returns a line as it is in one of the two worlds.
func in(world int, text string) string {
	return regexp.MustCompile(`<([^<>|]*)\|([^<>|]*)>`).ReplaceAllString(text, fmt.Sprintf("$%d", world+1))
}

// secretWorld is one of the two worlds during a test.
type secretWorld struct {
	*stage
	// shown replaces text that may differ between the worlds, such as cloaks, by a word that is the same in both.
	shown *strings.Replacer
	named *strings.Replacer
}

const secretConfig = `
[flood]
enabled = true
[limits]
registration_timeout = "60s"
`

// newSecretWorld plays the stage of a secret. All clients have the same capabilities.
func newSecretWorld(t *testing.T, x *secret, world int, caps []string) *secretWorld {
	g := newStage(t, mergeConfig(mergeConfig(testConfig, secretConfig), in(world, x.config)))
	w := &secretWorld{stage: g}
	for i := range 5 {
		o := parseConnect([]string{"from=203.0.113.100"})
		if i == 1 || i == 2 {
			o = parseConnect(strings.Fields(in(world, x.connect[i-1])))
		}
		o.caps = caps
		g.register(fmt.Sprintf("n%d", i), o)
	}
	var shown, named []string
	if cfg := g.server.config; cfg.Hosts.Cloak {
		addr := netip.MustParseAddr(strings.TrimPrefix(in(world, x.connect[0]), "from="))
		whole := cloakOf(cfg).ofAddress(addr)
		_, network, _ := strings.Cut(whole, ".")
		shown = []string{whole, "HIDDEN", network, "NETWORK"}
		named = []string{"HIDDEN", whole, "NETWORK", network}
	}
	w.shown, w.named = strings.NewReplacer(shown...), strings.NewReplacer(named...)
	stage := []string{"n0> JOIN #a0", "n4> JOIN #a0", "n3> JOIN #b0", "n1> JOIN #a0", "n2> JOIN #a0"}
	if x.apart {
		stage = stage[:3]
	}
	if x.never == knocks {
		stage[2] = "n3> JOIN #e0" // there is no #b0 yet
	}
	for _, line := range append(stage, x.stage...) {
		w.does(in(world, line))
	}
	w.heard()
	return w
}

// does plays a line of a client. It connects the client again if its connection has ended.
func (w *secretWorld) does(line string) {
	name, line, _ := strings.Cut(line, "> ")
	a := w.actor(name)
	if a.conn.over {
		w.register(name, parseConnect([]string{"from=203.0.113.100"}))
		a = w.actor(name)
	}
	w.say(a, w.named.Replace(line))
	w.now = w.now.Add(200 * 1e6)
}

// heard returns the lines that the prober and their friend have received, and drops those of other clients.
func (w *secretWorld) heard() (lines []string) {
	for _, a := range w.clients {
		for _, line := range a.take() {
			if a.name == "n0" || a.name == "n4" {
				lines = append(lines, a.name+"< "+w.shown.Replace(line))
			}
		}
	}
	return lines
}

// TestSecrets checks that two worlds that differ in a secret look the same to clients that must not know it, whichever
// command they try.
func TestSecrets(t *testing.T) {
	rounds := fromEnvironment(t, "SECRET_ROUNDS", 2)
	for i := range secrets {
		x := &secrets[i]
		t.Run(x.name, func(t *testing.T) {
			for round := range rounds {
				x.play(t, uint64(round))
			}
		})
	}
}

// mostProbes is how many lines are tried in one round: first the lines meant for the secret, and then all commands in
// turn with random parameters.
const mostProbes = 220

func (x *secret) play(t *testing.T, seed uint64) {
	s := &scribe{r: rand.New(rand.NewPCG(seed, 7)), people: 5, channels: 1, masks: x.masks}
	var caps []string
	if seed%2 == 1 {
		caps = []string{"*"}
	}
	worlds := [2]*secretWorld{newSecretWorld(t, x, 0, caps), newSecretWorld(t, x, 1, caps)}
	var said []string
	meant := x.meant()
	s.r.Shuffle(len(meant), func(i, j int) { meant[i], meant[j] = meant[j], meant[i] })
	for i := range mostProbes {
		lines := []string{x.probe(s, i)}
		if i%2 == 0 && i/2 < len(meant) {
			lines[0] = meant[i/2]
		}
		if len(x.goesOn) > 0 && i%2 == 1 {
			lines = append(lines, x.goesOn[i/2%len(x.goesOn)])
		}
		for _, line := range lines {
			said = append(said, line)
			var heard [2][]string
			for j, w := range worlds {
				w.does(line)
				heard[j] = w.heard()
			}
			require.Equal(t, heard[0], heard[1], "%s\nround %d, after\n%s", x.name, seed, strings.Join(said[max(0, len(said)-30):], "\n"))
			s.learn(heard[0])
		}
	}
}

// probe returns the next line of the prober, or sometimes of their friend. All commands have their turn.
func (x *secret) probe(s *scribe, i int) string {
	for ; ; i += 2 {
		who, line, row := s.pick("n0", "n0", "n0", "n4"), s.line(), &verbs[i%len(verbs)]
		if i%2 == 0 && !spared[row.verb] && row.verb != "QUIT" && row.verb != "BYE" {
			line = s.written(row)
		}
		if x.never == nil || !x.never.MatchString(line) {
			return who + "> " + line
		}
	}
}

// meant returns lines that ask directly for the secret.
func (x *secret) meant() (lines []string) {
	for _, mask := range x.masks {
		lines = append(lines, "n0> MODE #a0 +b-b "+mask+" "+mask, "n0> BAN #a0 "+mask+" 1h", "n0> MODE #a0 +w v:"+mask, "n0> SILENCE +"+mask, "n0> MODE #a0 +e-e "+mask+" "+mask)
	}
	for _, line := range []string{
		"INVITE n1 #b0", "INVITE n2 #b0", "KICK #b0 n1", "PRIVMSG #b0 :hello", "PRIVMSG n1 :hello", "PRIVMSG n1 :\x01VERSION\x01", "TOPIC #b0", "MODE #b0", "MODE #b0 b", "MODE #b0 +v n1", "NAMES #b0",
		"WHO #b0", "WHO n1", "WHO *", "WHOIS n1", "WHOIS n2", "LIST", "LIST #b0", "LIST >1", "LUSERS", "KNOCK #b0", "HISTORY #b0", "CHATHISTORY LATEST #b0 * 20", "METADATA #b0 LIST",
		"METADATA #b0 SYNC", "MARKREAD #b0", "BAN #b0", "REMOVE #b0 n1", "TRACE n1", "USERIP n1", "USERHOST n1", "STATS p", "IRCOPS", "OPER root secret", "GRANT n1 #b0", "JOIN #b0", "JOIN #b0 one", "MODE #a0 +f #b0",
		"CHATHISTORY TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=9999-12-31T23:59:59.999Z 50", "CYCLE #b0", "PART #b0", "REDACT #b0 x", "ACCEPT *", "WHOWAS n1", "ISON n1 n2", "MONITOR + n1,n2",
	} {
		if x.never == nil || !x.never.MatchString(line) {
			lines = append(lines, "n0> "+line)
		}
	}
	return lines
}

// learn collects the ids of messages.
func (s *scribe) learn(heard []string) {
	for _, line := range heard {
		if _, id, found := strings.Cut(line, "msgid="); found {
			id, _, _ = strings.Cut(id, " ")
			id, _, _ = strings.Cut(id, ";")
			s.ids = append(s.ids, id)
		}
	}
	s.ids = slices.Clone(s.ids[max(0, len(s.ids)-20):])
}

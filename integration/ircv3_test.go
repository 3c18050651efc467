package integration

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// noise matches what a client must not show: a line that it has not negotiated, or a tag.
var noise = regexp.MustCompile(`TAGMSG|REDACT|METADATA|MARKREAD|BATCH|CHATHISTORY|msgid=|draft/|labeled|not found for command|unknown command`)

// offers matches the lines in which a client shows what the server offers.
var offers = regexp.MustCompile(`[Cc]apabilit|CAP |CHATHISTORY=|TARGMAX=`)

// TestNewAndOldClients puts irssi, WeeChat and HexChat, each with the capabilities that it negotiates by itself, into a
// channel with a client that has negotiated everything. The old clients must show what they know of the new one's
// actions, and ignore the rest.
func TestNewAndOldClients(t *testing.T) {
	t.Parallel()
	srv := serve(t, quick)
	all := []*client{
		sitDown(t, newIrssi(t), srv, "iris", false), sitDown(t, newWeeChat(t), srv, "wanda", true), sitDown(t, newHexChat(t), srv, "hector", false),
	}
	iris, wanda, hector := all[0], all[1], all[2]
	nova := dial(t, "tcp", srv.plain)
	nova.negotiateAll("nova")
	nova.send("JOIN #lab")
	nova.sees(` JOIN #lab `)
	for i, c := range all {
		c.types("", "/join #lab")
		c.sees(entered, c.nick, "#lab")
		nova.sees(`^@.*time=.*msgid=.* :` + c.nick + `!\S+ JOIN #lab \* :`) // extended-join
		for _, earlier := range all[:i] {
			earlier.sees(joined, c.nick, "#lab")
		}
	}
	everybody := func(e event, args ...string) {
		t.Helper()
		for _, c := range all {
			c.sees(e, args...)
		}
	}

	// A multiline message: clients that do not support it do not get the blank line.
	nova.send("BATCH +m draft/multiline #lab")
	for _, line := range []string{"PRIVMSG #lab :first line", "PRIVMSG #lab :", "PRIVMSG #lab :second, and "} {
		nova.send("@batch=m %s", line)
	}
	nova.send("@batch=m;draft/multiline-concat PRIVMSG #lab :on it goes")
	nova.send("@label=m1 BATCH -m")
	id := regexp.MustCompile(`msgid=([^; ]+)`).FindStringSubmatch(nova.sees(`^@label=m1;.* BATCH \+\S+ draft/multiline #lab`))[1]
	for _, text := range []string{"first line", "second, and ", "on it goes"} {
		everybody(said, "nova", "#lab", text)
	}

	// The other clients show nothing of what only new clients know; the next thing they show is the line after it.
	nova.send("@+typing=active TAGMSG #lab")
	nova.send("@+draft/react=lol;+reply=%s TAGMSG #lab", id)
	nova.send("REDACT #lab %s :no more", id)
	nova.sees(` REDACT #lab ` + id + ` :no more`)
	nova.send("METADATA * SET url :https://example.org/")
	nova.send("METADATA #lab SET topic-url :https://example.org/lab")
	nova.send("MARKREAD #lab")
	nova.send("AWAY :in the laboratory")
	nova.send("SETNAME :Nova of the Lab")
	nova.send("@label=after;+reply=%s PRIVMSG #lab :and after that", id)
	nova.sees(`^@label=after;.* PRIVMSG #lab :and after that`)
	everybody(said, "nova", "#lab", "and after that")

	readBack(t, nova, all)

	// WeeChat reports that its user is typing. Its plugin does so when the text changes.
	wanda.types("#lab", "/set typing.look.enabled_self on")
	wanda.types("#lab", "/set irc.look.typing_status_self on")
	wanda.types("#lab", "/input insert I am still writing")
	nova.sees(`^@.*\+typing=active.* :wanda!\S+ TAGMSG #lab$`)
	wanda.types("#lab", "/input delete_line")

	// A client that comes back is shown earlier messages, as they were or as plain lines.
	nova.send("MODE #lab +H 3:1h")
	everybody(moded, "nova", "#lab", "+H 3:3600")
	for _, c := range all {
		c.types("#lab", "/part #lab")
		c.sees(left, c.nick, "#lab")
		c.types("", "/join #lab")
		c.sees(entered, c.nick, "#lab")
		c.sees(shown, "je m'appelle hector 🦊")
	}
	iris.types("#lab", "/nick isis")
	for _, c := range []*client{wanda, hector} {
		c.sees(nickChanged, "iris", "isis")
	}
	requireNoNoise(t, all)
}

// readBack makes each of the old clients speak; the new one must see the same ids live and in the history.
func readBack(t *testing.T, nova *raw, all []*client) {
	t.Helper()
	live := map[string]string{}
	for _, c := range all {
		c.enter("#lab", "je m'appelle "+c.nick+" 🦊")
		line := nova.sees(`^@.* :` + c.nick + `!\S+ PRIVMSG #lab :je m'appelle ` + c.nick)
		live[c.nick] = regexp.MustCompile(`msgid=([^; ]+)`).FindStringSubmatch(line)[1]
	}
	nova.drain()
	nova.send("@label=past CHATHISTORY LATEST #lab * 50")
	require.Regexp(t, `^@label=past :irc\.test BATCH \+\S+ chathistory #lab$`, nova.sees(`BATCH \+`))
	past := strings.Join(nova.drain(), "\n")
	for nick, id := range live {
		require.Regexp(t, `(?m)msgid=`+regexp.QuoteMeta(id)+`.* :`+nick+`!\S+ PRIVMSG #lab :je m'appelle`, past)
	}
	require.NotContains(t, past, "first line", "it was taken back")
}

// requireNoNoise requires that no client shows what it does not understand.
func requireNoNoise(t *testing.T, all []*client) {
	t.Helper()
	for _, c := range all {
		for _, line := range c.shown() {
			if offers.MatchString(line) {
				continue
			}
			require.NotRegexp(t, noise, line, "what the client of %s shows", c.nick)
		}
	}
}

// negotiateAll registers with every capability that the server offers.
func (r *raw) negotiateAll(nick string) {
	r.t.Helper()
	r.send("CAP LS 302")
	names := []string{}
	for more := true; more; {
		line := r.sees(` CAP \* LS `)
		head, list, _ := strings.Cut(line, " :")
		more = strings.HasSuffix(head, " *")
		for _, word := range strings.Fields(list) {
			name, _, _ := strings.Cut(word, "=")
			names = append(names, name)
		}
	}
	for len(names) > 0 {
		n := min(10, len(names))
		r.send("CAP REQ :%s", strings.Join(names[:n], " "))
		r.sees(` CAP \S+ ACK :`)
		names = names[n:]
	}
	r.nick = nick
	r.send("NICK %s", nick)
	r.send("USER %s 0 * :%s Example", nick, nick)
	r.send("CAP END")
	r.sees(` (376|422) ` + nick + ` `)
	r.drain()
}

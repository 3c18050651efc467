package integration

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// framework is a user of irc-framework, a client library for bots and web clients. It runs in Node.
type framework struct {
	t       *testing.T
	nick    string
	process *process
	stdin   io.Writer
	read    int // how many of its events were checked
}

// fields holds the expected fields of an event's data, by name; "tags.label" is a field inside tags.
type fields map[string]string

// newFramework starts Node. trust is a file with a certificate to trust in addition to the usual ones, or "".
func newFramework(t *testing.T, nick, trust string) *framework {
	t.Helper()
	need(t, "node", "nodejs")
	_, err := os.Stat(filepath.Join("node", "node_modules", "irc-framework"))
	require.NoError(t, err, "irc-framework is not installed; run npm ci in integration/node (make e2e does)")
	home := folder(t)
	cmd := exec.Command("node", "client.js")
	cmd.Dir, cmd.Env = "node", environment(home, "NODE_EXTRA_CA_CERTS="+trust)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	f := &framework{t: t, nick: nick, stdin: stdin}
	f.process = launch(t, cmd)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what irc-framework of %s has told:\n%s%s", nick, tail(f.process.stdout.String()), tail(f.process.stderr.String()))
		}
	})
	return f
}

// does calls a method of the client.
func (f *framework) does(method string, args ...any) {
	f.t.Helper()
	line, err := json.Marshal(append([]any{method}, args...))
	require.NoError(f.t, err)
	_, err = f.stdin.Write(append(line, '\n'))
	require.NoError(f.t, err)
}

// sees waits for an event with these fields, after those that were already checked, and returns its data.
func (f *framework) sees(event string, want fields) map[string]any {
	f.t.Helper()
	var found map[string]any
	await(f.t, func() bool {
		lines := strings.Split(f.process.stdout.String(), "\n")
		for f.read < len(lines)-1 { // text after the last line feed is an incomplete line
			line := lines[f.read]
			f.read++
			var told []json.RawMessage
			var name string
			var data map[string]any
			if json.Unmarshal([]byte(line), &told) != nil || json.Unmarshal(told[0], &name) != nil || name != event {
				continue
			}
			if json.Unmarshal(told[1], &data) != nil { // a string, a list or nothing
				data = map[string]any{"": string(told[1])}
			}
			if matches(data, want) {
				found = data
				return true
			}
		}
		return false
	}, "irc-framework of %s to report %q %v", f.nick, event, want)
	return found
}

func matches(data map[string]any, want fields) bool {
	for path, text := range want {
		if field(data, path) != text {
			return false
		}
	}
	return true
}

// field returns a field of an event as a string.
func field(data map[string]any, path string) string {
	name, rest, deeper := strings.Cut(path, ".")
	if inner, ok := data[name].(map[string]any); ok && deeper {
		return field(inner, rest)
	}
	return fmt.Sprint(data[name])
}

// hears waits for a raw line from the server. It also finds lines from before the call.
func (f *framework) hears(part string) string {
	f.t.Helper()
	var found string
	await(f.t, func() bool {
		for line := range strings.Lines(f.process.stdout.String()) {
			var told []json.RawMessage
			var name string
			var raw struct {
				Line       string `json:"line"`
				FromServer bool   `json:"from_server"`
			}
			if json.Unmarshal([]byte(line), &told) != nil || json.Unmarshal(told[0], &name) != nil || name != "raw" {
				continue
			}
			if json.Unmarshal(told[1], &raw) == nil && raw.FromServer && strings.Contains(raw.Line, part) {
				found = raw.Line
				return true
			}
		}
		return false
	}, "irc-framework of %s to hear %q", f.nick, part)
	return found
}

// capabilities returns the enabled capabilities, and the capabilities that the server offers with their values.
func (f *framework) capabilities() (enabled []string, available map[string]any) {
	f.t.Helper()
	f.does("capabilities")
	told := f.sees("capabilities", nil)
	for _, name := range told["enabled"].([]any) {
		enabled = append(enabled, name.(string))
	}
	return enabled, told["available"].(map[string]any)
}

// TestIRCFramework checks how a client library understands the server, over each kind of connection.
func TestIRCFramework(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"flood": quick["flood"], "": webListeners})
	certificate := s.certificateFile()
	host, plainPort := hostAndPort(t, s.plain)
	_, tlsPort := hostAndPort(t, s.tls)
	_, wsPort := hostAndPort(t, s.webAddress("ws"))
	_, wssPort := hostAndPort(t, s.webAddress("wss"))
	for i, way := range []struct {
		name     string
		port     int
		tls, web bool
	}{
		{"TCP", plainPort, false, false}, {"TLS", tlsPort, true, false}, {"WebSocket", wsPort, false, true}, {"WebSocketTLS", wssPort, true, true},
	} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			nick := fmt.Sprintf("fred%d", i)
			f := newFramework(t, nick, certificate)
			f.does("open", map[string]any{
				"host": host, "port": way.port, "tls": way.tls, "websocket": way.web, "path": "/irc", "rejectUnauthorized": true,
				"nick": nick, "username": "fred", "gecos": "Fred Framework",
				"enable_echomessage": true, "enable_chghost": true, "enable_setname": true, "caps": []string{"labeled-response", "draft/chathistory"},
			})
			f.story(s, fmt.Sprintf("#frame%d", i), way.tls)
		})
	}
}

// story is the same for each kind of connection.
func (f *framework) story(s *server, channel string, secure bool) {
	t := f.t
	t.Helper()
	bob := dial(t, "tcp", s.plain)
	bob.nick = "bob" + channel[len(channel)-1:]
	bob.send("CAP REQ :message-tags\r\nNICK %[1]s\r\nUSER bob 0 * :Bob\r\nCAP END", bob.nick)
	bob.sees(` (376|422) ` + bob.nick + ` `)
	bob.send("JOIN %s", channel)
	bob.sees(` 366 `)

	f.sees("registered", fields{"nick": f.nick})
	enabled, available := f.capabilities()
	require.Subset(t, enabled, []string{
		"batch", "message-tags", "server-time", "echo-message", "labeled-response", "draft/chathistory", "multi-prefix", "away-notify", "account-notify", "account-tag",
		"extended-join", "chghost", "setname", "userhost-in-names", "cap-notify",
	})
	require.Subset(t, keys(available), enabled)

	// Join the channel and list its members.
	f.does("join", channel)
	f.sees("join", fields{"nick": f.nick, "channel": channel, "gecos": "Fred Framework"})
	list := f.sees("userlist", fields{"channel": channel})
	require.Equal(t, []string{bob.nick + "[q o]", f.nick + "[]"}, people(list))
	bob.sees(`:` + f.nick + `!fred@\S+ JOIN ` + channel + `$`)
	f.does("whois", f.nick)
	whois := f.sees("whois", fields{"nick": f.nick})
	require.Equal(t, secure, whois["secure"] == true, "%v", whois)

	// Messages with their ids and times, and their echo.
	bob.send("PRIVMSG %s :salut, ça va? 🦊", channel)
	heard := f.sees("privmsg", fields{"nick": bob.nick, "target": channel, "message": "salut, ça va? 🦊"})
	require.NotEqual(t, "<nil>", field(heard, "tags.msgid"))
	require.IsType(t, 0.0, heard["time"])
	f.does("say", channel, "très bien, 🐇")
	echo := f.sees("privmsg", fields{"nick": f.nick, "target": channel, "message": "très bien, 🐇"})
	said := bob.sees(` PRIVMSG ` + channel + ` :très bien, 🐇$`)
	require.Contains(t, said, "msgid="+field(echo, "tags.msgid"), "everyone gets the same id")

	// Labels: on a line, on a batch, on an empty response and on a refusal.
	f.does("raw", "@label=l1 PRIVMSG "+channel+" :with a label")
	f.sees("privmsg", fields{"nick": f.nick, "message": "with a label", "tags.label": "l1"})
	bob.sees(` PRIVMSG ` + channel + ` :with a label$`)
	f.does("raw", "@label=l2 WHOIS "+f.nick)
	batch := f.sees("batch start labeled-response", fields{"type": "labeled-response"})
	require.GreaterOrEqual(t, len(batch["commands"].([]any)), 3)
	require.Regexp(t, `^@(.*;)?label=l2(;.*)? :irc.test BATCH \+\S+ labeled-response$`, strings.TrimSpace(f.hears("label=l2")))
	f.does("raw", "@label=l3 PONG x")
	require.Regexp(t, `^@(.*;)?label=l3(;.*)? :irc.test ACK$`, strings.TrimSpace(f.hears("label=l3")))
	f.does("raw", "@label=l4 JOIN 0x")
	require.Regexp(t, `^@(.*;)?label=l4(;.*)? :irc.test 476 `, f.hears("label=l4"))

	// Typing notifications, both ways.
	f.does("tagmsg", channel, map[string]string{"+typing": "active"})
	require.Regexp(t, `^@(.*;)?\+typing=active(;.*)? :`+f.nick+`!\S+ TAGMSG `+channel+`$`, bob.sees(` TAGMSG `))
	bob.send("@+typing=paused TAGMSG %s", channel)
	f.sees("tagmsg", fields{"nick": bob.nick, "target": channel, "tags.+typing": "paused"})

	// Earlier messages, as a batch of history.
	f.does("raw", "CHATHISTORY LATEST "+channel+" * 10")
	require.Equal(t, []string{"salut, ça va? 🦊", "très bien, 🐇", "with a label"}, texts(f.sees("batch start chathistory", nil)))
	f.does("raw", "CHATHISTORY LATEST "+channel+" msgid="+field(heard, "tags.msgid")+" 1")
	require.Equal(t, []string{"with a label"}, texts(f.sees("batch start chathistory", nil)))

	// Changing the real name, and the end.
	f.does("raw", "SETNAME :Frederick")
	f.sees("user updated", fields{"nick": f.nick, "new_gecos": "Frederick"})
	f.does("quit", "à bientôt")
	bob.sees(`:` + f.nick + `!\S+ QUIT :Quit: à bientôt$`)
	f.sees("close", nil)
}

// people returns the members of a channel with their modes, sorted.
func people(list map[string]any) (all []string) {
	for _, one := range list["users"].([]any) {
		user := one.(map[string]any)
		modes := strings.Trim(fmt.Sprint(user["modes"]), "[]")
		all = append(all, fmt.Sprintf("%s[%s]", user["nick"], modes))
	}
	return all
}

// texts returns the messages in a batch.
func texts(batch map[string]any) (all []string) {
	for _, one := range batch["commands"].([]any) {
		if command := one.(map[string]any); command["command"] == "PRIVMSG" {
			params := command["params"].([]any)
			all = append(all, fmt.Sprint(params[len(params)-1]))
		}
	}
	return all
}

func keys(m map[string]any) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}

package integration

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hexChat runs HexChat under Xvfb. The test types over D-Bus, which calls the same function as HexChat's input box, and
// reads HexChat's logs and user list.
type hexChat struct {
	t       *testing.T
	home    string
	desktop desktop
	process *process
}

func newHexChat(t *testing.T) program {
	need(t, "hexchat", "hexchat")
	need(t, "xdotool", "xdotool")
	need(t, "dbus-send", "dbus-bin")
	return &hexChat{t: t, home: folder(t)}
}

// hexChatConfig turns on logs, turns off dialogs, shows raw mode lines, and reconnects quickly.
const hexChatConfig = `version = 2.16.1
gui_slist_skip = 1
gui_join_dialog = 0
gui_quit_dialog = 0
irc_logging = 1
irc_logmask = %%n/%%c.log
irc_raw_modes = 1
irc_nick1 = %s
irc_nick2 = %[1]s_
irc_nick3 = %[1]s__
irc_user_name = hexchat
irc_real_name = Real HexChat
net_auto_reconnect = 1
net_auto_reconnectonfail = 1
net_reconnect_delay = 1
net_throttle = 0
`

func (c *hexChat) connect(s *server, nick string, secure bool) {
	require.NoError(c.t, os.MkdirAll(c.configFolder(), 0o700))
	require.NoError(c.t, os.WriteFile(filepath.Join(c.configFolder(), "hexchat.conf"), fmt.Appendf(nil, hexChatConfig, nick), 0o600))
	c.desktop = newDesktop(c.t, c.home)
	cmd := exec.Command("hexchat", "--no-plugins", "--cfgdir="+c.configFolder())
	cmd.Env = c.desktop.environment(c.home)
	if secure {
		// HexChat cannot be given a fingerprint, so its library is made to trust the certificate.
		cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+s.certificateFile())
	}
	c.process = launch(c.t, cmd)
	await(c.t, func() bool {
		// If run by root, it first prints a warning and waits for a key.
		_, _ = c.desktop.run(c.home, "xdotool", "search", "--onlyvisible", "--class", "hexchat", "key", "--window", "%1", "Return")
		_, err := c.ask("GetInfo", "string:version")
		require.True(c.t, c.process.alive(), "HexChat does not start: %s", c.process.stderr.String())
		return err == nil
	}, "HexChat to listen to D-Bus")
	address, option := s.plain, ""
	if secure {
		address, option = s.tls, "-ssl "
	}
	host, port, err := net.SplitHostPort(address)
	require.NoError(c.t, err)
	c.enter("", fmt.Sprintf("/server %s%s %s", option, host, port))
}

// ask calls a method of HexChat's remote object, and returns the values in its answer, one per line.
func (c *hexChat) ask(method string, args ...string) (string, error) {
	send := []string{"--session", "--print-reply=literal", "--dest=org.hexchat.service", "/org/hexchat/Remote", "org.hexchat.plugin." + method}
	return c.desktop.run(c.home, "dbus-send", append(send, args...)...)
}

// lookAt selects the window that following calls apply to.
func (c *hexChat) lookAt(window string) {
	c.t.Helper()
	var context string
	await(c.t, func() bool {
		answer, err := c.ask("FindContext", "string:", "string:"+window)
		context = strings.TrimPrefix(strings.TrimSpace(answer), "uint32 ")
		return err == nil && context != "0"
	}, "HexChat to have a window for %q", window)
	_, err := c.ask("SetContext", "uint32:"+context)
	require.NoError(c.t, err)
}

func (c *hexChat) enter(window, line string) {
	c.t.Helper()
	c.lookAt(window)
	command, isCommand := strings.CutPrefix(line, "/")
	if !isCommand {
		command = "say " + line
	}
	_, err := c.ask("Command", "string:"+command)
	require.NoError(c.t, err)
}

// verb returns the line: HexChat sends unknown commands to the server.
func (c *hexChat) verb(line string) string { return "/" + line }

func (c *hexChat) back() string { return "/back" }

func (c *hexChat) nickList(channel string) []string {
	c.lookAt(channel)
	list, err := c.ask("ListGet", "string:users")
	require.NoError(c.t, err)
	id := "uint32:" + strings.TrimPrefix(strings.TrimSpace(list), "uint32 ")
	var nicks []string
	for {
		more, err := c.ask("ListNext", id)
		require.NoError(c.t, err)
		if !strings.Contains(more, "true") {
			break
		}
		prefix, err := c.ask("ListStr", id, "string:prefix")
		require.NoError(c.t, err)
		nick, err := c.ask("ListStr", id, "string:nick")
		require.NoError(c.t, err)
		nicks = append(nicks, strings.TrimSpace(prefix)+strings.TrimSpace(nick))
	}
	_, err = c.ask("ListFree", id)
	require.NoError(c.t, err)
	return nicks
}

func (c *hexChat) configFolder() string { return filepath.Join(c.home, "config") }

func (c *hexChat) logFolder() string { return filepath.Join(c.configFolder(), "logs") }

func (c *hexChat) running() *process { return c.process }

func (c *hexChat) words() words {
	return words{
		welcomed:     `Welcome to the Bavard Network, %[1]s!`,
		entered:      `/%[2]s: .*Now talking on %[2]s$`,
		joined:       `/%[2]s: .*\*\t%[1]s \([^ ]*\) has joined$`,
		said:         `/%[2]s: .*<[~@+]?%[1]s>\t%[3]s$`,
		told:         `/%[1]s: .*<%[1]s>\t%[2]s$`,
		topicSet:     `/%[2]s: .*\*\t%[1]s has changed the topic to: %[3]s$`,
		topicShown:   `\*\tTopic for %[1]s is: %[2]s$`,
		moded:        `\*\t%[1]s sets modes \[%[2]s %[3]s\]`,
		kicked:       `/%[2]s: .*\*\t%[3]s has kicked %[1]s from %[2]s \(%[4]s\)`,
		thrownOut:    `/%[2]s: .*\*\tYou have been kicked from %[2]s by %[3]s \(%[4]s\)`,
		parted:       `/%[2]s: .*\*\t%[1]s \([^ ]*\) has left \(%[3]s\)`,
		left:         `/%[2]s: .*\*\tYou have left channel %[2]s`,
		quitted:      `\*\t%[1]s has quit \(%[2]s\)`,
		nickChanged:  `\*\t%[1]s is now known as %[2]s`,
		nickTaken:    `\*\tYou are now known as %[2]s`,
		markedAway:   `You have been marked as being away`,
		markedBack:   `You are no longer marked as being away`,
		isAway:       `\[%[1]s\] is away \(%[2]s\)`,
		whoisName:    `\[%[1]s\] \([^ ]*\): %[2]s`,
		whoisSecure:  `\[%[1]s\].*is using a secure connection`,
		shown:        `%[1]s`,
		disconnected: `Disconnected`,
	}
}

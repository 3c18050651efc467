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

// irssi is driven through a pseudo-terminal. The test reads a log of all its windows.
type irssi struct {
	t        *testing.T
	home     string
	process  *process
	terminal *os.File
}

func newIrssi(t *testing.T) program {
	need(t, "irssi", "irssi")
	return &irssi{t: t, home: folder(t)}
}

// irssiConfig logs everything, asks no questions about pasted text (a test types fast), does not wait between commands,
// and reconnects as soon as possible.
const irssiConfig = `
settings = {
  core = { real_name = "Real Irssi"; user_name = "irssi"; nick = %q; server_reconnect_time = "10s"; log_timestamp = "%%H:%%M:%%S "; };
  "irc/core" = { cmds_max_at_once = "1000"; cmd_queue_speed = "10msec"; };
  "fe-text" = { paste_verify_line_count = "0"; paste_detect_time = "0"; paste_join_multiline = "no"; };
};
logs = { %q = { auto_open = "yes"; level = "ALL"; }; };
`

func (c *irssi) connect(s *server, nick string, secure bool) {
	require.NoError(c.t, os.MkdirAll(c.logFolder(), 0o700))
	config := fmt.Sprintf(irssiConfig, nick, filepath.Join(c.logFolder(), "all"))
	require.NoError(c.t, os.WriteFile(filepath.Join(c.home, "config"), []byte(config), 0o600))
	host, port, err := net.SplitHostPort(s.plain)
	require.NoError(c.t, err)
	args := []string{"--home=" + c.home}
	if !secure {
		args = append(args, "-c", host, "-p", port)
	}
	cmd := exec.Command("irssi", args...)
	cmd.Env = environment(c.home)
	c.process, c.terminal = launchInTerminal(c.t, cmd)
	if secure {
		host, port, err = net.SplitHostPort(s.tls)
		require.NoError(c.t, err)
		c.enter("", fmt.Sprintf("/connect -tls -notls_verify -tls_pinned_cert %s %s %s", s.fingerprint(), host, port))
	}
}

func (c *irssi) enter(window, line string) {
	c.t.Helper()
	if window == "" {
		window = "1"
	}
	_, err := fmt.Fprintf(c.terminal, "/window goto %s\r%s\r", window, line)
	require.NoError(c.t, err, "irssi cannot be typed into")
}

func (c *irssi) verb(line string) string { return "/quote " + line }

func (c *irssi) back() string { return "/away" }

// nickList makes irssi print its own list, such as "[~alice] [@bob] [ carol]".
func (c *irssi) nickList(channel string) []string {
	read := func() string {
		text, _ := os.ReadFile(filepath.Join(c.logFolder(), "all"))
		return string(text)
	}
	before := len(read())
	c.enter(channel, "/names")
	const total = ": Total of "
	var after string
	await(c.t, func() bool {
		after = read()[before:]
		i := strings.Index(after, channel+total)
		return i >= 0 && strings.Contains(after[i:], "\n")
	}, "irssi to list the nicks of %s", channel)
	start := strings.Index(after, "[Users "+channel+"]")
	end := strings.Index(after, channel+total)
	if start < 0 || end < start {
		return nil
	}
	var nicks []string
	for _, cell := range strings.Split(after[start:end], "[")[2:] {
		if nick, _, ok := strings.Cut(cell, "]"); ok {
			nicks = append(nicks, strings.TrimSpace(nick))
		}
	}
	return nicks
}

func (c *irssi) logFolder() string { return filepath.Join(c.home, "logs") }

func (c *irssi) running() *process { return c.process }

func (c *irssi) words() words {
	return words{
		welcomed:     `Welcome to the Bavard Network, %[1]s!`,
		entered:      `-!- %[1]s \[[^ ]*\] has joined %[2]s$`,
		joined:       `-!- %[1]s \[[^ ]*\] has joined %[2]s$`,
		said:         ` %[2]s: <.%[1]s> %[3]s$`,
		told:         `:\d\d <%[1]s> %[2]s$`,
		topicSet:     `-!- %[1]s changed the topic of %[2]s to: %[3]s$`,
		topicShown:   `-!- Topic for %[1]s: %[2]s$`,
		moded:        `-!- (ServerMode|mode)/%[2]s \[%[3]s\] by %[1]s$`,
		kicked:       `-!- %[1]s was kicked from %[2]s by %[3]s \[%[4]s\]`,
		thrownOut:    `-!- %[1]s was kicked from %[2]s by %[3]s \[%[4]s\]`,
		parted:       `-!- %[1]s \[[^ ]*\] has left %[2]s \[%[3]s\]`,
		left:         `-!- %[1]s \[[^ ]*\] has left %[2]s`,
		quitted:      `-!- %[1]s \[[^ ]*\] has quit \[%[2]s\]`,
		nickChanged:  `-!- %[1]s is now known as %[2]s`,
		nickTaken:    `-!- You're now known as %[2]s`,
		markedAway:   `You have been marked as being away`,
		markedBack:   `You are no longer marked as being away`,
		isAway:       `%[1]s is away: %[2]s`,
		whoisName:    `-!-  ircname  : %[2]s`,
		whoisSecure:  `%[1]s is using a secure connection|is using a secure connection`,
		shown:        `%[1]s`,
		disconnected: `Connection lost to`,
	}
}

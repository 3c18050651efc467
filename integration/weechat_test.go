package integration

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// weeChat is weechat-headless. The test types through its FIFO and reads the files of its logger.
type weeChat struct {
	t       *testing.T
	dir     string
	process *process
	asked   int // how often the test asked for a nick list
}

func newWeeChat(t *testing.T) program {
	need(t, "weechat-headless", "weechat-headless")
	return &weeChat{t: t, dir: folder(t)}
}

func (c *weeChat) fifo() string { return filepath.Join(c.dir, "fifo") }

func (c *weeChat) connect(s *server, nick string, secure bool) {
	address := s.plain
	if secure {
		address = s.tls
	}
	host, port, err := net.SplitHostPort(address)
	require.NoError(c.t, err)
	commands := []string{
		"/set logger.file.path " + c.logFolder(), "/set logger.file.flush_delay 0", "/set logger.level.irc 9", "/set logger.mask.irc $name",
		"/set irc.look.smart_filter off", "/set irc.network.send_unknown_commands on",
		"/set irc.server_default.anti_flood_prio_high 0", "/set irc.server_default.anti_flood_prio_low 0", "/set irc.server_default.autoreconnect_delay 1",
		fmt.Sprintf("/server add srv %s/%s", host, port), "/set irc.server.srv.nicks " + nick, "/set irc.server.srv.username weechat", "/set irc.server.srv.realname Real WeeChat",
		"/set fifo.file.path " + c.fifo(),
	}
	if secure {
		commands = append(commands, "/set irc.server.srv.ssl on", "/set irc.server.srv.ssl_fingerprint "+strings.ReplaceAll(s.fingerprint(), ":", ""))
	}
	const plugins = "[plugin]\nautoload = \"irc,logger,fifo,typing\"\n" // no matter what else is installed
	require.NoError(c.t, os.WriteFile(filepath.Join(c.dir, "weechat.conf"), []byte(plugins), 0o600))
	cmd := exec.Command("weechat-headless", "--dir", c.dir, "--run-command", strings.Join(append(commands, "/connect srv"), ";"))
	cmd.Env = environment(c.dir)
	c.process = launch(c.t, cmd)
	await(c.t, func() bool {
		info, err := os.Stat(c.fifo())
		return err == nil && info.Mode()&os.ModeNamedPipe != 0
	}, "WeeChat's FIFO (Debian package weechat-plugins)")
}

func (c *weeChat) enter(window, line string) {
	c.t.Helper()
	buffer := "irc.srv." + window
	if window == "" {
		buffer = "irc.server.srv"
	}
	var fifo *os.File
	await(c.t, func() (open bool) { // does not wait for a reader, which may be gone
		var err error
		fifo, err = os.OpenFile(c.fifo(), os.O_WRONLY|syscall.O_NONBLOCK, 0)
		return err == nil
	}, "WeeChat to read its FIFO")
	_, err := fmt.Fprintf(fifo, "%s *%s\n", buffer, line)
	require.NoError(c.t, err)
	require.NoError(c.t, fifo.Close())
}

// verb returns the line: WeeChat sends unknown commands, because irc.network.send_unknown_commands is on.
func (c *weeChat) verb(line string) string { return "/" + line }

func (c *weeChat) back() string { return "/away" }

// nickList makes WeeChat print its list, group by group: the buffer's nick list is a tree with a group for each rank.
func (c *weeChat) nickList(channel string) []string {
	const groups, nicks = 4, 4
	c.asked++
	mark := fmt.Sprintf("nicks-%d", c.asked)
	var b strings.Builder
	fmt.Fprintf(&b, "/eval /print -buffer irc.server.srv %s", mark)
	for g := range groups {
		for n := range nicks {
			path := "${buffer.nicklist_root.children" + strings.Repeat(".next_group", g) + ".nicks" + strings.Repeat(".next_nick", n)
			fmt.Fprintf(&b, " %s.prefix}%s.name}", path, path)
		}
	}
	c.enter(channel, b.String())
	var found []string
	await(c.t, func() bool {
		text, _ := os.ReadFile(filepath.Join(c.logFolder(), "server.srv"))
		_, after, ok := strings.Cut(string(text), mark+" ")
		line, _, complete := strings.Cut(after, "\n")
		found = strings.Fields(line)
		return ok && complete
	}, "WeeChat to list the nicks of %s", channel)
	return found
}

func (c *weeChat) logFolder() string { return filepath.Join(c.dir, "logs") }

func (c *weeChat) running() *process { return c.process }

func (c *weeChat) words() words {
	const person = `(\(.*\) )?\([^ ]*\) `
	return words{
		welcomed:     `Welcome to the Bavard Network, %[1]s!`,
		entered:      `\.%[2]s: .*-->\t%[1]s ` + person + `has joined %[2]s$`,
		joined:       `\.%[2]s: .*-->\t%[1]s ` + person + `has joined %[2]s$`,
		said:         `\.%[2]s: .*\t[~@+]?%[1]s\t%[3]s$`,
		told:         `\t%[1]s\t%[2]s$`,
		topicSet:     `\.%[2]s: .*%[1]s has (set|changed) topic for %[2]s (from ".*" )?to "%[3]s"$`,
		topicShown:   `Topic for %[1]s is "%[2]s"$`,
		moded:        `Mode %[2]s \[%[3]s\] by %[1]s$`,
		kicked:       `\.%[2]s: .*%[3]s has kicked %[1]s \(%[4]s\)`,
		thrownOut:    `\.%[2]s: .*%[3]s has kicked %[1]s \(%[4]s\)`,
		parted:       `<--\t%[1]s ` + person + `has left %[2]s \(%[3]s\)`,
		left:         `<--\t%[1]s ` + person + `has left %[2]s`,
		quitted:      `<--\t%[1]s ` + person + `has quit \(%[2]s\)`,
		nickChanged:  `%[1]s is now known as %[2]s`,
		nickTaken:    `You are now known as %[2]s`,
		markedAway:   `You have been marked as being away`,
		markedBack:   `You are no longer marked as being away`,
		isAway:       `\[%[1]s\] is away: %[2]s`,
		whoisName:    `\[%[1]s\] \([^ ]*\): %[2]s`,
		whoisSecure:  `\[%[1]s\] is using a secure connection`,
		shown:        `%[1]s`,
		disconnected: `disconnected from server`,
	}
}

package integration

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// program is a real IRC client. Its driver knows how to start it, how to type into it, and where to read what it shows.
type program interface {
	// connect starts the client, if it is not running yet, and makes it connect. It returns at once.
	connect(s *server, nick string, secure bool)
	// enter types a line into the window of a channel or a user; "" is the server's window.
	enter(window, line string)
	// verb returns what a user types to send a command that the client does not know.
	verb(line string) string
	// back returns what a user types to stop being away.
	back() string
	// nickList returns the nicks that the client shows for a channel, each with its prefix. It can be nil if the client
	// shows nothing yet.
	nickList(channel string) []string
	// logFolder returns the directory with the logs of the client's windows.
	logFolder() string
	// words returns how the client describes events.
	words() words
	// running returns the client's process.
	running() *process
}

// event is something that a client shows.
type event int

const (
	welcomed    event = iota // nick
	entered                  // nick, channel: the client itself joined
	joined                   // nick, channel
	said                     // nick, channel, text
	told                     // nick, text: a private message
	topicSet                 // nick, channel, text
	topicShown               // channel, text: on joining
	moded                    // source, channel, change
	kicked                   // nick, channel, by, reason
	thrownOut                // nick, channel, by, reason: the client itself was kicked
	parted                   // nick, channel, reason
	left                     // nick, channel: the client itself left
	quitted                  // nick, reason
	nickChanged              // old, new
	nickTaken                // old, new: the client itself changed its nick
	markedAway
	markedBack
	isAway       // nick, text
	whoisName    // nick, realname
	whoisSecure  // nick
	shown        // text: anything else
	disconnected // the server is gone
)

// words maps each event to a regular expression for the line that shows it, which follows the name of its window. %[1]s
// and so on stand for the event's arguments.
type words map[event]string

// clients lists the real clients. Each acts out the story.
var clients = []struct {
	name string
	make func(t *testing.T) program
}{
	{"irssi", newIrssi},
	{"weechat", newWeeChat},
	{"hexchat", newHexChat},
}

// client is a user of a real client.
type client struct {
	program
	t    *testing.T
	nick string
	// read is how many lines of each log were matched or skipped.
	read map[string]int
}

// sitDown starts a user's client and connects it.
func sitDown(t *testing.T, p program, s *server, nick string, secure bool) *client {
	t.Helper()
	c := &client{program: p, t: t, nick: nick, read: map[string]int{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what the client of %s showed:\n%s", c.nick, tail(strings.Join(c.shown(), "\n")))
		}
	})
	p.connect(s, nick, secure)
	c.sees(welcomed, nick)
	return c
}

// types types a line into a window.
func (c *client) types(window, format string, args ...any) {
	c.t.Helper()
	c.enter(window, fmt.Sprintf(format, args...))
}

// typesVerb types one of the server's own commands into a window.
func (c *client) typesVerb(window, format string, args ...any) {
	c.t.Helper()
	c.enter(window, c.verb(fmt.Sprintf(format, args...)))
}

// sees waits until the client shows an event, in a line after those that were already seen in the same window.
func (c *client) sees(e event, args ...string) {
	c.t.Helper()
	format, known := c.words()[e]
	if !known {
		c.t.Fatalf("the client of %s has no words for event %d", c.nick, e)
	}
	quoted := make([]any, len(args))
	for i, arg := range args {
		quoted[i] = regexp.QuoteMeta(arg)
	}
	pattern := fmt.Sprintf(format, quoted...)
	if extra := strings.Index(pattern, "%!(EXTRA"); extra >= 0 { // this client does not show the argument
		pattern = pattern[:extra]
	}
	wanted := regexp.MustCompile(pattern)
	await(c.t, func() bool { return c.find(wanted) }, "the client of %s to show %q", c.nick, pattern)
}

// find searches every log for a matching line after those already read, and marks the lines up to it as read.
func (c *client) find(wanted *regexp.Regexp) bool {
	logs := c.logs()
	for _, window := range sortedNames(logs) {
		lines := logs[window]
		for i := c.read[window]; i < len(lines); i++ {
			if wanted.MatchString(window + ": " + lines[i]) {
				c.read[window] = i + 1
				return true
			}
		}
	}
	return false
}

// lists waits until the client shows exactly these nicks for a channel, in any order.
func (c *client) lists(channel string, nicks ...string) {
	c.t.Helper()
	slices.Sort(nicks)
	var shown []string
	defer func() {
		if c.t.Failed() {
			c.t.Logf("the nick list of %s at %s shows %q, not %q", channel, c.nick, shown, nicks)
		}
	}()
	await(c.t, func() bool {
		shown = c.nickList(channel)
		slices.Sort(shown)
		return slices.Equal(shown, nicks)
	}, "the nick list of %s at %s to be %q", channel, c.nick, nicks)
}

// logs returns the complete lines of each log, by the name of its window.
func (c *client) logs() map[string][]string {
	logs := map[string][]string{}
	_ = filepath.WalkDir(c.logFolder(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil // there are no logs yet
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		lines := strings.Split(string(text), "\n")
		window, _ := filepath.Rel(c.logFolder(), path)
		logs[strings.TrimSuffix(window, ".log")] = lines[:len(lines)-1] // text after the last line feed is an incomplete line
		return nil
	})
	return logs
}

// shown returns everything that the client has logged.
func (c *client) shown() (lines []string) {
	logs := c.logs()
	for _, window := range sortedNames(logs) {
		for _, line := range logs[window] {
			lines = append(lines, window+": "+line)
		}
	}
	return append(lines, "(its process: "+c.running().stderr.String()+")")
}

func sortedNames(logs map[string][]string) []string {
	names := make([]string, 0, len(logs))
	for name := range logs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

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

// program is a real IRC client. Each has a driver, which knows how to start it, how to type into it and where to read what it shows.
type program interface {
	// connect starts the client, if it does not run yet, and makes it connect. It returns at once.
	connect(s *server, nick string, secure bool)
	// enter types a line into the window of a channel or a person; "" is that of the server.
	enter(window, line string)
	// verb is what a person types to send a verb that the client does not know.
	verb(line string) string
	// back is what a person types who is not away any more.
	back() string
	// nickList is what the client shows beside a channel: each nick with its prefix. It may be nil when the client has nothing to show yet.
	nickList(channel string) []string
	// logFolder is the folder with the logs of its windows.
	logFolder() string
	// words are how it says what has happened.
	words() words
	// running is the client's process.
	running() *process
}

// event is something that a client shows.
type event int

const (
	welcomed    event = iota // nick
	entered                  // nick, channel: the client itself has joined
	joined                   // nick, channel
	said                     // nick, channel, text
	told                     // nick, text: in private
	topicSet                 // nick, channel, text
	topicShown               // channel, text: when it joins
	moded                    // source, channel, change
	kicked                   // nick, channel, by, reason
	thrownOut                // nick, channel, by, reason: the client itself was kicked
	parted                   // nick, channel, reason
	left                     // nick, channel: the client itself has left
	quitted                  // nick, reason
	nickChanged              // old, new
	nickTaken                // old, new: the client itself has another nick
	markedAway
	markedBack
	isAway       // nick, text
	whoisName    // nick, realname
	whoisSecure  // nick
	shown        // text: anything else
	disconnected // the server is gone
)

// words are, for each event, a regular expression for the line that shows it, after the name of its window. %[1]s and so on stand for the
// event's arguments.
type words map[event]string

// clients are the real clients; the story is told with each of them.
var clients = []struct {
	name string
	make func(t *testing.T) program
}{
	{"irssi", newIrssi},
	{"weechat", newWeeChat},
	{"hexchat", newHexChat},
}

// client is a person at a real client.
type client struct {
	program
	t    *testing.T
	nick string
	// read is how many lines of each log were matched or skipped.
	read map[string]int
}

// sitDown gives a person a client, which connects.
func sitDown(t *testing.T, p program, s *server, nick string, secure bool) *client {
	t.Helper()
	c := &client{program: p, t: t, nick: nick, read: map[string]int{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what the client of %s has shown:\n%s", c.nick, tail(strings.Join(c.shown(), "\n")))
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

// typesVerb types one of the server's own verbs into a window.
func (c *client) typesVerb(window, format string, args ...any) {
	c.t.Helper()
	c.enter(window, c.verb(fmt.Sprintf(format, args...)))
}

// sees waits until the client shows an event, in a line after those that were seen before in the same window.
func (c *client) sees(e event, args ...string) {
	c.t.Helper()
	format, known := c.words()[e]
	if !known {
		c.t.Fatalf("the words of the client of %s lack event %d", c.nick, e)
	}
	quoted := make([]any, len(args))
	for i, arg := range args {
		quoted[i] = regexp.QuoteMeta(arg)
	}
	pattern := fmt.Sprintf(format, quoted...)
	if extra := strings.Index(pattern, "%!(EXTRA"); extra >= 0 { // an argument that this client does not show
		pattern = pattern[:extra]
	}
	wanted := regexp.MustCompile(pattern)
	await(c.t, func() bool { return c.find(wanted) }, "the client of %s to show %q", c.nick, pattern)
}

// find looks in every log for a line after those read, and reads up to it.
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

// lists waits until the client's nick list of a channel is this, in any order.
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

// logs are the complete lines of each log, by the name of its window.
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
		logs[strings.TrimSuffix(window, ".log")] = lines[:len(lines)-1] // what follows the last line feed is not complete
		return nil
	})
	return logs
}

// shown is all that the client has logged.
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

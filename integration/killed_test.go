package integration

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// How often the daemon is killed, and how many clients talk meanwhile. The environment can give larger numbers:
// BAVARD_KILLS=100 BAVARD_TALKERS=200.
var (
	kills   = numberFrom("BAVARD_KILLS", 8)
	talkers = numberFrom("BAVARD_TALKERS", 40)
)

const killedChannels = 5

func numberFrom(variable string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return usual
}

// shownState has what clients have been shown of one channel.
type shownState struct {
	mu    sync.Mutex
	name  string
	next  string   // the name that the channel may have been given since
	said  []string // texts, in the order in which each speaker saw them
	bans  []string
	topic string
	// tried are the topics that were sent after the last one that was shown: any of them may be in force.
	tried []string
}

// killed is a daemon that is killed while people talk.
type killed struct {
	*server
	channels []*shownState
	life     int
	banned   int // bans that were found
	mu       sync.Mutex
	sent     int // operations that were sent, in all lives
}

// talker is a client that talks until the connection ends.
type talker struct {
	k       *killed
	nick    string
	conn    net.Conn
	lines   *bufio.Reader
	channel *shownState
	leads   bool
}

// TestKilledWhilePeopleTalk kills the daemon at random moments. Whatever any client was shown before, an echo, a topic,
// a ban or a rename, must be there after the restart, and history has each message once and in order.
func TestKilledWhilePeopleTalk(t *testing.T) {
	dir := folder(t)
	_, hash, _ := run(t, dir, "secret\n", "hash")
	extra := settings{
		"": fmt.Sprintf("[[opers]]\nname = \"root\"\npassword = %q\n", strings.TrimSpace(hash)), "flood": quick["flood"],
		"limits":  "clients = 1000\nconnections_per_address = 0\nconnection_rate = 0\n",
		"history": "lines_per_request = 1000\nlines_per_channel = 1000000\n", "channels": "rename_cooldown = \"0\"\n",
	}
	k := &killed{server: serve(t, extra)}
	for i := range killedChannels {
		k.channels = append(k.channels, &shownState{name: fmt.Sprintf("#k%d", i)})
	}
	k.settle()
	for k.life = range kills {
		k.talkUntilKilled(time.Duration(50+rand.IntN(400)) * time.Millisecond)
		k.earlier += k.process.stderr.String()
		require.True(t, k.start(), "the daemon does not start again:\n%s", k.log())
		k.check()
	}
	found := 0
	for _, c := range k.channels {
		found += len(c.said)
	}
	t.Logf("killed %d times among %d clients: %d operations sent, %d messages and %d bans acknowledged and found, none lost", kills, talkers, k.sent, found, k.banned)
	require.Greater(t, found, kills, "hardly anybody has talked")
}

// settle creates the channels and makes them permanent.
func (k *killed) settle() {
	root := join(k.t, k.server, "root")
	root.send("OPER root secret")
	root.sees(" 381 ")
	for _, c := range k.channels {
		root.send("JOIN %s", c.name)
		root.sees(" 366 ")
		root.send("SAMODE %s +P", c.name)
		root.sees(` MODE \S+ \+P`)
	}
	root.send("QUIT")
	root.sees("^ERROR ")
}

// talkUntilKilled lets clients talk, kills the daemon after a while, and waits until all clients have read everything
// that the daemon had sent.
func (k *killed) talkUntilKilled(after time.Duration) {
	var everybody, ready sync.WaitGroup
	begin := make(chan struct{})
	for i := range talkers {
		x := k.newTalker(i)
		ready.Add(1)
		everybody.Go(func() { // ends when the daemon is killed
			x.enter()
			ready.Done()
			<-begin
			x.talk()
		})
	}
	ready.Wait()
	close(begin)
	time.Sleep(after) // the moment of the kill is what is random here
	k.process.signal(syscall.SIGKILL)
	everybody.Wait()
	<-k.process.ended
}

func (k *killed) newTalker(i int) *talker {
	conn, err := net.DialTimeout("tcp", k.plain, patience)
	require.NoError(k.t, err)
	k.t.Cleanup(func() { _ = conn.Close() })
	c := k.channels[i%len(k.channels)]
	return &talker{k: k, nick: fmt.Sprintf("t%dx%d", k.life, i), conn: conn, lines: bufio.NewReader(conn), channel: c, leads: i < len(k.channels)}
}

func (x *talker) send(format string, args ...any) bool {
	_ = x.conn.SetWriteDeadline(time.Now().Add(patience))
	_, err := fmt.Fprintf(x.conn, format+"\r\n", args...)
	return err == nil
}

// next returns the next line, or "" at the end of the connection.
func (x *talker) next() string {
	_ = x.conn.SetReadDeadline(time.Now().Add(patience))
	line, err := x.lines.ReadString('\n')
	if err != nil {
		return "" // a part of a line has not been shown
	}
	if token, ping := strings.CutPrefix(line, "PING "); ping {
		x.send("PONG %s", strings.TrimSpace(token))
		return x.next()
	}
	return strings.TrimRight(line, "\r\n")
}

func (x *talker) await(pattern string) {
	wanted := regexp.MustCompile(pattern)
	for line := x.next(); line != ""; line = x.next() {
		if wanted.MatchString(line) {
			return
		}
	}
	x.k.t.Errorf("%s never saw %s", x.nick, pattern)
}

func (x *talker) enter() {
	x.send("CAP REQ :echo-message draft/channel-rename\r\nNICK %s\r\nUSER u 0 * :U\r\nCAP END", x.nick)
	x.await(` (376|422) `)
	x.send("JOIN %s", x.channel.name)
	x.await(` 366 `)
}

// talk sends line after line, and notes what it is shown.
func (x *talker) talk() {
	for n := 0; ; n++ {
		if !x.act(n) {
			return
		}
		for {
			line := x.next()
			if line == "" {
				return
			}
			if x.note(line) {
				break
			}
		}
	}
}

// act sends one operation.
func (x *talker) act(n int) bool {
	c := x.channel
	c.mu.Lock()
	defer c.mu.Unlock()
	x.k.mu.Lock()
	x.k.sent++
	x.k.mu.Unlock()
	switch {
	case x.leads && n == 3:
		c.next = fmt.Sprintf("#k%sx%d", x.nick[strings.IndexByte(x.nick, 'x')+1:], x.k.life)
		return x.send("RENAME %s %s", c.name, c.next)
	case x.leads && n%10 == 5 && n < 60:
		return x.send("MODE %s +b %sn%d!*@*", c.name, x.nick, n)
	case x.leads && n%10 == 7:
		topic := fmt.Sprintf("%s-%d", x.nick, n)
		c.tried = append(c.tried, topic)
		return x.send("TOPIC %s :%s", c.name, topic)
	}
	return x.send("PRIVMSG %s :%s-%d", c.name, x.nick, n)
}

var ownLine = regexp.MustCompile(`^:(\S+?)!\S+ (PRIVMSG|TOPIC|MODE|RENAME) (\S+) ?(.*)$`)

// note records a line that shows the effect of the talker's own operation, and reports whether it is such a line. All
// members are shown the same lines, so it is enough that each talker records their own.
func (x *talker) note(line string) bool {
	found := ownLine.FindStringSubmatch(line)
	if found == nil || found[1] != x.nick {
		return false
	}
	c := x.channel
	c.mu.Lock()
	defer c.mu.Unlock()
	switch rest := strings.TrimPrefix(found[4], ":"); found[2] {
	case "PRIVMSG":
		c.said = append(c.said, rest)
	case "TOPIC":
		c.topic, c.tried = rest, nil
	case "MODE":
		c.bans = append(c.bans, strings.TrimPrefix(rest, "+b "))
	case "RENAME":
		c.name, _, _ = strings.Cut(rest, " ")
		c.next = ""
	}
	return true
}

// check looks for everything that was shown.
func (k *killed) check() {
	k.t.Helper()
	r := dial(k.t, "tcp", k.plain)
	r.nick = fmt.Sprintf("check%d", k.life)
	r.send("CAP REQ :batch draft/chathistory message-tags server-time\r\nNICK %s\r\nUSER u 0 * :U\r\nCAP END", r.nick)
	r.sees(` (376|422) `)
	for _, c := range k.channels {
		k.checkChannel(r, c)
	}
	r.send("QUIT")
	r.sees("^(@\\S+ )?ERROR ")
}

func (k *killed) checkChannel(r *raw, c *shownState) {
	r.send("LIST")
	listed := r.until(` 323 `)
	names := func(name string) bool {
		return slices.ContainsFunc(listed, func(line string) bool { return strings.Contains(line, " "+name+" ") })
	}
	if !names(c.name) {
		require.True(k.t, c.next != "" && names(c.next), "life %d: there is no %s any more, nor %q: %q", k.life, c.name, c.next, listed)
		c.name = c.next
	}
	c.next = ""
	r.send("JOIN %s", c.name)
	topic := ""
	for _, line := range r.until(` 366 `) {
		if _, text, is := strings.Cut(line, " 332 "+r.nick+" "+c.name+" :"); is {
			topic = text
		}
	}
	require.Contains(k.t, append(c.tried, c.topic), topic, "life %d: the topic of %s", k.life, c.name)
	c.topic, c.tried = topic, nil
	r.send("MODE %s b", c.name)
	bans := r.until(` 368 `)
	for _, ban := range c.bans {
		require.True(k.t, slices.ContainsFunc(bans, func(line string) bool { return strings.Contains(line, " "+ban+" ") }), "life %d: ban %s of %s is lost", k.life, ban, c.name)
	}
	for _, line := range bans { // so that there is room for those of the next life
		if fields := strings.Fields(line); len(fields) > 4 && fields[1] == "367" {
			r.send("MODE %s -b %s", c.name, fields[4])
			r.sees(` MODE \S+ -b `)
		}
	}
	k.banned += len(c.bans)
	c.bans = nil
	k.checkHistory(r, c)
}

var pastLine = regexp.MustCompile(`^@\S*msgid=([^; ]+)\S* :(\S+?)!\S+ PRIVMSG \S+ :?(\S+-(\d+))$`)

// checkHistory reads all pages of a channel's history.
func (k *killed) checkHistory(r *raw, c *shownState) {
	times, last, before := map[string]int{}, map[string]int{}, ""
	for {
		if before == "" {
			r.send("CHATHISTORY LATEST %s * 1000", c.name)
		} else {
			r.send("CHATHISTORY BEFORE %s msgid=%s 1000", c.name, before)
		}
		page := r.until(` BATCH -`)
		earliest := ""
		for _, line := range slices.Backward(page) {
			found := pastLine.FindStringSubmatch(line)
			if found == nil {
				continue
			}
			n, _ := strconv.Atoi(found[4])
			if later, known := last[found[2]]; known {
				require.Less(k.t, n, later, "life %d: %s is out of order", k.life, found[3])
			}
			last[found[2]], earliest = n, found[1]
			times[found[3]]++
		}
		if earliest == "" {
			break
		}
		before = earliest
	}
	for text, n := range times {
		require.Equal(k.t, 1, n, "life %d: how often %s has %s", k.life, c.name, text)
	}
	for _, text := range c.said {
		require.Contains(k.t, times, text, "life %d: %s was shown and is lost in %s", k.life, text, c.name)
	}
}

// until returns the next lines up to one that matches.
func (r *raw) until(pattern string) (lines []string) {
	r.t.Helper()
	wanted := regexp.MustCompile(pattern)
	for {
		line, ok := r.next()
		if !ok {
			r.t.Fatalf("%s never received a line like %q", r.nick, pattern)
		}
		lines = append(lines, line)
		if wanted.MatchString(line) {
			return lines
		}
	}
}

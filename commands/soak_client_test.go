package commands

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// soakClient is one connection of the soak, and what its lines have told it. One goroutine uses it.
type soakClient struct {
	soak   *soak
	r      *rand.Rand
	conn   net.Conn
	lines  *bufio.Reader
	scribe *scribe
	judge  *judge
	last   string          // the latest line that it has heard
	in     map[string]bool // the channels it has joined
	pings  int
	// message is the latest message of a channel that it has heard with an id, as REDACT names it.
	message string
	harms   int // the number of an adversary
}

// patienceOfSoak is how long an answer may take before it counts as a violation.
const patienceOfSoak = time.Minute

// errStranger: the connection ended before the welcome.
var errStranger = errors.New("not welcomed")

// live is one client's life: connections, one after another, until the soak is over; then it waits until all are quiet
// and compares what it knows with the state.
func (s *soak) live(i, people int) {
	r := rand.New(rand.NewPCG(uint64(i), 11))
	quiet := false
	still := func() {
		if !quiet {
			quiet = true
			s.quiet.Done()
		}
	}
	defer still()
	arm := func() {}
	number, harms := s.adversary(i)
	if harms && s.ownsChannel(i) {
		arm = sync.OnceFunc(s.unarmed.Done)
	}
	defer arm()
	for !s.isOver() {
		c := s.client(r)
		c.scribe.people, c.scribe.channels = people+people/10, max(people/12, 3)
		if err := c.connect(i); err != nil {
			s.violation("cannot connect: %v", err)
			return
		}
		err := c.register(i)
		if err == nil && harms && s.ownsChannel(i) {
			err = c.arm(number)
		}
		if harms {
			arm()
			s.unarmed.Wait()
		}
		if err == nil && s.armed.Load() {
			err = c.say("JOIN " + worstChannel(r.IntN(popularChannels)))
		}
		for n := 10 + r.IntN(200); err == nil && (n > 0 || harms) && !s.isOver(); n-- {
			if harms {
				err = c.harm(number)
			} else {
				err = c.talk(1 + r.IntN(6))
			}
		}
		if err == nil && s.isOver() {
			still()
			s.quiet.Wait()
			if c.sync() == nil {
				s.agrees(c)
			}
		}
		c.leave()
	}
}

// client is one that has not connected yet.
func (s *soak) client(r *rand.Rand) *soakClient {
	c := &soakClient{soak: s, r: r, in: map[string]bool{}, judge: newJudge(s.violation)}
	c.judge.ids = s.ids
	c.scribe = &scribe{r: r, in: c.in}
	return c
}

func (s *soak) isOver() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// connect comes in by one of the doors, from one of many addresses.
func (c *soakClient) connect(i int) error {
	c.soak.clients.Add(1)
	d := c.soak.doors[[]int{0, 0, 0, 0, 0, 0, 1, 2}[c.r.IntN(8)]]
	dialer := net.Dialer{Timeout: patienceOfSoak}
	if d.network == "tcp" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, byte(i%250), byte(1+c.r.IntN(20)))}
	}
	conn, err := dialer.Dial(d.network, d.address)
	if err != nil {
		return err
	}
	if d.tls {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	c.conn, c.lines = conn, bufio.NewReader(conn)
	return nil
}

// register gets a nick. In one case of ten other lines come first.
func (c *soakClient) register(i int) error {
	var first []string
	if c.r.IntN(10) == 0 {
		first = append(first, c.scribe.line(), c.scribe.line())
	}
	if c.r.IntN(10) > 0 {
		if err := c.negotiate(2); err != nil {
			return err
		}
		first = append(first, "CAP END")
	}
	first = append(first, "NICK "+c.scribe.nick(), fmt.Sprintf("USER u%d 0 * :Real name", i%10))
	if err := c.say(first...); err != nil {
		return err
	}
	for range 100 {
		if err := c.sync(); err != nil {
			return err
		}
		if c.judge.nick != "" {
			c.soak.welcomed.Add(1)
			if i%10 == 0 {
				return c.say("OPER root secret")
			}
			return nil
		}
		if err := c.say("CAP END", "NICK "+c.scribe.nick()); err != nil {
			return err
		}
	}
	return errStranger
}

// negotiate asks what there is, and for one of n capabilities: all, or some by chance.
func (c *soakClient) negotiate(n int) error {
	if err := c.say("CAP LS 302"); err != nil {
		return err
	}
	if err := c.sync(); err != nil {
		return err
	}
	return c.request(func(string) string { return []string{"", "drop"}[min(c.r.IntN(n), 1)] })
}

// request asks for every capability that is offered with what sign says of it: "" asks for it, "-" gives it up, else
// it is left out.
func (c *soakClient) request(sign func(name string) string) error {
	var words []string
	for _, name := range c.judge.offered {
		if s := sign(name); s == "" || s == "-" && name != "cap-notify" {
			words = append(words, s+name)
		}
	}
	var lines []string
	for _, line := range joinLines(words, 400) {
		if line != "" {
			lines = append(lines, "CAP REQ :"+line)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return c.say(lines...)
}

// talk says some lines at once, and listens until they are all answered.
func (c *soakClient) talk(lines int) error {
	var batch []string
	for range lines {
		batch = append(batch, c.scribe.line())
	}
	if c.scribe.one(4) {
		batch = append(batch, c.scribe.multiline(c.scribe.pick(c.scribe.channel(), c.scribe.nick()), "")...)
	}
	if err := c.say(batch...); err != nil {
		return err
	}
	return c.sync()
}

func (c *soakClient) say(lines ...string) error {
	c.soak.said.Add(int64(len(lines)))
	steady := !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(strings.ToUpper(line), "CAP ") })
	for _, line := range lines {
		c.judge.sent(line, steady)
	}
	_ = c.conn.SetDeadline(time.Now().Add(patienceOfSoak))
	_, err := c.conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\n"))
	return err
}

// sync listens until a PING of its own is answered. An error means that the connection is over, which is no fault; a
// silence is.
func (c *soakClient) sync() error {
	c.pings++
	token := fmt.Sprintf("sync-%d", c.pings)
	err := c.say("PING " + token)
	for err == nil {
		var line string
		line, err = c.lines.ReadString('\n')
		if err == nil {
			c.hear(line)
			if strings.HasSuffix(line, " "+token+"\r\n") || strings.HasSuffix(line, " :"+token+"\r\n") {
				c.soak.answered.Add(int64(len(c.judge.strictly)))
				c.judge.settled()
				return nil
			}
		}
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		c.soak.violation("%s had no answer to its PING for %v", c.judge.nick, patienceOfSoak)
	}
	return err
}

// leave ends the connection in one of the ways in which connections end.
func (c *soakClient) leave() {
	switch socket, tcp := c.conn.(*net.TCPConn); {
	case c.r.IntN(2) == 0:
		_ = c.say("QUIT :" + c.scribe.line())
	case c.r.IntN(4) == 0: // it asks for more than it ever reads
		for range 50 {
			_ = c.say("LIST", "WHO *", "HELP", "MOTD")
		}
	case tcp && c.r.IntN(2) == 0:
		_ = socket.SetLinger(0)
	}
	_ = c.conn.Close()
}

// hear judges a line and learns from it.
func (c *soakClient) hear(text string) {
	c.soak.heard.Add(1)
	m := c.judge.hear(text)
	if m == nil {
		return
	}
	if id := m.tags["msgid"]; id != "" {
		const most = 20
		c.scribe.ids = append(c.scribe.ids[max(0, len(c.scribe.ids)-most):], id)
	}
	c.last = m.line
	c.learn(m)
}

// learn follows the client's channels, and looks whether it hears only of those that it is in.
func (c *soakClient) learn(m *told) {
	if m.past {
		return // it was so then
	}
	if id := m.tags["msgid"]; id != "" && (m.verb == "PRIVMSG" || m.verb == "NOTICE") && strings.HasPrefix(m.param(0), "#") {
		c.message = m.param(0) + " " + id
	}
	own := m.from == c.judge.nick
	channel := strings.ToLower(m.param(0))
	switch m.verb {
	case "JOIN":
		if own {
			c.in[channel] = true
		}
		c.member(m, channel)
	case "PART":
		c.member(m, channel)
		if own {
			delete(c.in, channel)
		}
	case "KICK":
		c.member(m, channel)
		if m.param(1) == c.judge.nick {
			delete(c.in, channel)
		}
	case "RENAME":
		c.member(m, channel)
		delete(c.in, channel)
		c.in[strings.ToLower(m.param(1))] = true
	case "FAIL":
		if m.param(1) == "CHANNEL_RENAMED" && c.scribe.home != "" {
			c.scribe.home = m.param(3)
		}
	case "TOPIC", "MODE", "PRIVMSG", "NOTICE", "TAGMSG":
		channel = strings.TrimLeft(channel, "~&@%+")
		answer := m.verb == "NOTICE" && m.from == "irc.test" // to what this client has asked
		if strings.HasPrefix(channel, "#") && !own && !answer {
			c.member(m, channel)
		}
	}
}

// member: a line about a channel comes only to those who are in it.
func (c *soakClient) member(m *told, channel string) {
	if !c.in[channel] {
		c.soak.violation("%s is not in %s: %q", c.judge.nick, channel, m.line)
	}
}

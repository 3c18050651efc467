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
	"time"

	"bavard/wire"
)

// soakClient is one connection of the soak, and what its lines have told it. One goroutine uses it.
type soakClient struct {
	soak   *soak
	r      *rand.Rand
	conn   net.Conn
	lines  *bufio.Reader
	scribe *scribe
	nick   string          // "" before the welcome
	in     map[string]bool // the channels it has joined
	caps   capSet
	pings  int
}

// patienceOfSoak is how long an answer may take before it counts as a violation.
const patienceOfSoak = time.Minute

// errStranger: the connection ended before the welcome.
var errStranger = errors.New("not welcomed")

// live is one client's life: connections, one after another, until the soak is over; then it waits until all are quiet and compares what it knows
// with the state.
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
	for !s.isOver() {
		c := &soakClient{soak: s, r: r, in: map[string]bool{}}
		c.scribe = &scribe{r: r, people: people + people/10, channels: max(people/12, 3), in: c.in}
		if err := c.connect(i); err != nil {
			s.violation("cannot connect: %v", err)
			return
		}
		err := c.register(i)
		for n := 10 + r.IntN(200); err == nil && n > 0 && !s.isOver(); n-- {
			err = c.talk(1 + r.IntN(6))
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
	var names []string
	for _, row := range capTable {
		if c.r.IntN(2) == 0 {
			names = append(names, row.name)
		}
	}
	if len(names) > 0 {
		first = append(first, "CAP LS 302", "CAP REQ :"+strings.Join(names, " "), "CAP END")
	}
	first = append(first, "NICK "+c.scribe.nick(), fmt.Sprintf("USER u%d 0 * :Real name", i%10))
	if err := c.say(first...); err != nil {
		return err
	}
	for range 100 {
		if err := c.sync(); err != nil {
			return err
		}
		if c.nick != "" {
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

// talk says some lines at once, and listens until they are all answered.
func (c *soakClient) talk(lines int) error {
	var batch []string
	for range lines {
		batch = append(batch, c.scribe.line())
	}
	if err := c.say(batch...); err != nil {
		return err
	}
	return c.sync()
}

func (c *soakClient) say(lines ...string) error {
	c.soak.said.Add(int64(len(lines)))
	_ = c.conn.SetDeadline(time.Now().Add(patienceOfSoak))
	_, err := c.conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\n"))
	return err
}

// sync listens until a PING of its own is answered. An error means that the connection is over, which is no fault; a silence is.
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
				return nil
			}
		}
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		c.soak.violation("%s had no answer to its PING for %v", c.nick, patienceOfSoak)
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
	line, ok := strings.CutSuffix(text, "\r\n")
	if !ok || strings.ContainsAny(line, "\r\n\x00") {
		c.soak.violation("not one line: %q", text)
		return
	}
	rest := c.tags(line)
	if len(rest)+2 > wire.MaxLineBytes {
		c.soak.violation("%d bytes: %q", len(rest)+2, line)
	}
	source := ""
	if strings.HasPrefix(rest, ":") {
		source, rest, _ = strings.Cut(rest[1:], " ")
	}
	var params []string
	head, text, trailing := strings.Cut(rest, " :")
	params = strings.Fields(head)
	if trailing {
		params = append(params, text)
	}
	if len(params) == 0 || len(params) > 16 {
		c.soak.violation("not a command: %q", line)
		return
	}
	nick, _, _ := strings.Cut(source, "!")
	c.judge(line, params[0], params[1:])
	c.learn(line, nick, params[0], params[1:])
}

// tags cuts the tags off, and looks whether this client has asked for them.
func (c *soakClient) tags(line string) (rest string) {
	if !strings.HasPrefix(line, "@") {
		return line
	}
	tags, rest, _ := strings.Cut(line[1:], " ")
	if len(tags)+2 > 8191 || tags == "" {
		c.soak.violation("the tags have %d bytes: %q", len(tags), line)
	}
	for _, tag := range strings.Split(tags, ";") {
		key, _, _ := strings.Cut(tag, "=")
		need := capMessageTags
		if row, known := tagCaps[key]; known {
			need = row
		}
		if !c.caps.has(need) {
			c.soak.violation("%s has not asked for the tag %s: %q", c.nick, key, line)
		}
	}
	return rest
}

// tagCaps are the tags that come with a capability of their own; all others need message-tags.
var tagCaps = map[string]capSet{
	"time": capServerTime, "batch": capBatch, "label": capLabeledResponse, "account": capAccountTag, "draft/oper": capOperTag,
}

// gatedVerbs come only to those with a capability. The other verbs that a server says are numerics, those of channels and people, and its own.
var gatedVerbs = map[string]string{
	"TAGMSG": "message-tags", "AWAY": "away-notify", "RENAME": "draft/channel-rename", "CHGHOST": "chghost", "SETNAME": "setname",
	"ACCOUNT": "account-notify", "BATCH": "batch", "ACK": "labeled-response", "AUTHENTICATE": "sasl", "METADATA": "draft/metadata-2",
}

var openVerbs = []string{
	"JOIN", "PART", "QUIT", "NICK", "MODE", "TOPIC", "KICK", "INVITE", "PRIVMSG", "NOTICE", "PING", "PONG", "ERROR", "CAP", "WALLOPS", "KILL",
	"FAIL", "WARN", "NOTE", "SILENCE",
}

// judge: the verb is known, and this client may be told it.
func (c *soakClient) judge(line, verb string, params []string) {
	if len(verb) == 3 && strings.Trim(verb, "0123456789") == "" {
		if len(params) < 1 {
			c.soak.violation("a numeric that names nobody: %q", line)
		}
		return
	}
	if name, gated := gatedVerbs[verb]; gated {
		if !c.caps.has(capByName(name)) {
			c.soak.violation("%s has not asked for %s: %q", c.nick, verb, line)
		}
	} else if !slices.Contains(openVerbs, verb) {
		c.soak.violation("an unknown verb: %q", line)
	}
	if want := 1; verb == "JOIN" {
		if c.caps.has(capExtendedJoin) {
			want = 3
		}
		if len(params) != want {
			c.soak.violation("a JOIN with %d parameters: %q", len(params), line)
		}
	}
}

// learn follows the client's own name, channels and capabilities, and looks whether it hears only of channels that it is in.
func (c *soakClient) learn(line, from, verb string, params []string) {
	param := func(i int) string {
		if i < len(params) {
			return params[i]
		}
		return ""
	}
	own := from == c.nick
	channel := strings.ToLower(param(0))
	switch verb {
	case "001":
		c.nick = param(0)
	case "NICK":
		if own {
			c.nick = param(0)
		}
	case "CAP":
		if param(1) == "ACK" {
			add, remove, ok := parseCaps(param(2), ^capSet(0))
			if !ok {
				c.soak.violation("a capability that nobody knows: %q", line)
			}
			c.caps = c.caps&^remove | add
		}
	case "JOIN":
		if own {
			c.in[channel] = true
		}
		c.member(line, channel)
	case "PART":
		c.member(line, channel)
		if own {
			delete(c.in, channel)
		}
	case "KICK":
		c.member(line, channel)
		if param(1) == c.nick {
			delete(c.in, channel)
		}
	case "RENAME":
		c.member(line, channel)
		delete(c.in, channel)
		c.in[strings.ToLower(param(1))] = true
	case "TOPIC", "MODE", "PRIVMSG", "NOTICE", "TAGMSG":
		channel = strings.TrimLeft(channel, "~&@%+")
		answer := verb == "NOTICE" && from == "irc.test" // to what this client has asked
		if strings.HasPrefix(channel, "#") && !own && !answer {
			c.member(line, channel)
		}
	}
}

// member: a line about a channel comes only to those who are in it.
func (c *soakClient) member(line, channel string) {
	if !c.in[channel] {
		c.soak.violation("%s is not in %s: %q", c.nick, channel, line)
	}
}

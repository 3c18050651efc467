package commands

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/config"
	"bavard/state"
	"bavard/storage"
	"bavard/wire"
)

// stage is a server with clients on an in-memory transport and a clock that only the test moves.
type stage struct {
	t       *testing.T
	server  *Server
	history *brittleHistory
	journal *memoryJournal
	// accounts are there when the configuration has a section of them.
	accounts *fakeAccounts
	// now is the time of day, and jumped is the sum of all changes by setClock.
	now    time.Time
	jumped time.Duration
	// slow is how much time passes at each look at the clock that cannot be set.
	slow    time.Duration
	clients []*actor
	ops     [][]byte
	reload  func() (*config.Config, error)
	logged  strings.Builder
	reader  *reader
	// speaker is the client whose line is being handled, or nil.
	speaker *actor
	// stirred receives a value when a question has been answered, or is one that never will be. stuck counts the
	// latter.
	stirred chan struct{}
	stuck   atomic.Int32
	// labels, when set, gives each line a label and counts its answers.
	labels *labelling
	// blamed holds the faults that the judges have found. They read every line of every client.
	blamed []string
	ids    *messageIDs
}

// actor is a client of the stage.
type actor struct {
	name   string
	client *Client
	conn   *memoryConn
}

// memoryConn collects what is sent.
type memoryConn struct {
	lines      []string
	addr       netip.AddrPort
	secure     bool
	print      string
	sni        string
	listener   string
	lastRead   time.Time
	closed     bool
	reason     error
	over       bool // Closed has been called
	soon       atomic.Bool
	stirred    chan struct{}
	mostQueued int
	waits      bool // WillWait has been called since its latest line
	awaited    int  // how often Await has been called
	// awaiting, if set, is what happens during each Await. It reports whether the client reads.
	awaiting func() bool
	judge    *judge
}

func (m *memoryConn) TickSoon() {
	m.soon.Store(true)
	stir(m.stirred)
}

func stir(stirred chan struct{}) {
	select {
	case stirred <- struct{}{}:
	default:
	}
}

func (m *memoryConn) Send(b []byte) bool {
	if m.closed {
		return false
	}
	for _, line := range strings.SplitAfter(string(b), "\r\n") {
		if line == "" {
			continue
		}
		if !strings.HasSuffix(line, "\r\n") {
			panic("a line without its end: " + line)
		}
		m.lines = append(m.lines, strings.TrimSuffix(line, "\r\n"))
		m.judge.hear(line)
	}
	return true
}

func (m *memoryConn) SendPair(head, tail []byte) bool { return m.Send(slices.Concat(head, tail)) }

func (m *memoryConn) WillWait() { m.waits = true }

func (m *memoryConn) GiveWay() {}

func (m *memoryConn) Await(int, time.Duration) bool {
	m.awaited++
	if m.awaiting != nil && !m.awaiting() {
		return false
	}
	return !m.closed
}

func (m *memoryConn) Flush() {}

func (m *memoryConn) SetSendQueue(mostBytes int) { m.mostQueued = mostBytes }

func (m *memoryConn) Close(final []byte, reason error) {
	if m.closed {
		return
	}
	if final != nil {
		m.Send(final)
	}
	m.closed, m.reason = true, reason
}

func (m *memoryConn) RemoteAddr() netip.AddrPort { return m.addr }

// fullNetwork is where nobody may come from any more.
var fullNetwork = netip.MustParsePrefix("198.18.0.0/15")

func (m *memoryConn) SetRemoteAddr(addr netip.AddrPort) error {
	if fullNetwork.Contains(addr.Addr()) {
		return errors.New("too many")
	}
	m.addr = addr
	return nil
}

func (m *memoryConn) LocalAddr() netip.AddrPort { return netip.MustParseAddrPort("192.0.2.1:6667") }
func (m *memoryConn) Listener() string {
	switch {
	case m.listener != "":
		return m.listener
	case !m.addr.IsValid():
		return "unix:/test"
	}
	return "memory"
}
func (m *memoryConn) TLS() *tls.ConnectionState {
	if m.secure {
		return &tls.ConnectionState{ServerName: m.sni}
	}
	return nil
}
func (m *memoryConn) Secure() bool                   { return m.secure }
func (m *memoryConn) CertificateFingerprint() string { return m.print }
func (m *memoryConn) LastRead() time.Time            { return m.lastRead }

// testConfig is the configuration of the scripts: no flood control, so that time stands still unless a script moves it.
const testConfig = `
[server]
name = "irc.test"
network = "TestNet"
description = "A test server"
[flood]
enabled = false
`

// fakeHash has the shape of an argon2id hash and shows the password: the scripts need no real one, which takes its
// time.
func fakeHash(password string) string {
	padded := make([]byte, 32)
	copy(padded, password)
	return "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + base64.RawStdEncoding.EncodeToString(padded)
}

// parseConfig reads a configuration in which HASH(word) stands for the hash of a password, and CERTIFICATE and KEY for
// the files of a certificate.
func parseConfig(text string) (*config.Config, error) {
	if strings.Contains(text, `"CERTIFICATE"`) {
		certificate, key := keyPair()
		text = strings.NewReplacer(`"CERTIFICATE"`, strconv.Quote(certificate), `"KEY"`, strconv.Quote(key)).Replace(text)
	}
	for {
		before, rest, found := strings.Cut(text, "HASH(")
		if !found {
			cfg, err := config.Parse("test.toml", []byte(text))
			if err == nil {
				cfg.Hosts.CloakKey = "a key that only tests have"
			}
			return cfg, err
		}
		word, after, _ := strings.Cut(rest, ")")
		text = before + fakeHash(word) + after
	}
}

// mergeConfig adds options to a configuration: a section that is there already gets them, and loses those of the same
// name.
func mergeConfig(base, extra string) string {
	type section struct {
		header string
		lines  []string
	}
	split := func(text string) []section {
		list := []section{{}}
		for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
			if strings.HasPrefix(line, "[") {
				list = append(list, section{header: line})
			} else {
				last := &list[len(list)-1]
				last.lines = append(last.lines, line)
			}
		}
		return list
	}
	all := split(base)
	for _, more := range split(extra) {
		at := slices.IndexFunc(all, func(s section) bool { return s.header == more.header })
		if at < 0 || strings.HasPrefix(more.header, "[[") {
			all = append(all, more)
			continue
		}
		for _, line := range more.lines {
			key, _, assigns := strings.Cut(line, "=")
			all[at].lines = slices.DeleteFunc(all[at].lines, func(old string) bool {
				name, _, _ := strings.Cut(old, "=")
				return assigns && strings.TrimSpace(name) == strings.TrimSpace(key)
			})
		}
		all[at].lines = append(all[at].lines, more.lines...)
	}
	var out []string
	for _, s := range all {
		out = append(append(out, s.header), s.lines...)
	}
	return strings.Join(out, "\n") + "\n"
}

// stageStart is the time of day when a test begins.
var stageStart = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func newStage(t *testing.T, text string) *stage {
	cfg, err := parseConfig(text)
	require.NoError(t, err)
	g := &stage{t: t, reader: newReader(), now: stageStart, stirred: make(chan struct{}, 1), ids: newMessageIDs()}
	g.history = &brittleHistory{Volatile: storage.Volatile{Memory: storage.NewMemory(cfg.History.Bounds(false))}}
	g.journal = new(memoryJournal)
	o := Options{
		Config: cfg, Log: slog.New(slog.NewTextHandler(&g.logged, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: func() time.Time { return g.now },
		Elapsed: func() time.Duration {
			if g.slow != 0 { // the test has one goroutine
				g.now = g.now.Add(g.slow)
			}
			return g.now.Sub(stageStart) - g.jumped
		},
		History: g.history, Journal: g.journal, FlushAll: func([]Conn) {}, Version: "bavard-test",
		VerifyPassword: func(hash, password string) bool {
			g.requireWaiting("the check of a password")
			return hash == fakeHash(password)
		},
		Terminate: func(restart bool, reason string) error {
			g.requireWaiting("reading the configuration")
			if restart && g.reload != nil {
				if _, err := g.reload(); err != nil {
					return err
				}
			}
			g.server.Stop(reason)
			return nil
		},
		Backup: func(say func(string)) (file, size string, err error) {
			g.requireWaiting("a backup")
			if err := g.journal.failing; err != nil {
				return "", "", err
			}
			say("copying the history: 50%")
			return "backups/one.tar", "1.5 MiB", nil
		},
		Rehash: func() ([]string, error) {
			g.requireWaiting("reading the configuration")
			if g.reload == nil {
				return nil, errors.New("there is no file")
			}
			next, err := g.reload()
			if err != nil {
				return nil, err
			}
			g.server.Reload(next)
			return []string{"storage.path"}, nil
		},
		Recorded: func(st state.Stamp, op state.Op) { g.ops = append(g.ops, state.EncodeOp(st, op)) },
	}
	if strings.Contains(text, "[hosts]") { // the other scripts need not tell of look-ups
		o.Resolver, o.Ident = g, g.ident
	}
	if strings.Contains(text, "[accounts]") {
		g.accounts = &fakeAccounts{mechanisms: []string{"PLAIN", "EXTERNAL"}}
		o.Accounts = g.accounts
	}
	g.history.lockIsFree = func() {
		if g.server == nil {
			return // New
		}
		require.True(t, g.server.order.TryLock(), "history is called under the lock")
		g.server.order.Unlock()
	}
	g.history.mayWait = func() { g.requireWaiting("reading history") }
	g.server, _, err = New(o)
	require.NoError(t, err)
	if g.accounts != nil {
		g.accounts.slow = func() {
			g.requireWaiting("an exchange")
		}
	}
	return g
}

// requireWaiting requires that a slow step runs without the lock, and after a call of WillWait, so that other clients
// do not wait for it.
func (g *stage) requireWaiting(what string) {
	if g.speaker == nil {
		return // not a line of say
	}
	require.True(g.t, g.speaker.conn.waits, "%s: call willWait first", what)
	require.True(g.t, g.server.order.TryLock(), "%s: it goes on under the lock", what)
	g.server.order.Unlock()
}

func (g *stage) open(name, addr string, secure bool, print string) *actor {
	return g.openAt("", name, addr, secure, print)
}

// openAt connects to a listener.
func (g *stage) openAt(listener, name, addr string, secure bool, print string) *actor {
	conn := &memoryConn{listener: listener, secure: secure, print: print, lastRead: g.server.order.Steady(), stirred: g.stirred}
	if addr != "" {
		conn.addr = addrOf(addr)
	}
	conn.judge = newJudge(func(format string, args ...any) { g.blamed = append(g.blamed, fmt.Sprintf(format, args...)) })
	conn.judge.ids = g.ids
	a := &actor{name: name, conn: conn}
	a.client, _ = g.server.Open(conn)
	g.clients = append(g.clients, a)
	g.settle()
	return a
}

// answered waits until all questions have been answered, except those that never will be, and gives the answers to
// whoever waits for them.
func (g *stage) answered() {
	deadline := time.After(10 * time.Second)
	for g.unanswered() != int(g.stuck.Load()) {
		select {
		case <-g.stirred:
		case <-deadline:
			require.FailNow(g.t, "a question was not answered")
		}
	}
	for _, a := range g.clients {
		if a.conn.soon.Swap(false) && !a.conn.over {
			a.client.Tick()
		}
	}
}

func (g *stage) unanswered() (n int) {
	for _, a := range g.clients {
		if r := a.client.registration; r != nil && r.lookups != nil {
			r.lookups.mu.Lock()
			for _, q := range r.lookups.asked {
				if !q.done {
					n++
				}
			}
			r.lookups.mu.Unlock()
		}
	}
	return n
}

func (g *stage) actor(name string) *actor {
	var found *actor
	for _, a := range g.clients {
		if a.name == name && (found == nil || found.conn.over) {
			found = a
		}
	}
	require.NotNil(g.t, found, "there is no %s", name)
	return found
}

// say lets a client send one line, and does what transport would after it.
func (g *stage) say(a *actor, line string) {
	a.conn.lastRead, a.conn.waits, g.speaker = g.server.order.Steady(), false, a
	want, before := "", len(a.conn.lines)
	dropped := len(line) > wire.MaxInputBytes // by transport, label and all
	if g.labels != nil && !dropped {
		line, want = g.labels.label(a, line)
	}
	a.conn.judge.sent(line, false)
	given := func() time.Duration { return a.client.Line([]byte(line)) }
	if dropped {
		given = a.client.Overlong
	}
	wait := given()
	g.speaker = nil
	if wait > 0 {
		a.conn.lines = append(a.conn.lines, fmt.Sprintf("(waits %s)", wait.Round(time.Millisecond)))
	}
	a.client.Batch()
	if want != "" {
		requireOneLabel(g.t, want, line, a.conn.lines[before:])
	}
	a.conn.judge.settled()
	g.settle()
}

// settle ends the connections that were closed, as transport does on their own goroutines.
func (g *stage) settle() {
	g.answered()
	for again := true; again; {
		again = false
		for _, a := range g.clients {
			if a.conn.closed && !a.conn.over {
				a.conn.over, again = true, true
				a.client.Closed(a.conn.reason)
				a.conn.lines = append(a.conn.lines, "(closed)")
			}
		}
	}
	require.NoError(g.t, g.server.state.Check())
	require.Empty(g.t, g.blamed, "the judges")
}

// drop is a connection that breaks.
func (g *stage) drop(a *actor, reason error) {
	a.conn.closed, a.conn.over = true, true
	a.client.Closed(reason)
	g.settle()
}

// wait moves the clock and lets everything that is due happen.
func (g *stage) wait(d time.Duration) {
	g.now = g.now.Add(d)
	g.server.expire()
	for _, a := range g.clients {
		if !a.conn.over {
			a.client.Tick()
		}
	}
	g.settle()
}

// setClock changes the time of day, without any time passing.
func (g *stage) setClock(by time.Duration) {
	g.now, g.jumped = g.now.Add(by), g.jumped+by
	g.wait(0)
}

// take hands over what a client has received since the last time.
func (a *actor) take() []string {
	lines := a.conn.lines
	a.conn.lines = nil
	return lines
}

// join connects and registers a client and drops its welcome.
func (g *stage) register(name string, o connectOptions) *actor {
	a := g.openAt(o.listener, name, o.addr, o.secure, o.print)
	a.conn.sni = o.sni
	if o.webirc != "" {
		g.say(a, "WEBIRC "+o.webirc)
	}
	if g.labels != nil {
		o.caps = append(slices.Clone(o.caps), "batch", "labeled-response")
	}
	if len(o.caps) > 0 && o.caps[0] == "*" {
		o.caps = g.server.view.Load().grantedTo(a.client).names()
	}
	for _, line := range joinLines(o.caps, 400) {
		if line != "" {
			g.say(a, "CAP REQ :"+line)
		}
	}
	if o.pass != "" {
		g.say(a, "PASS "+o.pass)
	}
	g.say(a, "NICK "+name)
	g.say(a, "USER "+strings.ToLower(name)+" 0 * :"+strings.ToUpper(name[:1])+name[1:])
	if len(o.caps) > 0 {
		g.say(a, "CAP END")
	}
	require.Nil(g.t, a.client.registration, "%s was not welcomed: %q", name, a.conn.lines)
	a.take()
	return a
}

type connectOptions struct {
	addr, print, pass string
	listener, webirc  string
	sni               string
	secure, whole     bool
	caps              []string
}

// restart replaces the state by its own snapshot, as a restart with storage would.
func (g *stage) restart() {
	s, err := state.Restore(g.server.state.Snapshot())
	require.NoError(g.t, err)
	require.Equal(g.t, g.server.state.Snapshot(), s.Snapshot())
	g.server.order.Replace(s)
}

// requireReplay plays the recorded operations into another state: it must be the same.
func (g *stage) requireReplay() {
	s := state.New()
	for _, raw := range g.ops {
		st, op, err := state.DecodeOp(raw)
		require.NoError(g.t, err)
		s.Apply(st, op)
	}
	require.Equal(g.t, g.server.state.Snapshot(), s.Snapshot(), "the recorded operations give another state")
}

var errDropped = io.EOF

func addrOf(address string) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(address), 40000)
}

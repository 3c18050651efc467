package commands

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/config"
	"bavard/order/journal"
	"bavard/state"
	"bavard/storage"
	"bavard/transport"
	"bavard/wire"
)

// soakConfig has flood control that rarely waits, and PINGs all the time.
const soakConfig = `
[server]
name = "irc.test"
[channels]
ranks = "qaohv"
rename_cooldown = "0s"
[flood]
rate = 10000
burst = 100000
[limits]
channels_per_user = 12
list_entries = 100
ping_interval = "1s"
registration_timeout = "5s"
ping_timeout = "1m"
clients = 100000
lookup_timeout = "200ms"
connections_per_address = 0
connection_rate = 0
[hosts]
cloak = true
[relaymsg]
who = "member"
[roleplay]
enabled = true
` + operConfig

// A soak is many random clients at once, through real sockets and the real dispatcher, while the state is checked.
type soak struct {
	t       *testing.T
	server  *Server
	sockets *transport.Server
	// shadow is a second state, which is given every operation in its encoded form. Server.mu guards it.
	shadow *state.State
	kept   *journal.Journal
	doors  []door
	log    soakLog
	// over is closed when the clients shall come to an end.
	over chan struct{}
	// quiet is where they wait for one another when all have stopped talking.
	quiet sync.WaitGroup

	// heaviest is the most work of one hold of the lock so far. lastOp is the type of the last operation; the lock of the
	// state guards it.
	heaviest atomic.Int64
	lastOp   string
	// onlyAdversaries: there are no other clients.
	onlyAdversaries bool
	// unarmed counts the adversaries that have not created their channels yet. Nobody else joins these before.
	unarmed sync.WaitGroup
	armed   atomic.Bool
	// harmful counts the lines of adversaries.
	harmful atomic.Int64

	// ids are the messages that the clients have been told of.
	ids *messageIDs

	clients, welcomed, said, heard, answered, checks, wrong atomic.Int64

	// mu is where clients meet that have found something wrong.
	mu    sync.Mutex
	found []string
	// counted is what they have heard, see judge.heard.
	counted map[string]int
}

// door is a way in.
type door struct {
	network, address string
	tls              bool
}

// soakLog is the server's log: it counts panics, and keeps the first.
type soakLog struct {
	// mu is where all goroutines of the server meet that log.
	mu     sync.Mutex
	panics int
	first  string
}

func (l *soakLog) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("panic")) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.panics++; l.panics == 1 {
			l.first = string(p)
		}
	}
	return len(p), nil
}

// violation notes that something does not hold.
func (s *soak) violation(format string, args ...any) {
	s.wrong.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.found) < 20 {
		s.found = append(s.found, fmt.Sprintf(format, args...))
	}
}

// fromEnvironment is a number that `make soak` sets.
func fromEnvironment(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	require.Positive(t, n, name)
	return n
}

// TestSoak: hundreds of clients do everything at once. In its long form, `make soak`, SOAK_SECONDS and SOAK_CLIENTS
// say how long and how many.
func TestSoak(t *testing.T) {
	length := time.Duration(fromEnvironment(t, "SOAK_SECONDS", 4)) * time.Second
	clients := fromEnvironment(t, "SOAK_CLIENTS", 200)
	newSoakWith(t, soakConfig).run(length, clients)
}

// run lets the clients live for some time, and requires that nothing was wrong.
func (s *soak) run(length time.Duration, clients int) {
	t := s.t
	ctx, stop := context.WithCancel(context.Background())
	var background, talkers sync.WaitGroup
	background.Go(func() { s.server.Run(ctx) })     // ends with ctx
	background.Go(func() { s.writeSnapshots(ctx) }) // ends with ctx
	background.Go(func() { s.watch(ctx) })          // likewise
	began := time.Now()
	for i := range clients {
		if _, is := s.adversary(i); is && s.ownsChannel(i) {
			s.unarmed.Add(1)
		}
	}
	background.Go(func() { s.unarmed.Wait(); s.armed.Store(true) }) // ends when all adversaries have tried
	s.quiet.Add(clients)
	for i := range clients {
		talkers.Go(func() { s.live(i, clients) }) // ends some time after s.over is closed
	}
	background.Go(func() { s.end(length, int64(clients)) }) // ends when it has closed s.over
	talkers.Wait()
	seconds := time.Since(began).Seconds()
	stop()
	background.Wait()

	left := s.sockets.Wait(30 * time.Second)
	s.check()
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	t.Logf("soak: %d clients, %d connections (%d welcomed), %d lines said (%.0f/s), %d lines heard and judged, %d checks of the state, %.1f s, %d violations, %d panics; %d lines of adversaries, at most %d units of work in one hold of the lock",
		clients, s.clients.Load(), s.welcomed.Load(), s.said.Load(), float64(s.said.Load())/seconds, s.heard.Load(), s.checks.Load(), seconds, s.wrong.Load(), s.log.panics,
		s.harmful.Load(), s.heaviest.Load())
	require.Empty(t, strings.Join(s.found, "\n"), "violations")
	require.Zero(t, s.log.panics, s.log.first)
	require.Zero(t, left, "connections left")
	require.Greater(t, s.welcomed.Load(), int64(clients/2))
	require.Greater(t, s.said.Load(), int64(clients*5))
	require.Greater(t, s.checks.Load(), int64(2))
	require.True(t, s.harmed(), "the adversaries have sent too little")
	require.NotZero(t, s.kept.SnapshotOrder(), "snapshots")
	require.Empty(t, s.server.clients)
	require.Zero(t, s.server.registered)
	require.Empty(t, s.server.state.Users())
}

// end closes s.over when the time has passed and, on a machine that is busy with other things, enough has been done,
// within reason.
func (s *soak) end(length time.Duration, clients int64) {
	defer close(s.over)
	time.Sleep(length) // this is how long a soak is
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for range 300 {
		if s.welcomed.Load() > clients/2 && s.said.Load() > clients*5 && s.harmed() {
			return
		}
		<-ticker.C
	}
}

// newSoakWith is a server with this configuration, and its listeners.
func newSoakWith(t *testing.T, text string) *soak {
	parse := func(text string) (*config.Config, error) {
		cfg, err := parseConfig(text)
		if err == nil {
			cfg.Hosts.CloakKey = "00112233445566778899aabbccddeeff"
		}
		return cfg, err
	}
	cfg, err := parse(text)
	require.NoError(t, err)
	s := &soak{t: t, shadow: state.New(), over: make(chan struct{}), ids: newMessageIDs()}
	log := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	folder := filepath.Join(t.TempDir(), "journal")
	kept, err := journal.Open(folder, journal.Options{Log: log})
	require.NoError(t, err)
	s.kept = kept
	history, err := storage.Open(storage.Options{
		Path: filepath.Join(t.TempDir(), "history.db"), MostMessages: 50, MostEvents: 50, MostBytes: 1 << 20, Interval: 50 * time.Millisecond,
		Journaled: func(uint64) error { return kept.Sync() },
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, errors.Join(history.Close(), kept.Close()))
		s.requireKept(folder)
	})
	var reloads atomic.Int64
	s.server, _, err = New(Options{
		Config: cfg, Log: log, History: history, Journal: kept, SnapshotBytes: 1 << 20, SnapshotAge: time.Hour, Version: "bavard-soak",
		FlushAll:       transport.FlushAll[Conn],
		VerifyPassword: func(hash, password string) bool { return hash == fakeHash(password) },
		Backup:         func(func(string)) (string, string, error) { return "", "", errors.New("there is no disk") },
		Rehash: func() ([]string, error) {
			motd := fmt.Sprintf("[server]\nmotd = \"the %d. message\"\n", reloads.Add(1))
			next, err := parse(mergeConfig(text, motd))
			if err != nil {
				return nil, err
			}
			s.server.Reload(next)
			return nil, nil
		},
		Recorded: s.record, Held: s.weigh, Resolver: slowNames{}, Accounts: &soakAccounts{},
	})
	require.NoError(t, err)
	open := func(c *transport.Conn) (transport.Session, time.Duration) { return s.server.Open(abroad{c}) }
	s.sockets = transport.NewServer(open, transport.Limits{}, log)
	for _, spec := range []transport.Spec{
		{Name: "plain", Network: "tcp", Address: "127.0.0.1:0"},
		{Name: "tls", Network: "tcp", Address: "127.0.0.1:0", TLS: selfSigned(t)},
		{Name: "unix", Network: "unix", Address: filepath.Join(shortFolder(t), "s")},
	} {
		spec.Options = transport.Options{LineBytes: wire.MaxInputBytes, SendQueueBytes: int(cfg.Limits.SendQueue), CloseBound: 2 * time.Second, Barrier: s.server.Barrier}
		l, err := s.sockets.Listen(t.Context(), spec)
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		s.doors = append(s.doors, door{spec.Network, l.Addr().String(), spec.TLS != nil})
	}
	return s
}

// soakAccounts are those of the scripts; with every reload they have other mechanisms, or none.
type soakAccounts struct {
	fakeAccounts
	asked atomic.Int64
}

func (a *soakAccounts) Mechanisms() []string {
	return [][]string{{"PLAIN", "EXTERNAL", "X-SIZES"}, {"X-SIZES", "PLAIN"}, nil}[a.asked.Add(1)%3]
}

// abroad is a connection that seems to come from elsewhere: 10.x.y.z for 127.x.y.z.
type abroad struct{ *transport.Conn }

func (a abroad) RemoteAddr() netip.AddrPort {
	from := a.Conn.RemoteAddr()
	if !from.Addr().Is4() {
		return from
	}
	bytes := from.Addr().As4()
	bytes[0] = 10
	return netip.AddrPortFrom(netip.AddrFrom4(bytes), from.Port())
}

// slowNames are the names of these addresses. Some take their time, some too long, and some have none.
type slowNames struct{}

func (slowNames) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	bytes := netip.MustParseAddr(addr).As4()
	select {
	case <-time.After(time.Duration(bytes[3]%8) * 40 * time.Millisecond): // what is slow here must pass time
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if bytes[3]%5 == 0 {
		return nil, errors.New("there is no such name")
	}
	return []string{fmt.Sprintf("h%d.%d.example.", bytes[3], bytes[2])}, nil
}

func (slowNames) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	var a, b byte
	if _, err := fmt.Sscanf(host, "h%d.%d.example", &a, &b); err != nil {
		return nil, err
	}
	return []netip.Addr{netip.AddrFrom4([4]byte{10, 0, b, a})}, nil
}

// record gives every operation to the shadow, too. Under Server.mu.
func (s *soak) record(stamp state.Stamp, op state.Op) {
	stamp, op, err := state.DecodeOp(state.EncodeOp(stamp, op))
	if err != nil {
		s.violation("an operation's encoded form: %v", err)
		return
	}
	s.shadow.Apply(stamp, op)
	s.lastOp = fmt.Sprintf("%T", op)
}

// weigh checks the work of one hold of the lock. Server.mu is held.
func (s *soak) weigh(work int) {
	if int64(work) > s.heaviest.Load() {
		s.heaviest.Store(int64(work))
	}
	if work > mostHoldWork {
		s.violation("%d units of work in one hold of the lock; the last operation was %s", work, s.lastOp)
	}
}

// watch checks the state all along, and now and then forgives.
func (s *soak) watch(ctx context.Context) {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for i := 0; ctx.Err() == nil; i++ {
		s.check()
		if i%5 == 4 {
			forgive(s.server)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// writeSnapshots writes snapshots while people talk, until ctx ends.
func (s *soak) writeSnapshots(ctx context.Context) {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := s.server.order.Snapshot(); err != nil {
				s.violation("no snapshot: %v", err)
			}
		}
	}
}

// requireKept requires that the journal gives the same state again.
func (s *soak) requireKept(folder string) {
	again, err := journal.Open(folder, journal.Options{})
	require.NoError(s.t, err)
	loaded := state.New()
	_, err = again.Load(func(_ uint64, data []byte) (err error) {
		loaded, err = state.Restore(data)
		return err
	}, func(_ uint64, data []byte) error {
		st, op, err := state.DecodeOp(data)
		if err == nil {
			loaded.Apply(st, op)
		}
		return err
	})
	require.NoError(s.t, err)
	require.NoError(s.t, again.Close())
	require.Equal(s.t, s.server.state.Snapshot(), loaded.Snapshot())
}

// forgive lifts what opers have put on the whole server: in the end nobody could come in any more, or say a word.
func forgive(s *Server) {
	var out outbox
	defer s.flush(&out)
	s.order.Lock()
	defer s.order.Unlock()
	for _, ban := range slices.Clone(s.state.BansFrom(0)) {
		s.do(&out, nil, &state.RemoveBan{Action: ban.Action, Target: ban.Target})
	}
	s.do(&out, nil, &state.SetDefcon{Level: state.Peace})
	for _, u := range s.state.Users() {
		if !u.IsOper() {
			continue
		}
		for _, filter := range slices.Clone(s.state.Filters()) {
			s.doFor(&out, u.Sessions()[0].ID(), nil, &state.RemoveFilter{Pattern: filter.Pattern})
		}
		return
	}
}

// check: the invariants hold, the bounds too, and the same operations have given the same state elsewhere.
func (s *soak) check() {
	s.server.order.Lock()
	defer s.server.order.Unlock()
	s.checks.Add(1)
	if err := s.server.state.Check(); err != nil {
		s.violation("the state: %v", err)
	}
	if err := s.server.state.CheckBounds(); err != nil {
		s.violation("a bound of the state: %v", err)
	}
	for _, list := range countLists(s.server, true).tooLong {
		s.violation("a bound: %s", list)
	}
	if !bytes.Equal(s.server.state.Snapshot(), s.shadow.Snapshot()) {
		s.violation("the recorded operations give another state")
	}
	welcomed := 0
	for _, c := range s.server.clients {
		if c.session != nil {
			welcomed++
		}
	}
	if welcomed != s.server.registered || welcomed != len(s.server.state.Users()) {
		s.violation("%d sessions, %d counted, %d users", welcomed, s.server.registered, len(s.server.state.Users()))
	}
}

// shortFolder is a folder whose path leaves room for the name of a Unix socket.
func shortFolder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "soak-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// selfSigned is what a TLS listener needs.
func selfSigned(t *testing.T) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"irc.test"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// agrees compares what a client has made of its lines with the state, when nothing moves any more.
func (s *soak) agrees(c *soakClient) {
	s.server.order.Lock()
	defer s.server.order.Unlock()
	u := s.server.state.User(c.judge.nick)
	if u == nil {
		s.violation("%s was never told that it is gone, or has another name", c.judge.nick)
		return
	}
	if len(u.Members()) != len(c.in) {
		s.violation("%s believes to be in %d channels and is in %d", c.judge.nick, len(c.in), len(u.Members()))
	}
	for _, m := range u.Members() {
		if name := strings.ToLower(m.Channel().Name()); !c.in[name] {
			s.violation("%s does not know that it is in %s", c.judge.nick, name)
		}
	}
}

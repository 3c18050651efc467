package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/config"
	"bavard/transport"
)

const patience = 20 * time.Second

// echo is an engine that sends every line back, so that the daemon can be tested without package commands.
type echo struct {
	mu       sync.Mutex // protects the fields between the goroutines of sessions and the test's
	conns    map[*transport.Conn]bool
	reloaded []*config.Config
	stopped  bool
	ran      bool
}

type echoSession struct {
	engine *echo
	conn   *transport.Conn
}

func (e *echo) Barrier() {}

func (e *echo) Close() error { return nil }

func (e *echo) Open(c *transport.Conn) (transport.Session, time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conns[c] = true
	return &echoSession{e, c}, time.Hour
}

func (e *echo) Beat() {}

func (e *echo) Reload(cfg *config.Config) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reloaded = append(e.reloaded, cfg)
}

func (e *echo) Stop(reason string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopped = true
	for c := range e.conns {
		c.Close([]byte("ERROR :"+reason+"\r\n"), errStopping)
		c.Flush()
	}
}

func (e *echo) Run(ctx context.Context) {
	<-ctx.Done()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ran = true
}

func (s *echoSession) Line(line []byte) time.Duration {
	s.conn.Send(append(bytes.Clone(line), "\r\n"...))
	return 0
}
func (s *echoSession) Overlong() time.Duration { return 0 }
func (s *echoSession) Batch()                  { s.conn.Flush() }
func (s *echoSession) Tick() time.Duration     { return time.Hour }
func (s *echoSession) Closed(error) {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	delete(s.engine.conns, s.conn)
}

// safeBuffer is a log that a test can read while the daemon writes it.
type safeBuffer struct {
	mu   sync.Mutex // protects text between the daemon's goroutines and the test's
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// running is a daemon with a configuration file that the test can change.
type running struct {
	*daemon
	t      *testing.T
	path   string
	engine *echo
	log    *safeBuffer
	end    sync.Once
}

// fileOf joins lines into a configuration file.
func fileOf(lines ...string) string {
	return strings.Join(lines, "\n") + "\n"
}

const plainListener = "[[listeners]]\naddress = \"127.0.0.1:0\""
const tlsListener = "[[listeners]]\naddress = \"[::1]:0\"\ntls = true"

func serve(t *testing.T, text string) *running {
	t.Helper()
	r, err := tryServe(t, text)
	require.NoError(t, err)
	t.Cleanup(r.halt)
	return r
}

func tryServe(t *testing.T, text string) (*running, error) {
	path := filepath.Join(t.TempDir(), "config.toml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	load := func() (*config.Config, error) { return config.Load(path) }
	cfg, err := load()
	require.NoError(t, err)
	r := &running{t: t, path: path, engine: &echo{conns: map[*transport.Conn]bool{}}, log: &safeBuffer{}}
	log, level := newLog(r.log, cfg.Log)
	r.daemon, err = start(cfg, log, level, load, func(parts) (engine, error) { return r.engine, nil })
	return r, err
}

func (r *running) halt() { r.end.Do(func() { r.stop(stopReason) }) }

// rewrite replaces the file's text and reloads it.
func (r *running) rewrite(text string) ([]string, error) {
	require.NoError(r.t, os.WriteFile(r.path, []byte(text), 0o600))
	return r.reload()
}

// address returns the actual address of the listener that has this address in the file.
func (r *running) address(spec string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.listeners.active {
		if l.spec.Address == spec {
			return l.listener.Addr().String()
		}
	}
	require.FailNow(r.t, "no listener", spec)
	return ""
}

// client is a test's connection to the daemon.
type client struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

func (r *running) dial(network, address string) *client {
	conn, err := net.DialTimeout(network, address, patience)
	require.NoError(r.t, err)
	return newClient(r.t, conn)
}

func newClient(t *testing.T, conn net.Conn) *client {
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return &client{conn, t, bufio.NewReader(conn)}
}

// echoes sends a line and requires that it comes back.
func (c *client) echoes() {
	c.t.Helper()
	_, err := io.WriteString(c, "PING "+c.LocalAddr().String()+"\r\n")
	require.NoError(c.t, err)
	require.Equal(c.t, "PING "+c.LocalAddr().String(), c.line())
}

func (c *client) line() string {
	c.t.Helper()
	line, err := c.in.ReadString('\n')
	require.NoError(c.t, err)
	return strings.TrimRight(line, "\r\n")
}

func (r *running) dialTLS(address string, settings *tls.Config) (*client, error) {
	settings.InsecureSkipVerify = true // tests compare the certificate's fingerprint
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", address, settings)
	if err != nil {
		return nil, err
	}
	return newClient(r.t, conn), nil
}

func TestServeAndStop(t *testing.T) {
	r := serve(t, fileOf(plainListener, tlsListener, "[[listeners]]\naddress = \"unix:sock\"\nmode = \"0600\""))
	socket := filepath.Join(filepath.Dir(r.path), "sock")
	info, err := os.Stat(socket)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	secure, err := r.dialTLS(r.address("[::1]:0"), &tls.Config{})
	require.NoError(t, err)
	clients := []*client{r.dial("tcp", r.address("127.0.0.1:0")), r.dial("unix", socket), secure}
	for _, c := range clients {
		c.echoes()
	}
	address := r.address("127.0.0.1:0")
	r.halt()
	for _, c := range clients {
		require.Equal(t, "ERROR :"+stopReason, c.line())
		_, err := c.in.ReadByte()
		require.ErrorIs(t, err, io.EOF)
	}
	_, err = net.Dial("tcp", address)
	require.Error(t, err)
	require.NoFileExists(t, socket)
	require.True(t, r.engine.stopped && r.engine.ran)
	_, err = r.reload()
	require.ErrorIs(t, err, errStopping)
}

func TestGreeting(t *testing.T) {
	r := serve(t, fileOf(plainListener, tlsListener, "[[listeners]]\naddress = \":0\"", "[[listeners]]\naddress = \"unix:sock\""))
	var out bytes.Buffer
	r.greet(&out)
	_, port, err := net.SplitHostPort(r.address("127.0.0.1:0"))
	require.NoError(t, err)
	_, anyPort, err := net.SplitHostPort(r.address(":0"))
	require.NoError(t, err)
	_, tlsPort, err := net.SplitHostPort(r.address("[::1]:0"))
	require.NoError(t, err)
	for _, want := range []string{
		"Configuration: " + r.path + "\n",
		"irssi -c 127.0.0.1 -p " + port + "\n",
		"irssi -c 127.0.0.1 -p " + anyPort + "\n",
		"/connect -tls -notls_verify ::1 " + tlsPort + "\n",
		"socat - UNIX-CONNECT:" + filepath.Join(filepath.Dir(r.path), "sock") + "\n",
		fingerprint(r.certificate),
	} {
		require.Contains(t, out.String(), want)
	}

	out.Reset()
	plain := serve(t, fileOf(plainListener))
	plain.greet(&out)
	require.NotContains(t, out.String(), "ertificate")
	require.Empty(t, contents(t, filepath.Join(filepath.Dir(plain.path), "bavard-data")), "no certificate is created unless it is needed")
}

func TestStartFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	address := taken.Addr().String()

	r, err := tryServe(t, fileOf(plainListener, fmt.Sprintf("[[listeners]]\naddress = %q", address)))
	require.EqualError(t, err, "cannot listen on "+address+": the address is in use; is another server running?")
	require.True(t, r.engine.stopped && r.engine.ran, "the parts that were started are stopped")

	_, err = tryServe(t, fileOf("[[listeners]]\naddress = \"192.0.2.1:6667\""))
	require.EqualError(t, err, "cannot listen on 192.0.2.1:6667: this machine does not have that address")

	_, err = tryServe(t, fileOf("[[listeners]]\naddress = \"unix:no/such/folder/sock\""))
	require.ErrorContains(t, err, "it does not exist")

	_, err = tryServe(t, fileOf(plainListener, "[storage]\npath = \"config.toml\""))
	require.ErrorContains(t, err, "cannot")
	require.NotContains(t, err.Error(), "\n")

	low := config.Listener{Address: "127.0.0.1:80"}
	require.EqualError(t, whyNotListen(low, os.NewSyscallError("bind", syscall.EACCES)), "permission denied; ports below 1024 need root or the capability CAP_NET_BIND_SERVICE")
	require.EqualError(t, whyNotListen(config.Listener{Address: "unix:/x"}, os.NewSyscallError("bind", syscall.EACCES)), "permission denied")
}

func TestSignals(t *testing.T) {
	r := serve(t, fileOf(plainListener))
	c := r.dial("tcp", r.address("127.0.0.1:0"))
	c.echoes()
	signals, done := make(chan os.Signal), make(chan struct{})
	go func() { // ends with the second signal
		defer close(done)
		r.end.Do(func() { r.obey(signals) })
	}()
	require.NoError(t, os.WriteFile(r.path, []byte("[server]\nname = \"nodot\"\nfoo = 1\n"), 0o600))
	signals <- syscall.SIGHUP
	signals <- syscall.SIGTERM
	select {
	case <-done:
	case <-time.After(patience):
		require.FailNow(t, "the daemon does not stop")
	}
	require.Equal(t, "ERROR :"+stopReason, c.line())
	log := r.log.String()
	require.Contains(t, log, "key=server.name error=\"must contain a dot, such as irc.example.org\"")
	require.Contains(t, log, "line=3 key=server.foo")
	require.Empty(t, r.engine.reloaded)
	require.Contains(t, log, "msg=stopped")
}

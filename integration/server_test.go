package integration

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// settings maps sections of a configuration file to their lines. Those of the section "" are used as they are.
type settings map[string]string

// quick lets clients in a test send faster than people type.
var quick = settings{"flood": "rate = 1000\nburst = 1000"}

// server is the daemon under test, with a configuration of its own.
type server struct {
	t          *testing.T
	dir        string
	plain, tls string // addresses
	unix       string // the path of its Unix socket
	extra      settings
	process    *process
	// prepare changes how the daemon is started; it can be nil.
	prepare func(*exec.Cmd)
	// earlier is what the daemon logged before restarts.
	earlier string
}

// serve starts the daemon with these settings. At the end of the test, it stops the daemon and checks that nothing went
// wrong in it.
func serve(t *testing.T, extra settings) *server {
	t.Helper()
	return serveAs(t, extra, nil)
}

// serveAs is serve for a daemon that is started in a different way.
func serveAs(t *testing.T, extra settings, prepare func(*exec.Cmd)) *server {
	t.Helper()
	s := &server{t: t, dir: folder(t), extra: extra, prepare: prepare}
	s.unix = filepath.Join(s.dir, "ircd.sock")
	const tries = 5 // a different program may take a free port before the daemon does
	for try := 1; ; try++ {
		s.plain, s.tls = freeAddress(t), freeAddress(t)
		s.configure(s.extra)
		if s.start() {
			break
		}
		if try == tries || !strings.Contains(s.log(), "in use") {
			t.Fatalf("the daemon does not start:\n%s", s.log())
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's log:\n%s", tail(s.log()))
		}
	})
	t.Cleanup(s.stop)
	return s
}

// freeAddress returns an address with a free port. The port is below those that the system assigns to outgoing
// connections, so that a client that tries to reconnect while the server is down can neither take it nor connect to
// itself.
func freeAddress(t *testing.T) string {
	t.Helper()
	const first, count, tries = 20000, 12000, 100
	for range tries {
		address := fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(count))
		if l, err := net.Listen("tcp", address); err == nil {
			require.NoError(t, l.Close())
			return address
		}
	}
	t.Fatalf("no free port in %d tries", tries)
	return ""
}

// configPath returns the path of the server's configuration file.
func (s *server) configPath() string { return filepath.Join(s.dir, "config.toml") }

// configure writes the configuration file.
func (s *server) configure(extra settings) {
	s.t.Helper()
	text := "[server]\nname = \"irc.test\"\n" + extra["server"] + "\n[storage]\npath = \"data\"\n"
	for section, lines := range extra {
		if section != "server" && section != "" {
			text += "[" + section + "]\n" + lines + "\n"
		}
	}
	text += fmt.Sprintf("[[listeners]]\naddress = %q\n[[listeners]]\naddress = %q\ntls = true\n[[listeners]]\naddress = %q\nmode = \"0600\"\n", s.plain, s.tls, "unix:"+s.unix)
	text += extra[""] + "\n"
	require.NoError(s.t, os.WriteFile(s.configPath(), []byte(text), 0o600))
}

// start starts the daemon, and reports whether it serves.
func (s *server) start() bool {
	s.t.Helper()
	cmd := exec.Command(ircd, "run", "--config", s.configPath())
	cmd.Dir, cmd.Env = s.dir, environment(s.dir, raceOptions)
	if s.prepare != nil {
		s.prepare(cmd)
	}
	s.process = launch(s.t, cmd)
	await(s.t, func() bool { return strings.Contains(s.greeting(), s.plain) || !s.process.alive() }, "the daemon's greeting")
	return s.process.alive()
}

// restart stops the daemon and starts it again on the same addresses.
func (s *server) restart() {
	s.t.Helper()
	s.stop()
	s.earlier += s.process.stderr.String()
	require.True(s.t, s.start(), "the daemon does not start again:\n%s", s.log())
}

// stop stops the daemon as its supervisor would, and checks that nothing went wrong.
func (s *server) stop() {
	s.t.Helper()
	s.process.signal(syscall.SIGTERM)
	require.Equal(s.t, 0, s.process.exitCode(s.t), "the daemon's exit code (66: a data race)\n%s", tail(s.log()))
	s.isUnharmed()
}

// isUnharmed fails the test if the daemon reported a panic or a data race.
func (s *server) isUnharmed() {
	s.t.Helper()
	for _, harm := range []string{"panic", "goroutine ", "DATA RACE", "fatal error"} {
		if log := s.log(); strings.Contains(log, harm) {
			s.t.Fatalf("the server's log contains %q:\n%s", harm, tail(log[strings.Index(log, harm):]))
		}
	}
}

func (s *server) greeting() string { return s.process.stdout.String() }

func (s *server) log() string { return s.earlier + s.process.stderr.String() }

// logs waits until the server's log contains a text.
func (s *server) logs(text string) {
	s.t.Helper()
	await(s.t, func() bool { return strings.Contains(s.log(), text) }, "%q in the server's log", text)
}

// fingerprint returns the SHA-256 of the server's certificate from its greeting, in the form AB:CD:...
func (s *server) fingerprint() string {
	s.t.Helper()
	found := regexp.MustCompile(`(?m)^\s*((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$`).FindStringSubmatch(s.greeting())
	require.NotNil(s.t, found, "the greeting contains no fingerprint:\n%s", s.greeting())
	return found[1]
}

// certificate returns the certificate that the server shows.
func (s *server) certificate() *x509.Certificate {
	s.t.Helper()
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", s.tls, &tls.Config{InsecureSkipVerify: true})
	require.NoError(s.t, err)
	defer func() { _ = c.Close() }()
	return c.ConnectionState().PeerCertificates[0]
}

// trust returns the TLS configuration with which a client can verify the server's certificate.
func (s *server) trust() *tls.Config {
	s.t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(s.certificate())
	return &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
}

// certificateFile writes the server's certificate to a file for clients, and returns its path.
func (s *server) certificateFile() string {
	s.t.Helper()
	path := filepath.Join(s.dir, "seen.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.certificate().Raw})
	require.NoError(s.t, os.WriteFile(path, text, 0o600))
	return path
}

// raceOptions keeps a program with the race detector from sleeping for a second before it exits.
const raceOptions = "GORACE=atexit_sleep_ms=0"

// run runs the daemon's program with these arguments, and returns its exit code and output.
func run(t *testing.T, dir, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, ircd, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, environment(dir, raceOptions), strings.NewReader(stdin)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatalf("ircd %v: %v", args, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

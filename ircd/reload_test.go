package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/config"
	"bavard/transport"
)

func TestReloadTakesOver(t *testing.T) {
	r := serve(t, fileOf(plainListener, "[log]\nlevel = \"info\""))
	c := r.dial("tcp", r.address("127.0.0.1:0"))
	c.echoes()
	address := r.address("127.0.0.1:0")
	need, err := r.rewrite(fileOf(plainListener, tlsListener, "[server]\nmotd = \"new\"\ncasemapping = \"rfc1459\"", "[storage]\npath = \"elsewhere\"", "[log]\nlevel = \"debug\""))
	require.NoError(t, err)
	require.Equal(t, []string{"server.casemapping", "storage.path"}, need)
	require.Len(t, r.engine.reloaded, 1)
	next := r.engine.reloaded[0]
	require.Equal(t, "new", next.Server.MOTD)
	require.Equal(t, config.CasemappingASCII, next.Server.Casemapping, "options that need a restart keep their values")
	require.NoDirExists(t, filepath.Join(filepath.Dir(r.path), "elsewhere"))
	require.Equal(t, slog.LevelDebug, r.level.Level())

	c.echoes()
	require.Equal(t, address, r.address("127.0.0.1:0"), "a listener that stays is not reopened")
	secure, err := r.dialTLS(r.address("[::1]:0"), &tls.Config{})
	require.NoError(t, err)
	secure.echoes()

	// The next reload still reports the options that need a restart.
	need, err = r.reload()
	require.NoError(t, err)
	require.Equal(t, []string{"server.casemapping", "storage.path"}, need)

	// Removing a listener disconnects nobody.
	gone := r.address("127.0.0.1:0")
	_, err = r.rewrite(fileOf(tlsListener))
	require.NoError(t, err)
	_, err = net.Dial("tcp", gone)
	require.Error(t, err)
	c.echoes()
	secure.echoes()
}

// TestReloadWithoutTheFile checks that a file that is missing for a moment, for example while an editor saves it, does
// not make the server fall back to the built-in defaults, which let everyone in.
func TestReloadWithoutTheFile(t *testing.T) {
	r := serve(t, fileOf(plainListener))
	r.daemon.load = func() (*config.Config, error) { return config.Default(), nil }
	_, err := r.reload()
	require.ErrorContains(t, err, "no longer exists")
	require.Empty(t, r.engine.reloaded)
}

func TestReloadChangesNothingWhenAnythingIsWrong(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	busy := "[[listeners]]\naddress = \"" + taken.Addr().String() + "\""
	good := fileOf(plainListener, tlsListener)
	r := serve(t, good)
	plain, secure := r.address("127.0.0.1:0"), r.address("[::1]:0")
	before := fingerprint(r.certificate)

	for name, text := range map[string]string{
		"a mistake":              fileOf(plainListener, "[server]\nname = \"nodot\""),
		"a listener in use":      fileOf(busy, "[limits]\nclients = 1"),
		"the second one in use":  fileOf("[[listeners]]\naddress = \"127.0.0.2:0\"", busy, "[tls]\nminimum_version = \"1.3\""),
		"no certificate":         fileOf(tlsListener, "[tls]\ncertificate = \"gone\"\nkey = \"gone\""),
		"in place of the one on": fileOf("[[listeners]]\naddress = \"127.0.0.2:"+portOf(plain)+"\"", busy),
	} {
		_, err := r.rewrite(text)
		require.Error(t, err, name)
		require.Empty(t, r.engine.reloaded, name)
		require.Equal(t, secure, r.address("[::1]:0"), name)
		require.Len(t, r.listeners.active, 2, name)
		r.dial("tcp", r.address("127.0.0.1:0")).echoes()
		c, err := r.dialTLS(secure, &tls.Config{MaxVersion: tls.VersionTLS12})
		require.NoError(t, err, name)
		require.Equal(t, before, fingerprint(&tls.Certificate{Certificate: [][]byte{c.Conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw}}), name)
	}
	_, err = r.rewrite("[server]\nname = \"nodot\"\n")
	var problems config.Problems
	require.ErrorAs(t, err, &problems)
	require.Equal(t, 2, problems[0].Line)
}

func TestReloadOfTheCertificate(t *testing.T) {
	r := serve(t, fileOf(tlsListener))
	dial := func(settings *tls.Config) (*client, string) {
		c, err := r.dialTLS(r.address("[::1]:0"), settings)
		require.NoError(t, err)
		c.echoes()
		return c, fingerprint(&tls.Certificate{Certificate: [][]byte{c.Conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw}})
	}
	old, first := dial(&tls.Config{})

	other := settings(t)
	made, err := certificate(other)
	require.NoError(t, err)
	certificatePath, keyPath := certificatePaths(other.Storage.Path)
	address := r.address("[::1]:0")
	_, err = r.rewrite(fileOf(tlsListener, "[tls]\ncertificate = \""+certificatePath+"\"\nkey = \""+keyPath+"\"\nminimum_version = \"1.3\""))
	require.NoError(t, err)
	require.Equal(t, address, r.address("[::1]:0"), "the listener stays")
	_, second := dial(&tls.Config{})
	require.NotEqual(t, first, second)
	require.Equal(t, fingerprint(made), second)
	_, err = r.dialTLS(address, &tls.Config{MaxVersion: tls.VersionTLS12})
	require.Error(t, err, "1.2 is not accepted any more")
	old.echoes()

	// The paths are the same but the files are new: a reload uses the renewed certificate.
	require.NoError(t, os.Remove(certificatePath))
	require.NoError(t, os.Remove(keyPath))
	renewed, err := makeCertificate(certificatePath, keyPath, "irc.example.org")
	require.NoError(t, err)
	_, err = r.reload()
	require.NoError(t, err)
	_, third := dial(&tls.Config{})
	require.Equal(t, fingerprint(renewed), third)
}

// The server asks for a client certificate, which need not be signed by an authority.
func TestClientCertificate(t *testing.T) {
	r := serve(t, fileOf(tlsListener))
	pair, err := certificate(settings(t))
	require.NoError(t, err)
	c, err := r.dialTLS(r.address("[::1]:0"), &tls.Config{Certificates: []tls.Certificate{*pair}})
	require.NoError(t, err)
	c.echoes()
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	require.Len(t, r.engine.conns, 1)
	for conn := range r.engine.conns {
		require.Equal(t, strings.ToLower(strings.ReplaceAll(fingerprint(pair), ":", "")), conn.CertificateFingerprint())
	}
}

// quietPort returns a free port that the system does not choose for port 0, so that it stays free on every address
// while a test moves a listener between addresses.
func quietPort(t *testing.T) string {
	for range 100 {
		port := strconv.Itoa(20_000 + rand.IntN(10_000))
		if l, err := net.Listen("tcp", ":"+port); err == nil {
			require.NoError(t, l.Close())
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

// A reload can replace an address by a different one on the same port, and change a listener's kind.
func TestReloadInPlace(t *testing.T) {
	port := quietPort(t)
	r := serve(t, fileOf("[[listeners]]\naddress = \"127.0.0.1:"+port+"\""))
	c := r.dial("tcp", "127.0.0.1:"+port)
	c.echoes()
	for _, l := range []string{"127.0.0.1:", ":", "127.0.0.1:", "[::]:"} {
		_, err := r.rewrite(fileOf("[[listeners]]\naddress = \"" + l + port + "\""))
		require.NoError(t, err, l)
		r.dial("tcp", "127.0.0.1:"+port).echoes()
	}
	_, err := r.rewrite(fileOf("[[listeners]]\naddress = \"127.0.0.1:" + port + "\"\ntls = true"))
	require.NoError(t, err)
	secure, err := r.dialTLS("127.0.0.1:"+port, &tls.Config{})
	require.NoError(t, err)
	secure.echoes()
	c.echoes()

	sock := filepath.Join(filepath.Dir(r.path), "sock")
	for _, mode := range []os.FileMode{0o600, 0o666} {
		_, err = r.rewrite(fileOf("[[listeners]]\naddress = \"unix:sock\"\nmode = \"" + config.FileMode(mode).String() + "\""))
		require.NoError(t, err)
		info, err := os.Stat(sock)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm())
		r.dial("unix", sock).echoes()
	}
	c.echoes()
}

func TestReloadOfTheLimits(t *testing.T) {
	r := serve(t, fileOf(plainListener))
	address := r.address("127.0.0.1:0")
	c := r.dial("tcp", address)
	c.echoes()
	_, err := r.rewrite(fileOf(plainListener, "[limits]\nclients = 1"))
	require.NoError(t, err)
	refused := r.dial("tcp", address)
	require.Equal(t, "ERROR :Closing link: this server is full, try again later", refused.line())
	_, err = refused.in.ReadByte()
	require.ErrorIs(t, err, io.EOF)
	c.echoes()

	_, err = r.rewrite(fileOf(plainListener, "[limits]\nexempt = []\nconnections_per_address = 1\nconnection_rate = 0"))
	require.NoError(t, err)
	counted := r.dial("tcp", address) // c connected while its address was exempt
	counted.echoes()
	require.Equal(t, "ERROR :Closing link: too many connections from your address", r.dial("tcp", address).line())

	_, err = r.rewrite(fileOf(plainListener, "[limits]\nexempt = []\nconnections_per_address = 0\nconnection_rate = 1"))
	require.NoError(t, err)
	r.dial("tcp", address).echoes()
	require.Equal(t, "ERROR :Closing link: you are connecting too fast, wait a minute", r.dial("tcp", address).line())
}

func TestWhyEnded(t *testing.T) {
	for err, want := range map[error]string{
		transport.ErrSendQueue:    "SendQ exceeded",
		transport.ErrReceiveQueue: "Excess Flood",
		os.ErrDeadlineExceeded:    "Connection timed out",
		io.EOF:                    "",
		errors.New("x"):           "",
	} {
		require.Equal(t, want, whyEnded(err), err)
	}
	require.Equal(t, "ERROR :Closing link: this server is shutting down\r\n", string(reject(transport.ErrShutdown)))
	require.Equal(t, "ERROR :Closing link: Excess Flood\r\n", string(farewell(transport.ErrReceiveQueue)))
	require.Equal(t, "ERROR :Closing link: Internal error\r\n", string(farewell(fmt.Errorf("%w: x", transport.ErrPanic))))
	require.Nil(t, farewell(io.EOF))
	require.Nil(t, farewell(nil))
}

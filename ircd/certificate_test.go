package main

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/config"
)

// settings returns the default configuration with a storage directory of its own, which exists.
func settings(t *testing.T) *config.Config {
	cfg := config.Default()
	cfg.Storage.Path = filepath.Join(t.TempDir(), "data")
	require.NoError(t, makeFolder(cfg.Storage.Path))
	return cfg
}

func TestSelfSignedCertificate(t *testing.T) {
	cfg := settings(t)
	cfg.Server.Name = "irc.example.org"
	pair, err := certificate(cfg)
	require.NoError(t, err)

	roots := x509.NewCertPool()
	roots.AddCert(pair.Leaf)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "irc.example.org"} {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name})
		require.NoError(t, err, name)
	}
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "elsewhere.example.org"})
	require.Error(t, err)
	require.True(t, expiry(pair).After(time.Now().AddDate(9, 11, 0)))
	require.True(t, pair.Leaf.NotBefore.Before(time.Now().Add(-time.Hour)), "it is valid for clients whose clocks are slow")

	again, err := certificate(cfg)
	require.NoError(t, err)
	require.Equal(t, fingerprint(pair), fingerprint(again), "the certificate is kept")
	require.Regexp(t, `^([0-9A-F]{2}:){31}[0-9A-F]{2}$`, fingerprint(pair))

	_, keyPath := certificatePaths(cfg.Storage.Path)
	info, err := os.Stat(keyPath)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestCertificateThatCannotBeUsed(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, certificatePath, keyPath string){
		"the key is gone":         func(t *testing.T, _, key string) { require.NoError(t, os.Remove(key)) },
		"the certificate is gone": func(t *testing.T, certificate, _ string) { require.NoError(t, os.Remove(certificate)) },
		"the certificate is text": func(t *testing.T, certificate, _ string) {
			require.NoError(t, os.WriteFile(certificate, []byte("hello"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := settings(t)
			_, err := certificate(cfg)
			require.NoError(t, err)
			certificatePath, keyPath := certificatePaths(cfg.Storage.Path)
			spoil(t, certificatePath, keyPath)
			before := contents(t, cfg.Storage.Path)
			_, err = certificate(cfg)
			require.ErrorContains(t, err, certificatePath)
			require.NotContains(t, err.Error(), "\n", "one clear line")
			require.Equal(t, before, contents(t, cfg.Storage.Path), "existing files are never overwritten")
		})
	}
}

func TestCertificateThatCannotBeWritten(t *testing.T) {
	cfg := settings(t)
	certificatePath, _ := certificatePaths(cfg.Storage.Path)
	require.NoError(t, os.RemoveAll(cfg.Storage.Path))
	_, err := certificate(cfg)
	require.ErrorContains(t, err, "it does not exist")

	// If the second file cannot be written, the first must be removed, or no later start could create the certificate.
	require.NoError(t, makeFolder(cfg.Storage.Path))
	_, keyPath := certificatePaths(cfg.Storage.Path)
	_, err = makeCertificate(filepath.Join(certificatePath, "in", "no", "folder"), keyPath, "irc.localhost")
	require.Error(t, err)
	require.Empty(t, contents(t, cfg.Storage.Path))
}

func TestConfiguredCertificate(t *testing.T) {
	cfg := settings(t)
	other := settings(t)
	made, err := certificate(other)
	require.NoError(t, err)
	cfg.TLS.Certificate, cfg.TLS.Key = certificatePaths(other.Storage.Path)
	used, err := certificate(cfg)
	require.NoError(t, err)
	require.Equal(t, fingerprint(made), fingerprint(used))
	require.Empty(t, contents(t, cfg.Storage.Path), "no self-signed certificate is created")

	cfg.TLS.Key = filepath.Join(cfg.Storage.Path, "gone")
	_, err = certificate(cfg)
	require.ErrorContains(t, err, "it does not exist")
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, makeFolder(filepath.Join(dir, "a", "b")))
	info, err := os.Stat(filepath.Join(dir, "a", "b"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	file := filepath.Join(dir, "file")
	require.NoError(t, writeNew(file, []byte("x"), 0o600))
	require.ErrorContains(t, makeFolder(file), "not a directory")
	require.ErrorContains(t, writeNew(file, []byte("y"), 0o600), "it already exists")
	require.Equal(t, map[string]string{file: "x"}, contents(t, dir))
}

func TestPlainErrors(t *testing.T) {
	for err, want := range map[error]string{
		&os.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}:        "it does not exist",
		&os.PathError{Op: "open", Path: "x", Err: syscall.EACCES}:        "permission denied",
		os.NewSyscallError("bind", syscall.EADDRINUSE):                   "the address is in use; is another server running?",
		os.NewSyscallError("bind", syscall.EADDRNOTAVAIL):                "this machine does not have that address",
		&os.PathError{Op: "write", Path: "x", Err: syscall.ENAMETOOLONG}: "file name too long",
	} {
		require.EqualError(t, plain(err), want)
		require.ErrorIs(t, plain(err), err)
	}
}

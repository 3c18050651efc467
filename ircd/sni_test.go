package main

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestServerNames checks that each name gets its certificate, that unknown names get the standard one, and that a
// reload replaces them all.
func TestServerNames(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) (string, string) {
		return filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	}
	made := map[string]string{}
	section := func(name, names string) string {
		certificatePath, keyPath := file(name)
		_ = os.Remove(certificatePath)
		_ = os.Remove(keyPath)
		pair, err := makeCertificate(certificatePath, keyPath, name+".example")
		require.NoError(t, err)
		made[name] = fingerprint(pair)
		return "[[certificates]]\ncertificate = \"" + certificatePath + "\"\nkey = \"" + keyPath + "\"\n" + names
	}
	one, many := section("one", "names = [\"irc.one.example\"]"), section("many", "names = [\"*.one.example\", \"Many.example.\"]")
	r := serve(t, fileOf(tlsListener, one, many))
	address := r.address("[::1]:0")
	shown := func(name string) string {
		conn, err := tls.Dial("tcp", address, &tls.Config{ServerName: name, InsecureSkipVerify: true})
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		return fingerprint(&tls.Certificate{Certificate: [][]byte{conn.ConnectionState().PeerCertificates[0].Raw}})
	}
	standard := fingerprint(r.certificate)
	check := func() {
		t.Helper()
		for name, want := range map[string]string{
			"irc.one.example": made["one"], "IRC.one.example": made["one"], "other.one.example": made["many"], "many.example": made["many"],
			"one.example": standard, "a.b.one.example": standard, "elsewhere.example": standard, "": standard,
		} {
			require.Equal(t, want, shown(name), name)
		}
	}
	check()
	one = section("one", "names = [\"irc.one.example\"]")
	_, err := r.rewrite(fileOf(tlsListener, one, many))
	require.NoError(t, err)
	check()

	// If the file gives no names, the names in the certificate count.
	_, err = r.rewrite(fileOf(tlsListener, section("own", "")))
	require.NoError(t, err)
	require.Equal(t, made["own"], shown("own.example"))
	require.Equal(t, standard, shown("irc.one.example"))

	certificatePath, _ := file("own")
	require.NoError(t, os.WriteFile(certificatePath, []byte("nonsense"), 0o600))
	_, err = r.reload()
	require.ErrorContains(t, err, "certificates.certificate: cannot be used with its key")
	require.Equal(t, made["own"], shown("own.example"))
}

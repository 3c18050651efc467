package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const aHash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg"

func TestEmptyFileIsTheDefaults(t *testing.T) {
	dir := t.TempDir()
	cfg, err := Parse(filepath.Join(dir, "c.toml"), nil)
	require.NoError(t, err)
	require.Equal(t, dir, cfg.Dir)
	require.Equal(t, filepath.Join(dir, "bavard-data"), cfg.Storage.Path)
	cfg.File, cfg.Dir, cfg.Storage.Path = "", "", "bavard-data"
	require.Equal(t, Default(), cfg)
}

func TestDefaultsAreNotShared(t *testing.T) {
	Default().Limits.Exempt[0] = netip.MustParsePrefix("192.0.2.0/24")
	Default().Listeners[0].Address = "changed"
	require.Equal(t, "127.0.0.0/8", Default().Limits.Exempt[0].String())
	require.Equal(t, "127.0.0.1:6667", Default().Listeners[0].Address)
}

// writeKeyPair writes a certificate and its key in PEM form.
func writeKeyPair(t *testing.T, certificatePath, keyPath string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(certificatePath, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600))
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(keyPath, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
}

func TestCertificates(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "c.toml")
	writeKeyPair(t, filepath.Join(dir, "a.pem"), filepath.Join(dir, "a.key"))
	writeKeyPair(t, filepath.Join(dir, "b.pem"), filepath.Join(dir, "b.key"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "text.pem"), []byte("hello\n"), 0o600))
	for files, want := range map[[2]string][]string{
		{"a.pem", "a.key"}:    nil,
		{"a.pem", "b.key"}:    {"2: tls.certificate: cannot be used with tls.key: private key does not match public key"},
		{"text.pem", "a.key"}: {"2: tls.certificate: cannot be used with tls.key: failed to find any PEM data in certificate input"},
		{"no.pem", "no.key"}:  {"2: tls.certificate: DIR/no.pem: there is no such file", "3: tls.key: DIR/no.key: there is no such file"},
		{".", "a.key"}:        {"2: tls.certificate: DIR: is a directory, not a file"},
	} {
		_, err := Parse(name, fmt.Appendf(nil, "[tls]\ncertificate = %q\nkey = %q\n", files[0], files[1]))
		if want == nil {
			require.NoError(t, err)
			continue
		}
		for i := range want {
			want[i] = name + ":" + strings.ReplaceAll(want[i], "DIR", dir)
		}
		require.EqualError(t, err, strings.Join(want, "\n"))
	}
}

func TestParse(t *testing.T) {
	dir := t.TempDir()
	keyPath := filepath.Join(t.TempDir(), "key.pem")
	writeKeyPair(t, filepath.Join(dir, "cert.pem"), keyPath)
	cfg, err := Parse(filepath.Join(dir, "c.toml"), []byte(`
listeners = [ { address = ":6667" }, { address = "unix:run/../bavard.sock", mode = "0600" }, { address = "[::1]:0", tls = true } ]
[server]
name = "irc.example.org"
motd = """
One
Two

"""
[tls]
certificate = "cert.pem"
key = "`+keyPath+`"
minimum_version = "1.3"
[limits]
send_queue = 65536
receive_queue = "32KiB"
ping_interval = "1m30s"
exempt = ["10.1.2.3", "192.0.2.77/24", "2001:db8::1"]
[users]
default_modes = "+iw"
[channels]
ranks = "vohaq"
hierarchy = "classic"
default_modes = "+nst"
autojoin = ["#Lobby", "#ops"]
rename_redirect = 0
[[opers]]
name = "alice"
password = "`+aHash+`"
[[opers]]
name = "bob"
password = "`+aHash+`"
hosts = ["*@192.0.2.*", "bob@*.example.org"]
`))
	require.NoError(t, err)
	require.Equal(t, []Listener{
		{Address: ":6667"},
		{Address: "unix:" + filepath.Join(dir, "bavard.sock"), Mode: 0o600},
		{Address: "[::1]:0", TLS: true},
	}, cfg.Listeners)
	path, ok := cfg.Listeners[1].UnixPath()
	require.True(t, ok)
	require.Equal(t, filepath.Join(dir, "bavard.sock"), path)
	_, ok = cfg.Listeners[0].UnixPath()
	require.False(t, ok)
	require.Equal(t, "One\nTwo", cfg.Server.MOTD)
	require.Equal(t, TLS{Certificate: filepath.Join(dir, "cert.pem"), Key: keyPath, MinimumVersion: "1.3"}, cfg.TLS)
	require.Equal(t, Size(65536), cfg.Limits.SendQueue)
	require.Equal(t, Size(32768), cfg.Limits.ReceiveQueue)
	require.Equal(t, Duration(90*time.Second), cfg.Limits.PingInterval)
	require.Equal(t, "[10.1.2.3/32 192.0.2.0/24 2001:db8::1/128]", fmt.Sprint(cfg.Limits.Exempt))
	require.Equal(t, "iw", cfg.Users.DefaultModes)
	require.Equal(t, Channels{Ranks: "qaohv", Hierarchy: HierarchyClassic, WhoGrants: GrantsFounder, DefaultModes: "nst", Autojoin: []string{"#Lobby", "#ops"}}, cfg.Channels)
	require.Equal(t, []string{"*@*"}, cfg.Opers[0].Hosts)
	require.Equal(t, aHash, string(cfg.Opers[1].Password))
	require.Equal(t, 30, cfg.Limits.NickLength, "an option that the file does not set keeps its default")
}

func TestSecretsAndMOTDFromFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	write("hash.txt", aHash+"\r\n")
	write("motd.txt", "Hello\r\nthere\n\n")
	cfg, err := Load(write("c.toml", "[server]\npassword_file = \"hash.txt\"\nmotd_file = \"motd.txt\"\n[[opers]]\nname = \"a\"\npassword_file = \"./hash.txt\"\n"))
	require.NoError(t, err)
	require.Equal(t, aHash, string(cfg.Server.Password))
	require.Equal(t, aHash, string(cfg.Opers[0].Password))
	require.Equal(t, "Hello\nthere", cfg.Server.MOTD)

	write("clear.txt", "hunter2\n")
	write("empty.txt", "\n")
	write("large.txt", strings.Repeat("x", maxSecretBytes+1))
	write("binary.txt", "a\x00b")
	_, err = Load(write("bad.toml", `[server]
password_file = "clear.txt"
motd_file = "binary.txt"
[[opers]]
name = "a"
password_file = "empty.txt"
[[opers]]
name = "b"
password_file = "large.txt"
[[opers]]
name = "c"
password_file = "missing.txt"
[[opers]]
name = "d"
password = "`+aHash+`"
password_file = "hash.txt"
`))
	bad := filepath.Join(dir, "bad.toml")
	require.EqualError(t, err, strings.ReplaceAll(strings.ReplaceAll(`BAD:2: server.password_file: DIR/clear.txt: must be an argon2id hash, not the password itself; make one with 'bavard hash'
BAD:3: server.motd_file: DIR/binary.txt: must be UTF-8 text without NUL bytes
BAD:6: opers.password_file: DIR/empty.txt: is empty
BAD:9: opers.password_file: DIR/large.txt: is too large: the limit is 4KiB
BAD:12: opers.password_file: DIR/missing.txt: there is no such file
BAD:16: opers.password_file: set password or password_file, not both`, "BAD", bad), "DIR", dir))
	require.NotContains(t, err.Error(), "hunter2")
}

func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	unreadable := write("unreadable.toml", "")
	require.NoError(t, os.Chmod(unreadable, 0))
	cases := map[string]string{
		dir:                                 "is a directory, not a file",
		filepath.Join(dir, "missing.toml"):  "there is no such file",
		filepath.Join(dir, "c.toml", "x"):   "there is no such file",
		filepath.Join(unreadable, "x"):      "there is no such file",
		"/dev/null":                         "is not a regular file",
		write("binary.toml", "a = 1\n\x00"): "is not a text file: it contains a NUL byte",
		write("latin.toml", "# caf\xe9\n"):  "is not UTF-8 text",
		write("huge.toml", strings.Repeat("#", maxFileBytes+1)): "is too large: the limit is 1MiB",
	}
	if os.Geteuid() != 0 {
		cases[unreadable] = "cannot be read by this user (permission denied)"
	}
	for path, want := range cases {
		_, err := Load(path)
		var problems Problems
		require.ErrorAs(t, err, &problems)
		require.Len(t, problems, 1, "one clear line")
		require.Equal(t, want, problems[0].Text)
		require.True(t, strings.HasPrefix(err.Error(), path), err)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := Load(filepath.Join(dir, "binary.toml"))
	require.EqualError(t, err, filepath.Join(dir, "binary.toml")+":2: is not a text file: it contains a NUL byte")
}

func TestCloakKeyFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "key")
	text := "[hosts]\ncloak_key_file = \"key\"\ncloak_suffix = \"%s\"\n"
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("0a", 16)+"\n"), 0o600))
	cfg, err := Parse(filepath.Join(dir, "config.toml"), []byte(fmt.Sprintf(text, "users")))
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("\n", 16), string(cfg.Hosts.CloakKey))
	require.NotContains(t, fmt.Sprintf("%v %+v %s", cfg.Hosts, cfg.Hosts, cfg.Hosts.CloakKey), "\n")
	for _, bad := range []string{"", "0a0a", strings.Repeat("xy", 16)} {
		require.NoError(t, os.WriteFile(file, []byte(bad), 0o600))
		_, err = Parse(filepath.Join(dir, "config.toml"), []byte(fmt.Sprintf(text, "a.b")))
		require.ErrorContains(t, err, "hosts.cloak_suffix: can contain only")
		require.ErrorContains(t, err, "at least 32 hexadecimal digits")
	}
}

package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSampleFileIsUpToDate(t *testing.T) {
	text, err := os.ReadFile("../config.toml")
	require.NoError(t, err)
	require.Equal(t, string(Sample()), string(text), "run: go generate ./config")
}

func TestSampleSaysTheDefaults(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	require.NoError(t, os.WriteFile(path, Sample(), 0o600))
	cfg, err := Load(path)
	require.NoError(t, err)
	want := Default()
	want.File, want.Dir = path, dir
	want.Storage.Path = filepath.Join(dir, "bavard-data")
	require.Equal(t, want, cfg)
}

// The commented-out lines of the sample must also be valid once the # is removed.
func TestSampleExamplesAreOptions(t *testing.T) {
	option := regexp.MustCompile(`(?m)^#(\[|[a-z_0-9]+ = )`)
	text := option.ReplaceAllString(string(Sample()), "$1")
	require.NotEqual(t, string(Sample()), text)
	_, err := Parse(filepath.Join(t.TempDir(), "config.toml"), []byte(text))
	var problems Problems
	require.ErrorAs(t, err, &problems)
	var keys []string
	for _, p := range problems {
		keys = append(keys, p.Key)
	}
	// Some examples exclude each other: the two ways to set a secret, and options for different kinds of listeners. The
	// example certificate does not exist.
	require.Equal(t, []string{"server.password_file", "server.motd_file", "server.rules_file", "server.oper_motd_file", "listeners.mode", "listeners.proxy_from", "listeners.path", "listeners.origins", "listeners.trusted_proxies", "tls.certificate", "tls.key", "certificates.certificate", "certificates.key", "hosts.cloak_key_file", "webirc.password_file", "opers.password_file"}, keys, "%v", err)
}

func TestSampleNamesEveryOption(t *testing.T) {
	text := string(Sample())
	for _, o := range Options() {
		section, name, _ := strings.Cut(o.Key, ".")
		require.Contains(t, text, "["+section+"]")
		require.Regexp(t, `(?m)^#?`+name+` = `, text)
	}
	for line := range strings.Lines(text) {
		require.LessOrEqual(t, len(line), sampleColumns+1, line)
	}
}

func TestOptions(t *testing.T) {
	seen := map[string]Option{}
	for _, o := range Options() {
		require.NotContains(t, seen, o.Key)
		require.True(t, strings.HasSuffix(o.Doc, "."), "%s: an explanation is a sentence", o.Key)
		require.NotEmpty(t, o.Type)
		seen[o.Key] = o
	}
	require.Equal(t, "30", seen["limits.nick_length"].Default)
	require.Equal(t, "64", seen["limits.nick_length"].Max)
	require.Equal(t, `"1MiB"`, seen["limits.send_queue"].Default)
	require.Equal(t, `["127.0.0.0/8", "::1/128"]`, seen["limits.exempt"].Default)
	require.Equal(t, []string{"founder", "classic"}, seen["channels.hierarchy"].Choices)
	require.True(t, seen["storage.path"].Restart)
	require.False(t, seen["server.motd"].Restart)
	require.Equal(t, "secret", seen["opers.password"].Type)
	require.Empty(t, seen["opers.password"].Default)
}

func TestRestartAndCarry(t *testing.T) {
	old, next := Default(), Default()
	require.Empty(t, Restart(old, next))

	next.Server.Casemapping = CasemappingRFC1459
	next.Storage.Path = "/elsewhere"
	next.Server.UTF8Only = false
	next.Server.MOTD = "new"
	next.Limits.NickLength = 9
	require.Equal(t, []string{"server.casemapping", "server.utf8_only", "storage.path"}, Restart(old, next))

	carried := Carry(old, next)
	require.Equal(t, CasemappingASCII, carried.Server.Casemapping)
	require.Equal(t, old.Storage.Path, carried.Storage.Path)
	require.True(t, carried.Server.UTF8Only, "what is in memory may be no UTF-8, or it is promised that all is")
	require.Equal(t, "new", carried.Server.MOTD)
	require.Equal(t, 9, carried.Limits.NickLength)
	require.Empty(t, Restart(old, carried))
	require.Equal(t, CasemappingRFC1459, next.Server.Casemapping, "Carry does not change its arguments")
}

package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"flag"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/stretchr/testify/require"
)

var someSetting = setting{
	plain: netip.MustParseAddrPort("127.0.0.1:4001"), secure: netip.MustParseAddrPort("127.0.0.1:4002"),
	certificate: "/own/c.pem", key: "/own/k.pem", dir: "/own/dir",
}

func TestBavardConfig(t *testing.T) {
	var c struct {
		Listeners []struct {
			Address string
			TLS     bool
		}
		TLS     struct{ Certificate, Key string }
		Storage struct{ Path string }
		Limits  struct {
			PerAddress *int `toml:"connections_per_address"`
			Rate       *int `toml:"connection_rate"`
		}
		Flood struct{ Enabled *bool }
	}
	_, err := toml.Decode(bavardConfig(someSetting), &c)
	require.NoError(t, err)
	require.Len(t, c.Listeners, 2)
	require.Equal(t, "127.0.0.1:4001", c.Listeners[0].Address)
	require.False(t, c.Listeners[0].TLS)
	require.Equal(t, "127.0.0.1:4002", c.Listeners[1].Address)
	require.True(t, c.Listeners[1].TLS)
	require.Equal(t, "/own/c.pem", c.TLS.Certificate)
	require.Equal(t, "/own/k.pem", c.TLS.Key)
	require.Equal(t, "/own/dir", c.Storage.Path)
	zero, off := 0, false
	require.Equal(t, &zero, c.Limits.PerAddress)
	require.Equal(t, &zero, c.Limits.Rate)
	require.Equal(t, &off, c.Flood.Enabled)
}

func TestInspIRCdConfig(t *testing.T) {
	text := inspircdConfig(someSetting)
	for _, part := range []string{
		`<bind address="127.0.0.1" port="4001" type="clients">`,
		`<bind address="127.0.0.1" port="4002" type="clients" sslprofile="bench">`,
		`certfile="/own/c.pem" keyfile="/own/k.pem"`,
		`fakelag="no"`, `target="/own/dir/inspircd.log"`, `<server name="irc.bench.test"`,
	} {
		require.Contains(t, text, part)
	}
	require.NotRegexp(t, `\b(NAME|PLAIN|SECURE|CERTIFICATE|KEY|DIR)\b`, text, "all has been filled in")
	require.Equal(t, strings.Count(text, "<"), strings.Count(text, ">"))
	require.Zero(t, strings.Count(text, `"`)%2)
}

func TestCertificate(t *testing.T) {
	certificate, key, err := writeCertificate(t.TempDir())
	require.NoError(t, err)
	pair, err := tls.LoadX509KeyPair(certificate, key)
	require.NoError(t, err)
	require.NoError(t, pair.Leaf.VerifyHostname(serverName))
	require.True(t, pair.Leaf.NotBefore.Before(time.Now()))

	_, _, err = writeCertificate(filepath.Join(t.TempDir(), "missing"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestScenarios(t *testing.T) {
	names := make(map[string]bool)
	for _, sc := range scenarios() {
		require.False(t, names[sc.name], "two rows are called %s", sc.name)
		names[sc.name] = true
		whole, err := sc.withClients(0)
		require.NoError(t, err)
		require.Zero(t, whole.clients%whole.group)
		require.NotNil(t, sc.measure)
		require.True(t, !sc.private || whole.group == 2, "a pair is two")
		require.LessOrEqual(t, whole.load.window*500, 64<<20, "the window fits into every queue, whatever the lines' length")
	}
	all, err := choose(everything)
	require.NoError(t, err)
	require.Len(t, all, len(names))
	some, err := choose("idle, big-channel")
	require.NoError(t, err)
	require.Equal(t, "big-channel", some[0].name)
	require.Equal(t, "idle", some[1].name)
	_, err = choose("big-channel,nothing")
	require.ErrorContains(t, err, `"nothing"`)
}

func TestNumberOfClients(t *testing.T) {
	sc := scenario{name: "x", clients: 100, group: 10}
	for n, want := range map[int]int{0: 100, 10: 10, 57: 50} {
		got, err := sc.withClients(n)
		require.NoError(t, err)
		require.Equal(t, want, got.clients)
	}
	_, err := sc.withClients(9)
	require.ErrorContains(t, err, "needs more clients than 9")
	got, err := scenario{clients: 100}.withClients(7)
	require.NoError(t, err)
	require.Equal(t, 7, got.group)
}

func TestArguments(t *testing.T) {
	var said bytes.Buffer
	o, err := parse(nil, &said)
	require.NoError(t, err)
	require.Equal(t, options{scenario: everything, servers: "bavard,inspircd,ngircd", seconds: 3, runs: 5, settle: 20 * time.Second}, o)
	for _, wrong := range [][]string{{"-runs", "0"}, {"-seconds", "0"}, {"-clients", "-1"}, {"-window", "9999"}, {"-settle", "2h"}, {"word"}, {"-unknown"}} {
		_, err := parse(wrong, &said)
		require.Error(t, err, wrong)
	}
	said.Reset()
	_, err = parse([]string{"--help"}, &said)
	require.ErrorIs(t, err, flag.ErrHelp)
	for _, sc := range scenarios() {
		require.Contains(t, said.String(), sc.title)
	}
}

func TestContestants(t *testing.T) {
	program := filepath.Join(t.TempDir(), "ircd")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700))
	list, err := contestantsOf(t.Context(), "old="+program, t.TempDir(), func(error) {})
	require.NoError(t, err)
	require.Equal(t, "old", list[0].name)
	require.Equal(t, program, list[0].program)
	require.Equal(t, []string{"run", "--config", "f"}, list[0].arguments("f"))
	for _, wrong := range []string{"", "bavard,,x", "unknown", "old=" + program + "-missing"} {
		_, err := contestantsOf(t.Context(), wrong, t.TempDir(), func(error) {})
		require.Error(t, err, wrong)
	}
}

func TestNgIRCdConfig(t *testing.T) {
	text := ngircdConfig(someSetting)
	for _, part := range []string{
		"\nPorts = 4001\n", "\nPorts = 4002\n", "\nCertFile = /own/c.pem\n", "\nKeyFile = /own/k.pem\n", "\nMaxPenaltyTime = 0\n",
		"\nMotdFile = /own/dir/none\n", "\nName = irc.bench.test\n",
	} {
		require.Contains(t, text, part)
	}
	require.NotContains(t, text, "%!")
}

func TestMissingPeer(t *testing.T) {
	before := systemFolders
	t.Cleanup(func() { systemFolders = before })
	systemFolders = []string{t.TempDir()}
	t.Setenv("PATH", t.TempDir())
	program := filepath.Join(t.TempDir(), "ircd")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700))
	var told error
	list, err := contestantsOf(t.Context(), "inspircd,old="+program, t.TempDir(), func(err error) { told = err })
	require.NoError(t, err)
	require.Len(t, list, 1, "it goes on with this daemon alone")
	require.ErrorContains(t, told, "apt-get install inspircd")

	for _, p := range peers {
		path := filepath.Join(systemFolders[0], p.name)
		require.NoError(t, os.WriteFile(path, nil, 0o700))
		found, err := p.find()
		require.NoError(t, err)
		require.Equal(t, path, found)
		require.True(t, isPeer(p.name))
		list, err := contestantsOf(t.Context(), p.name, t.TempDir(), nil)
		require.NoError(t, err)
		require.Equal(t, path, list[0].program)
		require.NotEmpty(t, list[0].configure(someSetting))
	}
	require.False(t, isPeer(nameBavard))
	require.Equal(t, []string{"--nodaemon", "--passive", "--config", "f"}, ngircdArguments("f"))
	require.Equal(t, []string{"--nofork", "--nopid", "--config=f"}, inspircdArguments("f")[:3])
}

func TestServerThatEndsAtOnce(t *testing.T) {
	shell, err := exec.LookPath("sh")
	require.NoError(t, err)
	c := contestant{
		name: "broken", program: shell,
		configure: func(setting) string { return "echo the port is taken; exit 3\n" },
		arguments: func(file string) []string { return []string{file} },
	}
	_, err = launch(t.Context(), c, t.TempDir(), "", "")
	require.ErrorContains(t, err, "broken ended at once")
	require.ErrorContains(t, err, "the port is taken")
}

func TestStoppingAServer(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	require.NoError(t, cmd.Start())
	s := &server{contestant: contestant{name: "sleeper"}, cmd: cmd, pid: cmd.Process.Pid, output: new(tail), ended: make(chan struct{})}
	go func() { // ends with the process
		defer close(s.ended)
		_ = cmd.Wait()
	}()
	require.NoError(t, s.alive())
	s.stop()
	require.ErrorContains(t, s.alive(), "signal: terminated")
	s.stop() // a second call does nothing
}

func TestTailOfOutput(t *testing.T) {
	var o tail
	for range 3 * tailBytes {
		n, err := o.Write([]byte("ab"))
		require.NoError(t, err)
		require.Equal(t, 2, n)
	}
	_, err := o.Write([]byte("end\n"))
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(o.String(), "abend"))
	require.Less(t, len(o.String()), tailBytes)
}

func TestTables(t *testing.T) {
	one := func(delivered int64, nanoseconds int64) *slice {
		s := &slice{delivered: delivered, elapsed: time.Second, server: usage{nanoseconds: nanoseconds, user: 1, system: 3}}
		s.latency.add(lowest(stepOf(2e6)) + 1)
		return s
	}
	results := []result{
		{"bavard", []*slice{one(1000, 3e6), one(1000, 9e6), one(1000, 4e6)}},
		{nameInspIRCd, []*slice{one(2000, 4e6), one(500, 1e6), one(1000, 4e6)}},
	}
	var out bytes.Buffer
	printTalk(&out, scenario{name: "x", title: "talk", clients: 7}, results, time.Second)
	require.Contains(t, out.String(), "x: talk; 7 clients, 3 x 1s each")
	require.Regexp(t, `bavard +1000 +4\.00 +\(3\.00-9\.00\) +25% +2\.00 +2\.00 +0 `, out.String())
	require.Contains(t, out.String(), "bavard / inspircd: CPU per line 1.50 (1.00-4.50), lines/s 1.00 (0.50-2.00)\n")

	results[1].slices[0].lost = 7
	out.Reset()
	printBurst(&out, scenario{name: "y", title: "crowd", clients: 1000}, results)
	require.Contains(t, out.String(), "y: crowd; 1000 clients, 3 times")
	require.Regexp(t, `bavard +0\.00 +4 +\(3-9\) +25% +1\.00 +0\.0 `, out.String())
	require.Contains(t, out.String(), "bavard / inspircd: CPU 1.50 (1.00-4.50), speed 1.00 (0.50-2.00); not comparable: 7 lost\n")

	out.Reset()
	printTalk(&out, scenario{}, results[:1], time.Second)
	require.NotContains(t, out.String(), " / ", "nothing to compare with")

	out.Reset()
	printIdle(&out, scenario{name: "g", title: "idle", clients: 1024}, []rest{
		{"bavard", 1024, footprint{10 << 20, 9 << 20}, footprint{20 << 20, 18 << 20}, footprint{18 << 20, 15 << 20}, 1024e4, 5e6},
		{nameInspIRCd, 1024, footprint{10 << 20, 9 << 20}, footprint{12 << 20, 10 << 20}, footprint{12 << 20, 10 << 20}, 512e4, 0},
	}, time.Second)
	require.Regexp(t, `bavard +8\.00 +6\.00 +10\.00 +10\.0 +10 +5\.00`, out.String())
	require.Contains(t, out.String(), "bavard / inspircd: RSS per connection 4.00, CPU to connect 2.00\n")
}

func TestRunThatCannotBegin(t *testing.T) {
	var out bytes.Buffer
	require.Error(t, execute(t.Context(), []string{"-scenario", "x"}, &out, &out))
	require.Error(t, execute(t.Context(), []string{"-servers", "x"}, &out, &out))
	require.True(t, errors.Is(execute(t.Context(), []string{"-h"}, &out, &out), flag.ErrHelp))
}

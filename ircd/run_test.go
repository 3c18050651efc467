package main

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/accounts"
)

// program is "bavard run" as a user starts it, with the real commands, on a free port.
type program struct {
	t       *testing.T
	path    string
	signals chan os.Signal
	log     *safeBuffer
	exited  chan int
	address string
	// restarted receives a value when the program would restart itself.
	restarted chan struct{}
}

func launch(t *testing.T, text string) *program {
	path := filepath.Join(t.TempDir(), "config.toml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return launchAt(t, path)
}

// launchAt is launch with a configuration that exists.
func launchAt(t *testing.T, path string) *program {
	p := &program{t: t, path: path, signals: make(chan os.Signal), log: &safeBuffer{}, exited: make(chan int, 1), restarted: make(chan struct{}, 1)}
	out, stdout := io.Pipe()
	restart := func() error {
		p.restarted <- struct{}{}
		return nil
	}
	go func() { // ends with the signal that terminate sends
		code := execute([]string{"--config", p.path}, environment{stdout: stdout, stderr: p.log, signals: p.signals, restart: restart})
		stdout.Close()
		p.exited <- code
	}()
	greeting := bufio.NewScanner(out)
	address := regexp.MustCompile(`irssi -c (\S+) -p (\d+)`)
	for p.address == "" {
		require.True(t, greeting.Scan(), "the greeting tells where to connect: %s", p.log)
		if found := address.FindStringSubmatch(greeting.Text()); found != nil {
			p.address = net.JoinHostPort(found[1], found[2])
		}
	}
	go io.Copy(io.Discard, out) // ends when the program closes its output
	return p
}

func (p *program) rewrite(text string) {
	require.NoError(p.t, os.WriteFile(p.path, []byte(text), 0o600))
}

func (p *program) terminate() {
	p.signals <- syscall.SIGTERM
	p.ended()
}

// ended waits for the program to end, and requires exit code 0.
func (p *program) ended() {
	select {
	case code := <-p.exited:
		require.Equal(p.t, exitOK, code)
	case <-time.After(patience):
		require.FailNow(p.t, "the program does not end", p.log.String())
	}
}

func (p *program) connect(password, nick string) *client {
	conn, err := net.DialTimeout("tcp", p.address, patience)
	require.NoError(p.t, err)
	c := newClient(p.t, conn)
	c.say("PASS "+password, "NICK "+nick, "USER "+nick+" 0 * :"+nick)
	c.until(" 001 " + nick)
	return c
}

func (c *client) say(lines ...string) {
	_, err := io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n")
	require.NoError(c.t, err)
}

// until reads lines until one contains the text, and returns it.
func (c *client) until(text string) string {
	c.t.Helper()
	for {
		if line := c.line(); strings.Contains(line, text) {
			return line
		}
	}
}

func TestRunWithTheCommands(t *testing.T) {
	serverHash, err := accounts.HashPassword("open-sesame")
	require.NoError(t, err)
	operHash, err := accounts.HashPassword("hunter2")
	require.NoError(t, err)
	file := func(more string) string {
		return plainListener + "\n[log]\nlevel = \"debug\"\n[[opers]]\nname = \"root\"\npassword = \"" + operHash + "\"\n[server]\npassword = \"" + serverHash + "\"\n" + more
	}
	p := launch(t, file("motd = \"first\"\n"))
	alice, bob := p.connect("open-sesame", "alice"), p.connect("open-sesame", "bob")
	alice.until("first")
	alice.say("JOIN #c")
	alice.until(" 366 ")
	bob.say("JOIN #c", "PRIVMSG #c :hello")
	alice.until("bob!bob@127.0.0.1 PRIVMSG #c :hello")

	bob.say("OPER root wrong")
	bob.until(" 464 ")
	bob.say("OPER root hunter2")
	bob.until(" 381 ")
	p.rewrite(file("motd = \"second\"\nnetwrok = \"x\"\n"))
	bob.say("REHASH")
	bob.until("did you mean network?")
	bob.say("MOTD")
	bob.until("first")
	p.rewrite(file("motd = \"second\"\ncasemapping = \"rfc1459\"\n"))
	bob.say("REHASH")
	bob.until("server.casemapping")
	bob.say("MOTD")
	bob.until("second")

	// A signal reloads too. Nobody is disconnected.
	p.rewrite(file("motd = \"third\"\n"))
	p.signals <- syscall.SIGHUP
	p.signals <- syscall.SIGHUP // received once the first reload is done
	alice.say("MOTD")
	alice.until("third")

	p.terminate()
	alice.until("ERROR :")
	bob.until("ERROR :")
	for _, secret := range []string{"open-sesame", "hunter2", operHash, serverHash} {
		require.NotContains(t, p.log.String(), secret)
	}
}

func TestRunSaysWhatIsInTheWay(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	path := filepath.Join(t.TempDir(), "config.toml")
	require.NoError(t, os.WriteFile(path, []byte("[[listeners]]\naddress = \""+taken.Addr().String()+"\"\n"), 0o600))
	r := ircd("", "run", "--config", path)
	require.Equal(t, ran{exitError, "", "bavard: cannot listen on " + taken.Addr().String() + ": the address is in use; is another server running?\n"}, r)
}

func TestRunWarnsOfFewFiles(t *testing.T) {
	p := launch(t, plainListener+"\n[limits]\nclients = 1000000\n[log]\nformat = \"json\"\n")
	p.terminate()
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	require.Equal(t, limit.Max, limit.Cur, "the limit is as high as the system allows")
	require.Equal(t, limit.Cur < 1000000+spareFiles, strings.Contains(p.log.String(), "limits.clients exceeds"))
	for line := range strings.Lines(p.log.String()) {
		require.True(t, strings.HasPrefix(line, `{"time":`), line)
	}
}

func TestDieEndsTheProgram(t *testing.T) {
	p, root := launchWithOper(t)
	root.say("DIE irc.localhost :enough")
	root.until("ERROR :Closing Link: 127.0.0.1 (root has ended the server: enough)")
	p.ended()
	require.Empty(t, p.restarted)
}

func TestRestart(t *testing.T) {
	p, root := launchWithOper(t)
	good, err := os.ReadFile(p.path)
	require.NoError(t, err)
	p.rewrite(string(good) + "nonsense = 1\n")
	root.say("RESTART irc.localhost")
	root.until("Nothing happens: ")
	p.rewrite(string(good))
	root.say("RESTART irc.localhost")
	root.until("ERROR :Closing Link: 127.0.0.1 (root has restarted the server)")
	p.ended()
	require.Len(t, p.restarted, 1)
}

func launchWithOper(t *testing.T, more ...string) (*program, *client) {
	hash, err := accounts.HashPassword("hunter2")
	require.NoError(t, err)
	p := launch(t, plainListener+"\n[[opers]]\nname = \"root\"\npassword = \""+hash+"\"\n"+strings.Join(more, ""))
	root := p.connect("", "root")
	root.say("OPER root hunter2")
	root.until(" 381 ")
	return p, root
}

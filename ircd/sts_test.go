package main

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSTS checks that clients without TLS are told the port, and clients with TLS the duration, depending on the name
// in their handshake. All are told when the policy changes.
func TestSTS(t *testing.T) {
	dir, port := t.TempDir(), quietPort(t)
	certificatePath, keyPath := filepath.Join(dir, "a.pem"), filepath.Join(dir, "a.key")
	_, err := makeCertificate(certificatePath, keyPath, "irc.example.org")
	require.NoError(t, err)
	file := func(sts string) string {
		return fileOf(plainListener, "[[listeners]]\naddress = \"127.0.0.1:"+port+"\"\ntls = true",
			"[tls]\ncertificate = \""+certificatePath+"\"\nkey = \""+keyPath+"\"", "[sts]\nhosts = [\"irc.example.org\"]\n"+sts)
	}
	p := launch(t, file("enabled = true\nduration = \"30d\""))
	plain, err := net.DialTimeout("tcp", p.address, patience)
	require.NoError(t, err)
	insecure := newClient(t, plain)
	dial := func(name string) *client {
		conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{ServerName: name, InsecureSkipVerify: true})
		require.NoError(t, err)
		return newClient(t, conn)
	}
	secure, other, nameless := dial("irc.example.org"), dial("other.example.org"), dial("")

	insecure.say("CAP LS 302")
	require.Contains(t, insecure.until("sts="), "sts=port="+port+" ")
	secure.say("CAP LS 302")
	require.Contains(t, secure.until("sts="), "sts=duration=2592000 ")
	for _, c := range []*client{other, nameless} {
		c.say("CAP LS 302", "PING end")
		for line := ""; line == "" || !pong(line); line = c.line() {
			require.NotContains(t, line, "sts")
		}
	}

	p.rewrite(file("enabled = true\nduration = \"1h\"\npreload = true"))
	p.signals <- syscall.SIGHUP
	require.Contains(t, secure.until(" NEW "), ":sts=duration=3600,preload")
	p.rewrite(file("enabled = false"))
	p.signals <- syscall.SIGHUP
	require.Contains(t, secure.until(" NEW "), ":sts=duration=0")
	p.terminate()
}

func pong(line string) bool { return len(line) > 4 && line[len(line)-4:] == ":end" }

package commands

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/wire"
)

// TestSaslChunks: what goes out in chunks comes in again, of every length around the edges.
// https://ircv3.net/specs/extensions/sasl-3.1#the-authenticate-command
func TestSaslChunks(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 298, 299, 300, 301, 599, 600, 601, 900, mostSASLBytes - 1, mostSASLBytes} {
		text := bytes.Repeat([]byte{0xfb}, n)
		chunks := saslChunks(text)
		require.Len(t, chunks, base64.StdEncoding.EncodedLen(n)/saslChunkBytes+1, "%d bytes", n)
		var r saslResponse
		for i, chunk := range chunks {
			response, whole, err := r.add(chunk)
			require.NoError(t, err, "%d bytes", n)
			require.Equal(t, i == len(chunks)-1, whole, "%d bytes", n)
			if whole {
				require.Equal(t, text, append([]byte{}, response...), "%d bytes", n)
			}
		}
		require.Empty(t, r.encoded)
	}
}

// TestSaslResponsesAreBounded: one byte too many is refused, and so is an endless one as soon as it is too long.
func TestSaslResponsesAreBounded(t *testing.T) {
	var r saslResponse
	chunks := saslChunks(make([]byte, mostSASLBytes+1))
	for i, chunk := range chunks {
		_, whole, err := r.add(chunk)
		require.False(t, whole)
		if i == len(chunks)-1 {
			require.ErrorIs(t, err, errResponseTooLong)
		} else {
			require.NoError(t, err)
		}
	}
	full := strings.Repeat("A", saslChunkBytes)
	for refused := false; !refused; {
		_, _, err := r.add(full)
		refused = err != nil
		require.LessOrEqual(t, len(r.encoded), base64.StdEncoding.EncodedLen(mostSASLBytes))
	}
	require.Empty(t, r.encoded)
	_, _, err := r.add(full + "A")
	require.ErrorIs(t, err, errChunkTooLong)
}

// TestTooLongIsToldApart checks that 905 is only for one parameter that is longer than a chunk. A response that is too
// long in valid chunks fails like any other mistake.
// https://ircv3.net/specs/extensions/sasl-3.1#numerics-used-by-this-extension
func TestTooLongIsToldApart(t *testing.T) {
	g := newStage(t, testConfig+"[accounts]\n")
	a := g.register("alice", connectOptions{caps: []string{"sasl"}})
	chunk := strings.Repeat("e", saslChunkBytes)
	login := func(line string, times int) string {
		g.say(a, "AUTHENTICATE PLAIN")
		a.take()
		for range times {
			require.Empty(t, a.take())
			g.say(a, "AUTHENTICATE "+line)
		}
		return strings.Join(a.take(), "\n")
	}
	chunks := base64.StdEncoding.EncodedLen(mostSASLBytes)/saslChunkBytes + 1
	require.Equal(t, ":irc.test 904 alice :SASL authentication failed: the response is longer than 16384 bytes", login(chunk, chunks))
	require.Equal(t, ":irc.test 905 alice :SASL message too long", login(chunk+"e", 1))
	require.Contains(t, login("AGFsaWNlAHdvbmRlcmxhbmQ=", 1), " 903 ")
}

// FuzzSaslChunks: whatever comes, it is what one would decode at once, or refused; and never more than there may be.
func FuzzSaslChunks(f *testing.F) {
	f.Add("AGFsaWNlAHdvbmRlcmxhbmQ=")
	f.Add(strings.Repeat("e", 400) + " +")
	f.Add(strings.Repeat("e", 400) + " " + strings.Repeat("f", 399) + "= + *")
	f.Add(strings.Repeat(strings.Repeat("A", 400)+" ", 56))
	f.Add("==== A AA AAA= \n")
	f.Fuzz(func(t *testing.T, text string) {
		var r saslResponse
		said := ""
		for _, chunk := range strings.Split(text, " ") {
			response, whole, err := r.add(chunk)
			if chunk != "+" {
				said += chunk
			}
			require.LessOrEqual(t, len(r.encoded), base64.StdEncoding.EncodedLen(mostSASLBytes))
			if !whole && err == nil {
				require.Len(t, chunk, saslChunkBytes)
				require.Equal(t, said, string(r.encoded))
				continue
			}
			want, wrong := base64.StdEncoding.Strict().DecodeString(said)
			if err == nil {
				require.NoError(t, wrong)
				require.Equal(t, want, response)
				require.LessOrEqual(t, len(response), mostSASLBytes)
			} else {
				require.True(t, wrong != nil || len(want) > mostSASLBytes || len(chunk) > saslChunkBytes, "%q: %v", said, err)
			}
			require.Empty(t, r.encoded)
			said = ""
		}
	})
}

// FuzzAuthenticate: whatever a client says, each line of it is answered by few lines, and nothing of it is logged.
func FuzzAuthenticate(f *testing.F) {
	f.Add("PLAIN AGFsaWNlAHdvbmRlcmxhbmQ= X-SIZES Mzk5 +")
	f.Add("PLAIN * EXTERNAL + PLAIN " + strings.Repeat("e", 400) + " +")
	f.Add("PLAIN AGJyb2tlbgB4 PLAIN AHN0YXJyZWQAeA== PLAIN AGxvY2tlZAB4 PLAIN AAA PLAIN AGEAYg== PLAIN AGEAYg==")
	f.Fuzz(func(t *testing.T, text string) {
		g := newStage(t, testConfig+"[accounts]\n")
		g.setMechanisms([]string{"PLAIN", "EXTERNAL", "X-SIZES"})
		a := g.open("a", "127.0.0.1", false, "")
		g.say(a, "CAP REQ :sasl")
		for i, word := range strings.Split(text, " ") {
			if i == 5 {
				g.say(a, "NICK a")
				g.say(a, "USER a 0 * :A")
				g.say(a, "CAP END")
			}
			if line := "AUTHENTICATE " + word; len(line) <= wire.MaxInputBytes && !a.conn.over {
				a.take()
				g.say(a, line)
				require.LessOrEqual(t, len(a.take()), 10)
			}
			if len(word) > 12 { // shorter ones may be in a log by chance
				require.NotContains(t, g.logged.String(), word)
			}
		}
		require.NotContains(t, g.logged.String(), "panic")
		g.requireReplay()
	})
}

// TestLoginsAreLoggedWithoutSecrets: who and how, and nothing of what he said.
func TestLoginsAreLoggedWithoutSecrets(t *testing.T) {
	g := newStage(t, testConfig+"[accounts]\n")
	a := g.open("a", "127.0.0.1", false, "")
	g.say(a, "CAP REQ :sasl")
	for _, payload := range []string{"\x00alice\x00wonderland", "\x00alice\x00sesame", "\x00broken\x00sesame", "\x00starred\x00sesame"} {
		g.say(a, "AUTHENTICATE PLAIN")
		g.say(a, "AUTHENTICATE "+base64.StdEncoding.EncodeToString([]byte(payload)))
	}
	g.say(a, "AUTHENTICATE PLAIN")
	g.say(a, "AUTHENTICATE sesame")
	log := g.logged.String()
	for _, want := range []string{`msg="logged in"`, "account=alice", "login failed", "the disk is full", "invalid account name"} {
		require.Contains(t, log, want)
	}
	for _, secret := range []string{"wonderland", "sesame", "broken", "starred", base64.StdEncoding.EncodeToString([]byte("\x00alice\x00sesame"))} {
		require.NotContains(t, log, secret)
	}
}

// TestNobodyLogsInWithoutAccounts: the capability is not there, and neither is a way round it.
func TestNobodyLogsInWithoutAccounts(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.open("a", "127.0.0.1", false, "")
	g.say(a, "CAP LS 302")
	require.NotContains(t, strings.Join(a.take(), "\n"), "sasl")
	g.say(a, "CAP REQ :sasl")
	g.say(a, "AUTHENTICATE PLAIN")
	require.Equal(t, []string{
		":irc.test CAP * NAK :sasl",
		":irc.test 904 * :SASL authentication failed: the sasl capability has not been negotiated",
	}, a.take())
	g.server.AccountsChanged()
	require.Empty(t, a.take())
}

// TestALoginIsOverWithItsTime: an exchange after the welcome asks to be looked at, and tells when it ends.
func TestALoginIsOverWithItsTime(t *testing.T) {
	g := newStage(t, testConfig+"[accounts]\n[limits]\nregistration_timeout = \"20s\"\n")
	a := g.register("alice", connectOptions{caps: []string{"sasl"}})
	before := a.client.Tick()
	require.Greater(t, before, 20*time.Second)
	g.say(a, "AUTHENTICATE PLAIN")
	require.Equal(t, 20*time.Second, a.client.Tick())
	g.now = g.now.Add(19 * time.Second)
	require.Equal(t, time.Second, a.client.Tick())
	g.now = g.now.Add(time.Second)
	a.take()
	require.Equal(t, before-20*time.Second, a.client.Tick())
	require.Equal(t, []string{":irc.test 904 alice :SASL authentication failed: it has taken too long"}, a.take())
}

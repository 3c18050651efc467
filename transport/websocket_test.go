package transport

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

func webSpec(t testing.TB, secure bool, ws WebSocket, o Options) Spec {
	o.WebSocket = &ws
	spec := Spec{Network: "tcp", Address: "127.0.0.1:0", Options: o}
	if secure {
		spec.TLS = serverConfig(t)
	}
	return spec
}

// dialWeb connects with a client library.
func (r *rig) dialWeb(t testing.TB, protocols ...string) (*websocket.Conn, *probe) {
	t.Helper()
	scheme := "ws"
	if r.listener.tls != nil {
		scheme = "wss"
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // a test certificate
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, scheme+"://"+r.listener.Addr().String()+"/", &websocket.DialOptions{Subprotocols: protocols, HTTPClient: client})
	require.NoError(t, err)
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn, r.session(t)
}

func deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	t.Cleanup(cancel)
	return ctx
}

// webPeer implements WebSocket by hand, so that it can break the protocol.
type webPeer struct {
	net.Conn
	in *bufio.Reader
}

const handshakeLines = "Host: irc.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// upgrade opens a WebSocket, with additional header lines and with data directly after the request.
func (r *rig) upgrade(t testing.TB, headers, behind string) (*webPeer, *probe) {
	t.Helper()
	conn := r.connect(t)
	if r.listener.tls != nil {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a test certificate
	}
	p := &webPeer{conn, bufio.NewReader(conn)}
	write(t, p, "GET /irc HTTP/1.1\r\n"+handshakeLines+headers+"\r\n"+behind)
	status, _ := p.response(t)
	require.Equal(t, http.StatusSwitchingProtocols, status)
	return p, r.session(t)
}

// response reads an HTTP response. One with status 101 has no body.
func (p *webPeer) response(t testing.TB) (status int, body string) {
	t.Helper()
	response, err := http.ReadResponse(p.in, nil)
	require.NoError(t, err)
	if response.StatusCode == http.StatusSwitchingProtocols {
		// https://www.rfc-editor.org/rfc/rfc6455#section-1.3
		require.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", response.Header.Get("Sec-WebSocket-Accept"))
		return response.StatusCode, ""
	}
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

// frame returns a masked frame.
func frame(first byte, payload string) string {
	mask := [4]byte{0x12, 0x34, 0x56, 0x78}
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return string(b)
}

// next reads a frame from the server.
func (p *webPeer) next(t testing.TB) (op byte, payload string) {
	t.Helper()
	op, payload, err := p.read()
	require.NoError(t, err)
	return op, payload
}

func (p *webPeer) read() (op byte, payload string, err error) {
	var head [8]byte
	if _, err = io.ReadFull(p.in, head[:2]); err != nil {
		return 0, "", err
	}
	if head[0]&0xF0 != 0x80 || head[1]&0x80 != 0 {
		return 0, "", fmt.Errorf("the frame begins with %x", head[:2])
	}
	op, n := head[0]&0x0F, int(head[1])
	switch n {
	case 126:
		if _, err = io.ReadFull(p.in, head[:2]); err != nil {
			return 0, "", err
		}
		n = int(binary.BigEndian.Uint16(head[:]))
	case 127:
		if _, err = io.ReadFull(p.in, head[:8]); err != nil {
			return 0, "", err
		}
		n = int(binary.BigEndian.Uint64(head[:]))
	}
	b := make([]byte, n)
	_, err = io.ReadFull(p.in, b)
	return op, string(b), err
}

// requireClosed requires a closing frame followed by the end of the connection.
func (p *webPeer) requireClosed(t testing.TB, status uint16, reason string) {
	t.Helper()
	op, payload := p.next(t)
	require.Equal(t, byte(opClose), op)
	if status == statusNoStatus {
		require.Empty(t, payload)
	} else {
		require.Equal(t, status, binary.BigEndian.Uint16([]byte(payload)))
		require.Equal(t, reason, payload[2:])
	}
	_, err := p.in.ReadByte()
	require.ErrorIs(t, err, io.EOF)
}

// TestWebSocket checks both subprotocols in the client's order of preference, with a client library, with and without
// TLS.
func TestWebSocket(t *testing.T) {
	for _, secure := range []bool{false, true} {
		r := newRig(t, Limits{}, webSpec(t, secure, WebSocket{}, Options{}), nil)
		for _, c := range []struct {
			offered []string
			agreed  string
			kind    websocket.MessageType
		}{
			{[]string{"text.ircv3.net"}, "text.ircv3.net", websocket.MessageText},
			{[]string{"binary.ircv3.net"}, "binary.ircv3.net", websocket.MessageBinary},
			{[]string{"text.ircv3.net", "binary.ircv3.net"}, "text.ircv3.net", websocket.MessageText},
			{[]string{"binary.ircv3.net", "text.ircv3.net"}, "binary.ircv3.net", websocket.MessageBinary},
			{[]string{"mqtt", "binary.ircv3.net"}, "binary.ircv3.net", websocket.MessageBinary},
			{[]string{"mqtt"}, "", websocket.MessageText},
			{nil, "", websocket.MessageText},
			{nil, "", websocket.MessageBinary},
		} {
			peer, p := r.dialWeb(t, c.offered...)
			require.Equal(t, c.agreed, peer.Subprotocol())
			require.Equal(t, secure, p.conn.Secure())
			require.True(t, p.conn.LocalAddr().IsValid())
			require.NoError(t, peer.Write(deadline(t), c.kind, []byte("NICK alice")))
			require.Equal(t, "line NICK alice", p.next(t))
			p.conn.Send([]byte(":irc.test 001 alice :Welcome\r\n:irc.test 002 alice :caf"))
			p.conn.SendPair([]byte("\xe9 \xc3\xa9\n"), []byte("PING x\r\n"))
			p.conn.Flush()
			cafe := ":irc.test 002 alice :caf\xe9 \xc3\xa9"
			if c.kind == websocket.MessageText {
				cafe = ":irc.test 002 alice :caf\uFFFD \xc3\xa9"
			}
			for _, want := range []string{":irc.test 001 alice :Welcome", cafe, "PING x"} {
				kind, got, err := peer.Read(deadline(t))
				require.NoError(t, err)
				require.Equal(t, c.kind, kind)
				require.Equal(t, want, string(got))
			}
			p.conn.Close([]byte("ERROR :bye\r\n"), errors.New("Quit: "+strings.Repeat("é", 100)))
			p.conn.Flush()
			_, got, err := peer.Read(deadline(t))
			require.NoError(t, err)
			require.Equal(t, "ERROR :bye", string(got))
			_, _, err = peer.Read(deadline(t))
			var closed websocket.CloseError
			require.ErrorAs(t, err, &closed)
			require.Equal(t, websocket.StatusNormalClosure, closed.Code)
			require.Equal(t, "Quit: "+strings.Repeat("é", 58), closed.Reason) // at most 123 bytes, and only whole characters
			p.reason(t)
		}
	}
}

// TestWebSocketTextBeforeAnyMessage checks a client that negotiated no subprotocol and has sent nothing yet.
func TestWebSocketTextBeforeAnyMessage(t *testing.T) {
	r := newRig(t, Limits{}, webSpec(t, false, WebSocket{}, Options{}), nil)
	peer, p := r.upgrade(t, "", "")
	p.conn.Send([]byte("NOTICE * :hi\r\n"))
	p.conn.Flush()
	op, text := peer.next(t)
	require.Equal(t, byte(opText), op)
	require.Equal(t, "NOTICE * :hi", text)
}

// TestWebSocketMessages checks the lines that the session gets, for messages that arrive in any pieces, directly after
// the request or later.
func TestWebSocketMessages(t *testing.T) {
	const limit = 300
	long := strings.Repeat("x", limit)
	for name, c := range map[string]struct {
		sent string
		want []string
	}{
		"a line":                   {frame(0x81, "NICK a"), []string{"line NICK a"}},
		"several":                  {frame(0x81, "NICK a") + frame(0x82, "USER \xff"), []string{"line NICK a", "line USER \xff"}},
		"an ending":                {frame(0x81, "NICK a\r\n") + frame(0x81, "USER b\n") + frame(0x81, "QUIT\r"), []string{"line NICK a", "line USER b", "line QUIT"}},
		"nothing":                  {frame(0x81, "") + frame(0x82, "\r\n") + frame(0x81, "NICK a"), []string{"line NICK a"}},
		"a line feed within":       {frame(0x81, "PRIVMSG #a :b\r\nQUIT\r\n"), []string{"line PRIVMSG #a :b\r\rQUIT"}},
		"fragments":                {frame(0x01, "NI") + frame(0x00, "") + frame(0x00, "CK") + frame(0x80, " a"), []string{"line NICK a"}},
		"a ping between fragments": {frame(0x01, "NI") + frame(0x89, "x") + frame(0x80, "CK a"), []string{"line NICK a"}},
		"half a letter each":       {frame(0x01, "caf\xc3") + frame(0x80, "\xa9"), []string{"line café"}},
		"the longest":              {frame(0x81, long) + frame(0x81, long+"\r\n"), []string{"line " + long, "line " + long}},
		"too long":                 {frame(0x81, long+"y") + frame(0x81, "NICK a"), []string{"overlong", "line NICK a"}},
		"too long with its ending": {frame(0x82, long+"y\r\n") + frame(0x81, "NICK a"), []string{"overlong", "line NICK a"}},
		"far too long":             {frame(0x81, strings.Repeat("\xff", 70_000)) + frame(0x81, "NICK a"), []string{"overlong", "line NICK a"}},
		"too long in fragments": {
			frame(0x02, long) + frame(0x00, long) + frame(0x8A, "") + frame(0x80, "") + frame(0x81, "NICK a"), []string{"overlong", "line NICK a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, secure := range []bool{false, true} {
				r := newRig(t, Limits{}, webSpec(t, secure, WebSocket{}, Options{LineBytes: limit}), nil)
				_, behind := r.upgrade(t, "", c.sent)
				peer, pieces := r.upgrade(t, "", "")
				for i := range min(len(c.sent), 2000) { // the first bytes separately
					write(t, peer, c.sent[i:i+1])
				}
				write(t, peer, c.sent[min(len(c.sent), 2000):])
				for _, p := range []*probe{behind, pieces} {
					for _, want := range c.want {
						require.Equal(t, want, p.next(t))
					}
				}
			}
		})
	}
}

// TestWebSocketBroken checks the status that a client gets for each rule of the protocol that it can break.
func TestWebSocketBroken(t *testing.T) {
	const text, binaries = "Sec-WebSocket-Protocol: text.ircv3.net\r\n", "Sec-WebSocket-Protocol: binary.ircv3.net\r\n"
	r := newRig(t, Limits{}, webSpec(t, false, WebSocket{}, Options{}), nil)
	for name, c := range map[string]struct {
		headers, sent string
		status        uint16
	}{
		"not masked":                    {"", "\x81\x01x", 1002},
		"a reserved bit":                {"", frame(0xC1, "x"), 1002},
		"an unknown kind":               {"", frame(0x83, "x"), 1002},
		"an unknown control frame":      {"", frame(0x8B, "x"), 1002},
		"a stray continuation":          {"", frame(0x80, "x"), 1002},
		"a message in a message":        {"", frame(0x01, "x") + frame(0x81, "y"), 1002},
		"a ping in parts":               {"", frame(0x09, "x"), 1002},
		"a long ping":                   {"", frame(0x89, strings.Repeat("x", 126)), 1002},
		"a length in 16 bits":           {"", "\x81\xFE\x00\x05", 1002},
		"a length in 64 bits":           {"", "\x81\xFF\x00\x00\x00\x00\x00\x00\xFF\xFF0000", 1002},
		"a negative length":             {"", "\x81\xFF\x80\x00\x00\x00\x00\x00\x00\x000000", 1002},
		"half a status":                 {"", frame(0x88, "\x03"), 1002},
		"a status not to be sent":       {"", frame(0x88, "\x03\xED"), 1002},
		"an unused status":              {"", frame(0x88, "\x00\x07"), 1002},
		"a reason that is not UTF-8":    {"", frame(0x88, "\x03\xE8\xff"), 1007},
		"a text that is not UTF-8":      {"", frame(0x81, "caf\xe9"), 1007},
		"half a character at the end":   {text, frame(0x01, "caf") + frame(0x80, "\xc3"), 1007},
		"a binary message as text":      {text, frame(0x82, "x"), 1003},
		"a text message as binary":      {binaries, frame(0x81, "x"), 1003},
		"a later one of the wrong type": {binaries, frame(0x82, "x") + frame(0x81, "x"), 1003},
	} {
		t.Run(name, func(t *testing.T) {
			peer, p := r.upgrade(t, c.headers, "")
			length := "a length is not encoded in the shortest form"
			if strings.HasPrefix(name, "a length in 16") {
				c.sent += "mask"
			}
			write(t, peer, c.sent)
			op, payload := peer.next(t)
			require.Equal(t, byte(opClose), op)
			require.Equal(t, c.status, binary.BigEndian.Uint16([]byte(payload)))
			require.NotEmpty(t, payload[2:])
			if strings.HasPrefix(name, "a length") {
				require.Contains(t, payload[2:], length)
			}
			var wrong *protocolError
			require.ErrorAs(t, p.reason(t), &wrong)
		})
	}
}

// TestWebSocketPing checks that the answer to a ping has the same payload, that only the last of several pings is
// answered, and that the server sends pings at their interval.
func TestWebSocketPing(t *testing.T) {
	for _, secure := range []bool{false, true} {
		r := newRig(t, Limits{}, webSpec(t, secure, WebSocket{PingInterval: 5 * time.Millisecond}, Options{}), nil)
		peer, p := r.upgrade(t, "", "")
		for range 3 {
			op, payload := peer.next(t)
			require.Equal(t, byte(opPing), op)
			require.Empty(t, payload)
			write(t, peer, frame(0x8A, ""))
		}
		write(t, peer, frame(0x89, "one")+frame(0x89, "two")+frame(0x8A, "unasked"))
		var pongs []string
		for len(pongs) == 0 || pongs[len(pongs)-1] != "two" {
			op, payload := peer.next(t)
			if op != opPing {
				require.Equal(t, byte(opPong), op)
				pongs = append(pongs, payload)
			}
		}
		require.LessOrEqual(t, len(pongs), 2)
		write(t, peer, frame(0x89, ""))
		for op := byte(opPing); op != opPong; {
			op, _ = peer.next(t)
		}
		accepted := p.conn.LastRead()
		write(t, peer, frame(0x81, "x"))
		require.Equal(t, "line x", p.next(t))
		until(t, "a message counts", func() bool { return p.conn.LastRead().After(accepted) })
	}
}

// TestWebSocketPingCountsForNothing checks that pings do not count as activity: a browser answers them even if its page
// hangs.
func TestWebSocketPingCountsForNothing(t *testing.T) {
	r := newRig(t, Limits{}, webSpec(t, false, WebSocket{}, Options{}), nil)
	peer, p := r.upgrade(t, "", "")
	accepted := p.conn.LastRead()
	write(t, peer, frame(0x89, "x"))
	op, _ := peer.next(t)
	require.Equal(t, byte(opPong), op)
	require.Equal(t, accepted, p.conn.LastRead())
}

// TestWebSocketClosing checks the statuses of closing frames, from both sides.
func TestWebSocketClosing(t *testing.T) {
	for _, secure := range []bool{false, true} {
		r := newRig(t, Limits{}, webSpec(t, secure, WebSocket{}, Options{ReceiveQueueBytes: 100}), nil)
		for _, status := range []uint16{1000, 1001, 3000, 4999, statusNoStatus} {
			peer, p := r.upgrade(t, "", "")
			payload := string(binary.BigEndian.AppendUint16(nil, status)) + "gone"
			if status == statusNoStatus {
				payload = ""
			}
			write(t, peer, frame(0x81, "QUIT")+frame(0x88, payload)+frame(0x81, "more"))
			require.Equal(t, "line QUIT", p.next(t))
			require.Equal(t, io.EOF, p.reason(t))
			peer.requireClosed(t, status, "")
		}

		// Without a closing frame.
		peer, p := r.upgrade(t, "", "")
		require.NoError(t, peer.Close())
		require.ErrorIs(t, p.reason(t), io.EOF)

		// Lines that the session sent before it closed arrive first, and nothing follows the closing frame.
		peer, p = r.upgrade(t, "", "")
		p.conn.Send([]byte("one\r\n"))
		p.conn.Close([]byte("ERROR :two\r\n"), errors.New("Banned"))
		p.conn.Flush()
		for _, want := range []string{"one", "ERROR :two"} {
			_, got := peer.next(t)
			require.Equal(t, want, got)
		}
		peer.requireClosed(t, statusNormal, "Banned")
		_ = peer.Close()
		p.reason(t)
	}
}

// TestWebSocketEndsByItself checks the closing frames for ends that this package causes.
func TestWebSocketEndsByItself(t *testing.T) {
	r := newRig(t, Limits{}, webSpec(t, false, WebSocket{}, Options{ReceiveQueueBytes: 100, Farewell: farewell}), func(p *probe) time.Duration {
		p.line = func(p *probe, line string) time.Duration {
			if line == "panic" {
				panic("secret")
			}
			return time.Hour
		}
		return 0
	})
	peer, p := r.upgrade(t, "", frame(0x81, "panic"))
	_, text := peer.next(t)
	require.Equal(t, "bye: "+ErrPanic.Error()+": secret", text)
	peer.requireClosed(t, statusInternal, "internal error")
	require.ErrorIs(t, p.reason(t), ErrPanic)

	peer, p = r.upgrade(t, "", frame(0x81, "slow")+frame(0x81, strings.Repeat("x", 200)))
	_, text = peer.next(t)
	require.Equal(t, "bye: "+ErrReceiveQueue.Error(), text)
	peer.requireClosed(t, statusPolicy, "too much data at once")
	require.ErrorIs(t, p.reason(t), ErrReceiveQueue)

	// Lines that wait are still handled after the client's closing frame, at their pace; in this test that never comes.
	peer, p = r.upgrade(t, "", frame(0x81, "slow")+frame(0x81, "QUIT")+frame(0x88, ""))
	require.Equal(t, "line slow", p.next(t))
	write(t, peer, "no frame at all")
	require.NoError(t, r.listener.Close())
	r.Close([]byte("ERROR :Server is shutting down\r\n"), errors.New("Server is shutting down"))
	_, text = peer.next(t)
	require.Equal(t, "ERROR :Server is shutting down", text)
	peer.requireClosed(t, statusNoStatus, "")
	p.reason(t)
}

// TestWebSocketGoingAway checks the status when the server stops.
func TestWebSocketGoingAway(t *testing.T) {
	r := newRig(t, Limits{}, webSpec(t, false, WebSocket{}, Options{}), nil)
	peer, p := r.upgrade(t, "", "")
	r.Close([]byte("ERROR :Server is shutting down\r\n"), errors.New("Server is shutting down"))
	_, text := peer.next(t)
	require.Equal(t, "ERROR :Server is shutting down", text)
	peer.requireClosed(t, statusGoingAway, "Server is shutting down")
	p.reason(t)
}

// TestWebSocketSendQueue checks that a full queue ends the connection of a client that does not read, and that Await
// returns when it reads again.
func TestWebSocketSendQueue(t *testing.T) {
	for _, secure := range []bool{false, true} {
		r := newRig(t, Limits{}, webSpec(t, secure, WebSocket{}, Options{SendQueueBytes: 256 << 10}), nil)
		peer, p := r.upgrade(t, "", "")
		line := []byte(strings.Repeat("z", 998) + "\r\n")
		sent := stall(t, p.conn, line) / len(line)
		done := make(chan bool, 1)
		go func() { done <- p.conn.Await(1000, bound) }() // ends when there is room
		for range sent {
			op, text := peer.next(t)
			require.Equal(t, byte(opText), op)
			require.Len(t, text, 998)
		}
		require.True(t, <-done)

		for range 100_000 {
			if p.conn.Send(line) {
				p.conn.Flush()
			}
		}
		require.ErrorIs(t, p.reason(t), ErrSendQueue)
	}
}

// TestWebSocketLongLines checks that a line in many parts becomes one message and counts as queued until its end, and
// that a line that never ends is not kept forever.
func TestWebSocketLongLines(t *testing.T) {
	for _, secure := range []bool{false, true} {
		r := newRig(t, Limits{}, webSpec(t, secure, WebSocket{}, Options{}), nil)
		peer, p := r.upgrade(t, "", "")
		part := strings.Repeat("p", 20_000)
		for range 3 {
			p.conn.Send([]byte(part))
			p.conn.Flush()
		}
		p.conn.mu.Lock()
		require.Equal(t, 60_000, p.conn.queued)
		p.conn.mu.Unlock()
		p.conn.Send([]byte("\r\nnext\r\n"))
		p.conn.Flush()
		_, got := peer.next(t)
		require.Equal(t, strings.Repeat(part, 3), got)
		_, got = peer.next(t)
		require.Equal(t, "next", got)
		until(t, "nothing counts as queued", func() bool {
			p.conn.mu.Lock()
			defer p.conn.mu.Unlock()
			return p.conn.queued == 0
		})

		p.conn.Send([]byte("unended"))
		p.conn.Flush()
		p.conn.Close(nil, nil)
		p.conn.Flush()
		_, got = peer.next(t)
		require.Equal(t, "unended", got)
		peer.requireClosed(t, statusNormal, "")
		_ = peer.Close()
		p.reason(t)

		_, p = r.upgrade(t, "", "")
		for range 4 {
			p.conn.Send([]byte(part))
			p.conn.Flush()
		}
		require.ErrorIs(t, p.reason(t), errLongMessage)
	}
}

// TestWebSocketUnderPressure sends answers to pings and lines through a socket that is nearly always full.
func TestWebSocketUnderPressure(t *testing.T) {
	for _, secure := range []bool{false, true} {
		r := newRig(t, Limits{}, webSpec(t, secure, WebSocket{PingInterval: time.Millisecond}, Options{SendQueueBytes: 64 << 20}), nil)
		peer, p := r.upgrade(t, "", "")
		shrink(t, p.conn)
		const lines = 5000
		go func() { // ends with its last line
			for i := range lines {
				p.conn.Send(fmt.Appendf(nil, "%d %s\r\n", i, strings.Repeat("x", i%700)))
				p.conn.Flush()
			}
		}()
		go func() { // ends with its last ping, or with the connection
			for range lines {
				if _, err := io.WriteString(peer.Conn, frame(0x89, "payload")); err != nil {
					return
				}
			}
		}()
		for i := 0; i < lines; {
			op, got := peer.next(t)
			switch op {
			case opPong:
				require.Equal(t, "payload", got)
			case opPing:
			default:
				require.Equal(t, fmt.Sprintf("%d %s", i, strings.Repeat("x", i%700)), got)
				i++
			}
		}
	}
}

// TestWebSocketOnUnixSocket checks a Unix socket, for a proxy on the same machine.
func TestWebSocketOnUnixSocket(t *testing.T) {
	r := newRig(t, Limits{}, Spec{Network: "unix", Address: t.TempDir() + "/s", Options: Options{WebSocket: &WebSocket{}}}, nil)
	_, p := r.upgrade(t, "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n", frame(0x81, "x"))
	require.Equal(t, "198.51.100.7:0", p.conn.RemoteAddr().String())
	require.True(t, p.conn.Secure())
	_, p = r.upgrade(t, "", "")
	require.False(t, p.conn.RemoteAddr().IsValid())
	require.False(t, p.conn.Secure())
}

// TestWebSocketReset checks that a reset by the peer is reported as a network error, and that nothing is left over.
func TestWebSocketReset(t *testing.T) {
	r := newRig(t, Limits{}, webSpec(t, false, WebSocket{}, Options{}), nil)
	peer, p := r.upgrade(t, "", "")
	require.NoError(t, peer.Conn.(*net.TCPConn).SetLinger(0))
	require.NoError(t, peer.Close())
	require.ErrorIs(t, p.reason(t), syscall.ECONNRESET)
	until(t, "gone", func() bool { return r.Connections() == 0 })
}

func newReader(b []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(b)) }

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"bavard/commands"
	"bavard/config"
)

type healthCommand struct {
	Address string          `arg:"" optional:"" help:"The address to ask over plain IRC, such as 127.0.0.1:6667 or unix:/run/bavard/irc.sock (by default a listener from the configuration)."`
	Config  string          `short:"c" placeholder:"FILE" help:"The configuration file (by default config.toml in the working directory)."`
	Timeout config.Duration `default:"5s" help:"How long to wait for the server's answer."`
}

// Help returns the text for --help.
func (healthCommand) Help() string {
	return "Connects to the running server like a client, sends PING without registering, and waits for the answer. The exit code is 0 if the server answered and can write to its disk. " +
		"Otherwise it is 1, and standard error says why. This is meant for the health checks of container engines and for monitoring."
}

// Run checks whether the server answers.
func (h healthCommand) Run(env environment) error {
	l := config.Listener{Address: h.Address}
	if h.Address == "" {
		cfg, err := configuration(h.Config)
		if err != nil {
			return err
		}
		var ok bool
		if l, ok = listenerToAsk(cfg.Listeners); !ok {
			return errors.New("health: this command cannot connect to any listener in the configuration; give an address: bavard health ADDRESS")
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(h.Timeout))
	defer cancel()
	start := time.Now()
	if err := ask(ctx, l); err != nil {
		return fmt.Errorf("unhealthy: %s: %w", l.Address, whyUnhealthy(err))
	}
	_, err := fmt.Fprintf(env.stdout, "healthy: %s answered in %v\n", l.Address, time.Since(start).Round(10*time.Microsecond))
	return err
}

// listenerToAsk chooses the listener that is easiest to ask. It skips listeners for proxies, which refuse anyone else,
// and listeners whose address is not in the file: sockets from systemd and ports that the system chose.
func listenerToAsk(all []config.Listener) (best config.Listener, ok bool) {
	least := 4
	for _, l := range all {
		_, systemd := l.SystemdName()
		if l.Proxy || systemd || strings.HasSuffix(l.Address, ":0") {
			continue
		}
		effort := 0
		if l.TLS {
			effort++
		}
		if l.WebSocket {
			effort += 2
		}
		if effort < least {
			best, least, ok = l, effort, true
		}
	}
	return best, ok
}

// ask sends PING to a listener and waits for the PONG.
func ask(ctx context.Context, l config.Listener) error {
	conn, err := dial(ctx, l)
	if err != nil {
		return err
	}
	defer conn.Close() // an error no longer matters
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	r := bufio.NewReader(conn)
	line := "PING " + commands.HealthToken
	if l.WebSocket {
		if err := upgrade(conn, r, l.Path); err != nil {
			return err
		}
		line = string(maskedFrame(line))
	} else {
		line += "\r\n"
	}
	if _, err := io.WriteString(conn, line); err != nil {
		return err
	}
	return awaitPong(r)
}

func dial(ctx context.Context, l config.Listener) (net.Conn, error) {
	network, address := "tcp", l.Address
	if path, ok := l.UnixPath(); ok {
		network, address = "unix", path
	} else if host, port, err := net.SplitHostPort(address); err == nil {
		if ip := net.ParseIP(host); host == "" || ip.Equal(net.IPv4zero) {
			address = net.JoinHostPort("127.0.0.1", port)
		} else if ip.IsUnspecified() {
			address = net.JoinHostPort("::1", port)
		}
	}
	if !l.TLS {
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	// The check is whether the server answers, not who it is: its certificate may be self-signed, or for its public
	// name.
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	return d.DialContext(ctx, network, address)
}

// awaitPong reads until the token comes back. Notices may come first, and one of them can say that the disk does not
// work. A server that refuses the client sends ERROR. In a WebSocket, the lines are surrounded by the bytes of frames,
// which does not matter here.
func awaitPong(r *bufio.Reader) error {
	read := 0
	var b strings.Builder
	var trouble error
	for read < 64<<10 {
		c, err := r.ReadByte()
		if err != nil {
			return err
		}
		read++
		b.WriteByte(c)
		text := b.String()
		switch {
		case strings.HasSuffix(text, commands.HealthToken) && strings.Contains(text, " PONG "):
			return trouble
		case c == ')':
			if _, reason, is := strings.Cut(text, commands.HealthTrouble); is {
				trouble = errors.New("it answers, but it cannot write to its disk " + reason)
			}
		case c == '\n':
			if reason, refused := strings.CutPrefix(text, "ERROR :"); refused {
				return errors.New("the server refused the connection: " + strings.TrimSpace(reason))
			}
			b.Reset()
		}
	}
	return errors.New("the program at this address does not speak IRC")
}

// upgrade opens a WebSocket.
// https://www.rfc-editor.org/rfc/rfc6455#section-4.1
func upgrade(w io.Writer, r *bufio.Reader, path string) error {
	if path == "" {
		path = "/"
	}
	key := base64.StdEncoding.EncodeToString(make([]byte, 16))
	_, err := fmt.Fprintf(w, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"+
		"Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n", path, key)
	if err != nil {
		return err
	}
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return errors.New("the server refused the WebSocket: " + response.Status)
	}
	return nil
}

// maskedFrame encodes a line as a short text message. A client must mask it; this mask changes nothing.
// https://www.rfc-editor.org/rfc/rfc6455#section-5.2
func maskedFrame(line string) []byte {
	return append([]byte{0x81, 0x80 | byte(len(line)), 0, 0, 0, 0}, line...)
}

// whyUnhealthy translates a network error into plain English.
func whyUnhealthy(err error) error {
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		return told{"no answer within the time limit", err}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return told{"the connection was closed without an answer", err}
	}
	var operation *net.OpError
	if errors.As(err, &operation) {
		return plain(operation.Err)
	}
	return err
}

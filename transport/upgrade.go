package transport

import (
	"bufio"
	"bytes"
	"crypto/sha1" //nolint:gosec // the protocol wants it, and it guards nothing
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// The subprotocols, which tell the type of the messages.
// https://ircv3.net/specs/extensions/websocket#websocket-features-and-encoding
const (
	textProtocol   = "text.ircv3.net"
	binaryProtocol = "binary.ircv3.net"
)

const (
	acceptGUID       = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // https://www.rfc-editor.org/rfc/rfc6455#section-1.3
	webSocketVersion = "13"
	keyBytes         = 16
	requestBuffer    = 4 << 10
	refusedBytes     = 64 << 10 // are read of what a refused peer still sends
)

// A refusal is the answer to a request that opens no WebSocket.
type refusal struct {
	status int
	header string // more header lines, each with CR LF
	text   string // a sentence for whoever looks at it
}

func (r *refusal) Error() string {
	return fmt.Sprintf("HTTP %d: %s", r.status, strings.TrimSpace(r.text))
}

// answer is the response; for a HEAD request without its body.
func (r *refusal) answer(head bool) []byte {
	body := strings.TrimRight(r.text, "\r\n") + "\n"
	answer := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\n%sContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
		r.status, http.StatusText(r.status), r.header, len(body))
	if head {
		return answer
	}
	return append(answer, body...)
}

// upgradePlain is the first goroutine of a WebSocket connection without TLS. It ends within Options.HandshakeTimeout; the connection goes on in the
// loop, or in a goroutine of its own.
func (c *Conn) upgradePlain() {
	if c.upgraded() {
		c.serveOrAdopt()
	}
}

// upgraded makes a WebSocket of the connection. When it cannot, it says so to the peer and ends the connection.
func (c *Conn) upgraded() bool {
	err := c.inTime(c.upgrade)
	if err == nil {
		return true
	}
	c.listener.log.Debug("no WebSocket", "listener", c.listener.name, "remote", c.RemoteAddr(), "error", err)
	c.dispose()
	return false
}

// upgrade is the server's part of the opening handshake.
// https://www.rfc-editor.org/rfc/rfc6455#section-4.2
func (c *Conn) upgrade() error {
	var stream io.ReadWriter = c.socket
	if c.tls != nil {
		stream = c.tls.conn
	}
	come := bytes.NewReader(c.in.early) // behind a proxy's header
	limited := &io.LimitedReader{R: io.MultiReader(come, stream), N: int64(c.options.WebSocket.RequestBytes)}
	reader := bufio.NewReaderSize(limited, requestBuffer)
	request, err := http.ReadRequest(reader)
	if err == nil {
		err = c.accept(stream, request)
	} else {
		err = unreadable(err, limited.N)
	}
	var refused *refusal
	if errors.As(err, &refused) {
		c.turnAway(stream, refused.answer(request != nil && request.Method == http.MethodHead))
	}
	if err != nil {
		return err
	}
	early, err := reader.Peek(reader.Buffered())
	if err != nil {
		return err
	}
	c.in.early = slices.Concat(early, c.in.early[len(c.in.early)-come.Len():])
	return nil
}

// unreadable is the answer to what is no request; left is how much more might have been read of it.
func unreadable(err error, left int64) error {
	var network net.Error
	switch {
	case errors.As(err, &network):
		return err
	case left <= 0:
		return &refusal{status: http.StatusRequestHeaderFieldsTooLarge, text: "The request is too long."}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return err
	}
	return &refusal{status: http.StatusBadRequest, text: "This port is for IRC over WebSocket."}
}

// accept judges a request and answers it if it opens a WebSocket; else the error is a *refusal.
func (c *Conn) accept(stream io.Writer, r *http.Request) error {
	options := c.options.WebSocket
	if refused := options.judge(r); refused != nil {
		return refused
	}
	if err := c.identify(r); err != nil {
		return err
	}
	protocol := protocolOf(r)
	c.ws = &framing{}
	switch protocol {
	case textProtocol:
		c.ws.in.accepts = opText
	case binaryProtocol:
		c.ws.in.accepts = opBinary
		c.ws.binary.Store(true)
	}
	if protocol != "" {
		protocol = "Sec-WebSocket-Protocol: " + protocol + "\r\n"
	}
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + acceptGUID)) //nolint:gosec // see the import
	_, err := fmt.Fprintf(stream, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
		base64.StdEncoding.EncodeToString(sum[:]), protocol)
	return err
}

// judge tells what is wrong with a request; nil: nothing.
// https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
func (o *WebSocket) judge(r *http.Request) *refusal {
	const upgradeHeader = "Upgrade: websocket\r\nSec-WebSocket-Version: " + webSocketVersion + "\r\n"
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case o.Path != "" && r.URL.Path != o.Path:
		return &refusal{status: http.StatusNotFound, text: "There is nothing at this path."}
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return &refusal{status: http.StatusMethodNotAllowed, header: "Allow: GET\r\n", text: "This port is for IRC over WebSocket."}
	case r.Method == http.MethodHead, !r.ProtoAtLeast(1, 1), !names(r.Header, "Connection", "Upgrade"), !names(r.Header, "Upgrade", "websocket"):
		return &refusal{
			status: http.StatusUpgradeRequired, header: upgradeHeader,
			text: "This is an IRC server that speaks WebSocket, not a web page: tell your web client to connect here with ws:// or wss://.",
		}
	case r.Header.Get("Sec-WebSocket-Version") != webSocketVersion:
		return &refusal{status: http.StatusUpgradeRequired, header: upgradeHeader, text: "The version of WebSocket must be " + webSocketVersion + "."}
	case err != nil || len(key) != keyBytes || len(r.Header["Sec-Websocket-Key"]) != 1:
		return &refusal{status: http.StatusBadRequest, text: "Sec-WebSocket-Key must be 16 bytes in base64."}
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		return &refusal{status: http.StatusBadRequest, text: "A request for a WebSocket has no body."}
	case r.Host == "":
		return &refusal{status: http.StatusBadRequest, text: "The request names no host."}
	}
	// https://www.rfc-editor.org/rfc/rfc6455#section-10.2
	for _, origin := range r.Header["Origin"] {
		if o.Origin != nil && !o.Origin(origin, r.Host) {
			return &refusal{status: http.StatusForbidden, text: fmt.Sprintf("Pages of %.200q may not connect to this server.", origin)}
		}
	}
	return nil
}

// names tells whether a header is a list with this word in it, in any case.
func names(h http.Header, header, word string) bool {
	for _, value := range listOf(h, header) {
		if strings.EqualFold(value, word) {
			return true
		}
	}
	return false
}

// listOf are the elements of a header that is a list, which may stand in several lines.
func listOf(h http.Header, header string) (list []string) {
	for _, line := range h.Values(header) {
		for value := range strings.SplitSeq(line, ",") {
			list = append(list, strings.TrimSpace(value))
		}
	}
	return list
}

// protocolOf is the subprotocol: of those known the one that the client prefers, which it names first; "" when it names none of them.
// https://ircv3.net/specs/extensions/websocket#websocket-features-and-encoding
func protocolOf(r *http.Request) string {
	for _, p := range listOf(r.Header, "Sec-WebSocket-Protocol") {
		if p == textProtocol || p == binaryProtocol {
			return p
		}
	}
	return ""
}

// identify finds out where a client is, and whether there is room for one more from there.
func (c *Conn) identify(r *http.Request) error {
	own := c.RemoteAddr()
	unix := !own.IsValid() && !c.options.Anonymous
	if !unix && !c.options.WebSocket.trusts(own.Addr().WithZone("")) {
		return nil
	}
	remote, forwarded, err := forwardedFor(listOf(r.Header, "X-Forwarded-For"), c.options.WebSocket.trusts)
	if err != nil {
		return err
	}
	if forwarded {
		c.forwarded, c.forwardedTLS = true, cameByTLS(listOf(r.Header, "X-Forwarded-Proto"))
	} else {
		remote = own // it speaks for itself
	}
	if !remote.IsValid() {
		return nil
	}
	if err := c.SetRemoteAddr(remote); err != nil {
		text := err.Error()
		if c.options.Reject != nil {
			text = string(c.options.Reject(err))
		}
		return &refusal{status: statusOf(err), text: text}
	}
	return nil
}

// forwardedFor is the client's address in what proxies have told: the last that is not itself one of a trusted proxy, since what stands before
// it anybody may have written. Without one it is the first. The port is 0 when it is not told.
func forwardedFor(list []string, trusted func(netip.Addr) bool) (client netip.AddrPort, told bool, err error) {
	for _, text := range slices.Backward(list) {
		addr, ok := parseForwarded(text)
		if !ok {
			return netip.AddrPort{}, false, &refusal{status: http.StatusBadRequest, text: "X-Forwarded-For is not a list of addresses."}
		}
		client, told = addr, true
		if !trusted(addr.Addr()) {
			break
		}
	}
	return client, told, nil
}

// parseForwarded reads an address with or without a port.
func parseForwarded(text string) (netip.AddrPort, bool) {
	whole, err := netip.ParseAddrPort(text)
	if err != nil {
		var addr netip.Addr
		addr, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
		whole = netip.AddrPortFrom(addr, 0)
	}
	addr := whole.Addr().Unmap().WithZone("")
	return netip.AddrPortFrom(addr, whole.Port()), err == nil && !addr.IsUnspecified()
}

// cameByTLS tells whether all proxies say so.
func cameByTLS(list []string) bool {
	for _, scheme := range list {
		if !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "wss") {
			return false
		}
	}
	return len(list) > 0
}

// statusOf is the status of an answer to whom admission refuses.
func statusOf(reason error) int {
	switch {
	case errors.Is(reason, ErrAddressFull), errors.Is(reason, ErrTooFast):
		return http.StatusTooManyRequests
	case errors.Is(reason, ErrNotProxy):
		return http.StatusForbidden
	}
	return http.StatusServiceUnavailable
}

// turnAway answers and ends what is sent. What the peer still sends is read for a moment: a reset would overtake the answer.
func (c *Conn) turnAway(stream io.Writer, answer []byte) {
	if _, err := stream.Write(answer); err != nil {
		return // the peer has gone
	}
	if t, ok := stream.(*tls.Conn); ok {
		_ = t.CloseWrite() // the same
	}
	if half, ok := c.socket.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the same
	}
	_ = c.socket.SetReadDeadline(time.Now().Add(lingerBound)) // fails only when closed
	if !c.stop.Load() {
		_, _ = io.CopyN(io.Discard, c.socket, refusedBytes) // the end, or the deadline
	}
}

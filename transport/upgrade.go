package transport

import (
	"bufio"
	"bytes"
	"crypto/sha1" //nolint:gosec // the protocol requires it, and security does not depend on it
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

// The subprotocols, which determine the type of the messages.
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
	refusedBytes     = 64 << 10 // the maximum to read from a refused peer
)

// refusal is the answer to a request that does not open a WebSocket.
type refusal struct {
	status int
	header string // additional header lines, each with CR LF
	text   string // the body: a sentence for people
}

func (r *refusal) Error() string {
	return fmt.Sprintf("HTTP %d: %s", r.status, strings.TrimSpace(r.text))
}

// answer returns the HTTP response. For a HEAD request, it has no body.
func (r *refusal) answer(head bool) []byte {
	body := strings.TrimRight(r.text, "\r\n") + "\n"
	answer := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\n%sContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
		r.status, http.StatusText(r.status), r.header, len(body))
	if head {
		return answer
	}
	return append(answer, body...)
}

// upgradePlain is the first goroutine of a WebSocket connection without TLS. It ends within Options.HandshakeTimeout.
// The connection continues in the loop, or in a goroutine of its own.
func (c *Conn) upgradePlain() {
	if c.upgraded() {
		c.serveOrAdopt()
	}
}

// upgraded turns the connection into a WebSocket. If that fails, it tells the peer, ends the connection and returns
// false.
func (c *Conn) upgraded() bool {
	err := c.inTime(c.upgrade)
	if err == nil {
		return true
	}
	c.listener.log.Debug("WebSocket handshake failed", "listener", c.listener.name, "remote", c.RemoteAddr(), "error", err)
	c.dispose()
	return false
}

// upgrade performs the server's part of the opening handshake.
// https://www.rfc-editor.org/rfc/rfc6455#section-4.2
func (c *Conn) upgrade() error {
	var stream io.ReadWriter = c.socket
	if c.tls != nil {
		stream = c.tls.conn
	}
	come := bytes.NewReader(c.in.early) // received after a PROXY header
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

// unreadable returns the error for an invalid request. The argument left is how much more the request could have had.
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

// accept checks a request and answers it if it is valid. Otherwise the error is a *refusal.
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

// judge returns what is wrong with a request, or nil.
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
		return &refusal{status: http.StatusUpgradeRequired, header: upgradeHeader, text: "The WebSocket version must be " + webSocketVersion + "."}
	case err != nil || len(key) != keyBytes || len(r.Header["Sec-Websocket-Key"]) != 1:
		return &refusal{status: http.StatusBadRequest, text: "Sec-WebSocket-Key must be 16 bytes in base64."}
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		return &refusal{status: http.StatusBadRequest, text: "A request for a WebSocket must not have a body."}
	case r.Host == "":
		return &refusal{status: http.StatusBadRequest, text: "The request names no host."}
	}
	// https://www.rfc-editor.org/rfc/rfc6455#section-10.2
	for _, origin := range r.Header["Origin"] {
		if o.Origin != nil && !o.Origin(origin, r.Host) {
			return &refusal{status: http.StatusForbidden, text: fmt.Sprintf("Pages from %.200q are not allowed to connect to this server.", origin)}
		}
	}
	return nil
}

// names reports whether a header is a list that contains this word, in upper or lower case.
func names(h http.Header, header, word string) bool {
	for _, value := range listOf(h, header) {
		if strings.EqualFold(value, word) {
			return true
		}
	}
	return false
}

// listOf returns the elements of a header that is a list. The header can have several lines.
func listOf(h http.Header, header string) (list []string) {
	for _, line := range h.Values(header) {
		for value := range strings.SplitSeq(line, ",") {
			list = append(list, strings.TrimSpace(value))
		}
	}
	return list
}

// protocolOf returns the subprotocol: the first one in the client's list, which is in order of preference, that the
// server knows. It returns "" if there is none.
// https://ircv3.net/specs/extensions/websocket#websocket-features-and-encoding
func protocolOf(r *http.Request) string {
	for _, p := range listOf(r.Header, "Sec-WebSocket-Protocol") {
		if p == textProtocol || p == binaryProtocol {
			return p
		}
	}
	return ""
}

// identify sets the client's address if a trusted proxy sent the request. The limits can refuse that address.
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
		remote = own // the proxy speaks for itself
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

// forwardedFor returns the client's address from a list of addresses that proxies reported. It is the last one that
// does not belong to a trusted proxy, because anyone could have written those before it. If all are trusted, it is the
// first one. The port is 0 if the list does not give it.
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

// parseForwarded parses an address with or without a port.
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

// cameByTLS reports whether all proxies say that the client uses TLS.
func cameByTLS(list []string) bool {
	for _, scheme := range list {
		if !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "wss") {
			return false
		}
	}
	return len(list) > 0
}

// statusOf returns the HTTP status for a connection that the limits refuse.
func statusOf(reason error) int {
	switch {
	case errors.Is(reason, ErrAddressFull), errors.Is(reason, ErrTooFast):
		return http.StatusTooManyRequests
	case errors.Is(reason, ErrNotProxy):
		return http.StatusForbidden
	}
	return http.StatusServiceUnavailable
}

// turnAway sends the answer and stops sending. It reads from the peer for a moment longer, because with a reset the
// peer could lose the answer.
func (c *Conn) turnAway(stream io.Writer, answer []byte) {
	if _, err := stream.Write(answer); err != nil {
		return // the peer is gone
	}
	if t, ok := stream.(*tls.Conn); ok {
		_ = t.CloseWrite() // fails if the peer is gone
	}
	if half, ok := c.socket.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // fails if the peer is gone
	}
	_ = c.socket.SetReadDeadline(time.Now().Add(c.options.lingerBound)) // fails only if the socket is closed
	if !c.stop.Load() {
		_, _ = io.CopyN(io.Discard, c.socket, refusedBytes) // until the end or the deadline
	}
}

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"
)

// identPort is where a client's machine tells whose connection it is.
const identPort = 113

// identAnswerBytes bounds an answer. RFC 1413 has 1000 characters, of which 512 are the user's.
const identAnswerBytes = 1000

// identTimeout ends a question whose asker does not end it.
const identTimeout = 30 * time.Second

// askIdent asks the client's machine whose connection this is, from the address that the client has connected to. "" when
// there is no answer.
// https://www.rfc-editor.org/rfc/rfc1413
func askIdent(ctx context.Context, local, remote netip.AddrPort) (user string) {
	return askIdentAt(ctx, local, remote, identPort)
}

func askIdentAt(ctx context.Context, local, remote netip.AddrPort, port uint16) string {
	ctx, cancel := context.WithTimeout(ctx, identTimeout)
	defer cancel()
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(local.Addr(), 0))}
	conn, err := dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(remote.Addr(), port).String())
	if err != nil {
		return ""
	}
	// It closes the connection when the time is over; what is read or written then fails.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "%d, %d\r\n", remote.Port(), local.Port()); err != nil {
		return ""
	}
	line, err := bufio.NewReader(io.LimitReader(conn, identAnswerBytes)).ReadString('\n')
	if err != nil {
		return ""
	}
	return identUser(line)
}

// identUser reads "6193, 23 : USERID : UNIX : stjohns". A user may contain colons and spaces.
func identUser(line string) string {
	fields := strings.SplitN(strings.TrimRight(line, "\r\n"), ":", 4)
	if len(fields) != 4 || !strings.EqualFold(strings.TrimSpace(fields[1]), "USERID") || strings.EqualFold(strings.TrimSpace(fields[2]), "OTHER") {
		return ""
	}
	return strings.TrimSpace(fields[3])
}

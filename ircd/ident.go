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

// identPort is the port of the ident service on a client's machine.
const identPort = 113

// identAnswerBytes is the maximum length of an answer. RFC 1413 allows 1000 characters, 512 of them for the user name.
const identAnswerBytes = 1000

// identTimeout ends a query that its caller does not end earlier.
const identTimeout = 30 * time.Second

// askIdent asks the client's machine which user a connection belongs to. It asks from the address that the client
// connected to. It returns "" if there is no answer.
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
	// When ctx ends, this closes the connection, so that reading and writing fail.
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

// identUser parses an answer such as "6193, 23 : USERID : UNIX : stjohns". The user name can contain colons and spaces.
func identUser(line string) string {
	fields := strings.SplitN(strings.TrimRight(line, "\r\n"), ":", 4)
	if len(fields) != 4 || !strings.EqualFold(strings.TrimSpace(fields[1]), "USERID") || strings.EqualFold(strings.TrimSpace(fields[2]), "OTHER") {
		return ""
	}
	return strings.TrimSpace(fields[3])
}

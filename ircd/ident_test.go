package main

import (
	"bufio"
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdentUser(t *testing.T) {
	for line, want := range map[string]string{
		"6193, 23 : USERID : UNIX : stjohns\r\n":         "stjohns",
		"6193,23:userid:UNIX,US-ASCII:a:b\n":             "a:b",
		"6195, 23 : USERID : OTHER : 3k%x\r\n":           "",
		"6195, 23 : ERROR : NO-USER\r\n":                 "",
		"6195, 23 : ERROR : UNKNOWN-ERROR : stjohns\r\n": "",
		"garbage":                "",
		strings.Repeat(":", 500): "",
	} {
		require.Equal(t, want, identUser(line), line)
	}
}

// TestAskIdent asks a machine that answers, one that never does, and one whose answer never ends.
func TestAskIdent(t *testing.T) {
	serve := func(answer func(net.Conn, string)) uint16 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		go func() { // ends when the listener is closed
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				line, _ := bufio.NewReader(conn).ReadString('\n')
				answer(conn, line)
				_ = conn.Close()
			}
		}()
		return uint16(l.Addr().(*net.TCPAddr).Port)
	}
	local, remote := netip.MustParseAddrPort("127.0.0.1:6667"), netip.MustParseAddrPort("127.0.0.1:4321")
	asked := make(chan string, 1)
	port := serve(func(conn net.Conn, line string) {
		asked <- line
		_, _ = conn.Write([]byte("4321, 6667 : USERID : UNIX : alice\r\n"))
	})
	require.Equal(t, "alice", askIdentAt(context.Background(), local, remote, port))
	require.Equal(t, "4321, 6667\r\n", <-asked)

	ctx, cancel := context.WithCancel(context.Background())
	silent := serve(func(net.Conn, string) { cancel(); <-t.Context().Done() })
	require.Empty(t, askIdentAt(ctx, local, remote, silent))

	endless := serve(func(conn net.Conn, _ string) {
		for {
			if _, err := conn.Write([]byte(strings.Repeat("x", 4096))); err != nil {
				return
			}
		}
	})
	require.Empty(t, askIdentAt(context.Background(), local, remote, endless))
}

package main

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// perAddress is the number of connections per source address. It is well below the number of ports that the system
// assigns.
const perAddress = 10000

// sourceOf returns the loopback address that connection i comes from: 127.0.0.1 and the following ones.
func sourceOf(i int) [4]byte { return [4]byte{127, 0, 0, byte(1 + i/perAddress)} }

// dial connects a raw socket to a server on this machine, and makes it non-blocking. On the loopback interface, a
// connection is established at once if the server's queue has room; at most dialAhead connections are unanswered.
func dial(server netip.AddrPort, source [4]byte) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("cannot create a socket: %w", err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd) // the earlier error matters
		}
	}()
	if err := prepare(fd, source); err != nil {
		return -1, err
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(server.Port()), Addr: server.Addr().As4()}); err != nil {
		return -1, fmt.Errorf("cannot connect to %s: %w", server, err)
	}
	return fd, unix.SetNonblock(fd, true)
}

func prepare(fd int, source [4]byte) error {
	// The port is chosen once the destination is known, so that each source address can use all ports.
	return errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1),
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.Bind(fd, &unix.SockaddrInet4{Addr: source}),
	)
}

// readSocket reads available data. If there is none, n is 0 and the error is nil. closed means that the peer has ended
// the connection.
func readSocket(fd int, b []byte) (n int, closed bool, err error) {
	for {
		n, err = unix.Read(fd, b)
		switch err {
		case nil:
			return n, n == 0, nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, false, nil
		case unix.ECONNRESET:
			return 0, true, nil
		default:
			return 0, false, fmt.Errorf("cannot read from the server: %w", err)
		}
	}
}

// writeSocket writes as much as the socket accepts, which can be nothing.
func writeSocket(fd int, b []byte) (n int, err error) {
	for {
		n, err = unix.Write(fd, b)
		switch err {
		case nil:
			return n, nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, nil
		default:
			return 0, fmt.Errorf("cannot write to the server: %w", err)
		}
	}
}

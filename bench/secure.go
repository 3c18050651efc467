package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// shakeBound is how long a server can be silent during a TLS handshake.
const shakeBound = 10 * time.Second

// errNoMore is the error of a layer when all received data has been read. It is temporary, so that the TLS connection
// can continue later.
var errNoMore net.Error = noMore{}

type noMore struct{}

func (noMore) Error() string   { return "nothing more has been received" }
func (noMore) Timeout() bool   { return true }
func (noMore) Temporary() bool { return true }

// layer is the TLS connection of one client, and also what that connection uses as its socket: the socket itself during
// the handshake, and after that the bytes that the swarm has read and will write.
type layer struct {
	conn     *tls.Conn
	fd       int // -1 once the handshake is over
	received []byte
	records  []byte
}

// shakeHands performs the TLS handshake on a socket. It blocks. Clients do it one at a time, so that each handshake is
// measured alone.
func shakeHands(fd int) (*layer, error) {
	if err := errors.Join(unix.SetNonblock(fd, false), blockAtMost(fd, shakeBound)); err != nil {
		return nil, err
	}
	l := &layer{fd: fd}
	l.conn = tls.Client(l, &tls.Config{InsecureSkipVerify: true}) // this program created the certificate
	if err := l.conn.Handshake(); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	l.fd = -1
	return l, unix.SetNonblock(fd, true)
}

func blockAtMost(fd int, bound time.Duration) error {
	limit := unix.NsecToTimeval(int64(bound))
	return errors.Join(
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit),
	)
}

// decrypt decrypts received data and passes the result to do.
func (l *layer) decrypt(received []byte, do func(plain []byte)) error {
	l.received = received
	for {
		n, err := l.conn.Read(plainBuffer)
		if n > 0 {
			do(plainBuffer[:n])
		}
		switch {
		case errors.Is(err, errNoMore), errors.Is(err, io.EOF):
			return nil // the end of the stream is noticed at the socket
		case err != nil:
			return fmt.Errorf("cannot decrypt what the server sent: %w", err)
		}
	}
}

// plainBuffer holds a few records. All clients share it, because one goroutine does all the work.
var plainBuffer = make([]byte, 64<<10)

// encrypt returns the records for b. They are valid until the next call.
func (l *layer) encrypt(b []byte) (records []byte, err error) {
	l.records = l.records[:0]
	_, err = l.conn.Write(b)
	return l.records, err
}

// Read implements net.Conn for the TLS connection.
func (l *layer) Read(p []byte) (int, error) {
	if l.fd >= 0 {
		n, closed, err := readSocket(l.fd, p)
		switch {
		case closed:
			return 0, io.ErrUnexpectedEOF
		case err == nil && n == 0:
			return 0, errors.New("the server is silent")
		}
		return n, err
	}
	if len(l.received) == 0 {
		return 0, errNoMore
	}
	n := copy(p, l.received)
	l.received = l.received[n:]
	return n, nil
}

// Write implements net.Conn for the TLS connection.
func (l *layer) Write(p []byte) (int, error) {
	if l.fd >= 0 {
		return writeSocket(l.fd, p)
	}
	l.records = append(l.records, p...)
	return len(p), nil
}

// The other methods of net.Conn are not used.

func (l *layer) Close() error                     { return nil }
func (l *layer) LocalAddr() net.Addr              { return nil }
func (l *layer) RemoteAddr() net.Addr             { return nil }
func (l *layer) SetDeadline(time.Time) error      { return nil }
func (l *layer) SetReadDeadline(time.Time) error  { return nil }
func (l *layer) SetWriteDeadline(time.Time) error { return nil }

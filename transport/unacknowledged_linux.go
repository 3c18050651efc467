package transport

import "golang.org/x/sys/unix"

// unacknowledged returns how many of the bytes written to a TCP socket the peer has not confirmed; the end of the
// stream counts as one. It returns 0 if that is not known.
func unacknowledged(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.TIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

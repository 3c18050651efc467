package transport

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	defaultSocketMode fs.FileMode = 0o660
	staleDialBound                = time.Second
)

// listenUnix listens on a path. It first removes a socket file on which nobody listens; any other file there is an
// error.
func listenUnix(ctx context.Context, path string, mode fs.FileMode) (net.Listener, error) {
	if mode == 0 {
		mode = defaultSocketMode
	}
	named := path != "" && path[0] != '@' // '@' marks an abstract socket, which has no file
	if named {
		if err := removeStale(ctx, path); err != nil {
			return nil, err
		}
	}
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		// On systems where the file gets its mode from the socket, this keeps the file from ever being too accessible.
		// On others this fails or does nothing, and the chmod below sets the mode.
		return raw.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), uint32(mode.Perm())) })
	}}
	l, err := config.Listen(ctx, "unix", path)
	if err != nil || !named {
		return l, err
	}
	if err := os.Chmod(path, mode.Perm()); err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// removeStale removes a socket file that a process left behind.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return nil // there is nothing to remove, or the listen call will fail
	}
	ctx, cancel := context.WithTimeout(ctx, staleDialBound)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err == nil {
		_ = conn.Close()
		return &os.PathError{Op: "listen", Path: path, Err: syscall.EADDRINUSE}
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}

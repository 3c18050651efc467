package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// makeFolder creates the daemon's own directory. It contains a private key, so other users must not read it.
func makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("cannot create the directory %s: %w", path, plain(err))
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("cannot use the directory %s: %w", path, plain(err))
	}
	if !info.IsDir() {
		return fmt.Errorf("cannot use %s: it is not a directory", path)
	}
	return nil
}

// writeNew writes a file that must not exist yet. If writing fails, it removes the file.
func writeNew(path string, text []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, plain(err))
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cannot write %s: %w", path, plain(err)), os.Remove(path))
	}
	return nil
}

// told is an error that explains a different error in plain English. errors.Is still finds the original.
type told struct {
	text string
	err  error
}

func (e told) Error() string { return e.text }
func (e told) Unwrap() error { return e.err }

// plain explains a system error in plain English. It leaves out the path and the system call, because its caller says
// what failed.
func plain(err error) error {
	for _, known := range []struct {
		err  error
		text string
	}{
		{syscall.EADDRINUSE, "the address is in use; is another server running?"},
		{syscall.EADDRNOTAVAIL, "this machine does not have that address"},
		{syscall.ENOSPC, "the disk is full"},
		{syscall.EROFS, "the disk is read-only"},
		{syscall.ENOTDIR, "part of the path is not a directory"},
		{fs.ErrNotExist, "it does not exist"},
		{fs.ErrExist, "it already exists"},
		{fs.ErrPermission, "permission denied"},
	} {
		if errors.Is(err, known.err) {
			return told{known.text, err}
		}
	}
	var call syscall.Errno
	if errors.As(err, &call) {
		return told{call.Error(), err}
	}
	return err
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// makeFolder makes the daemon's own folder, which holds a private key, so nobody else may look into it.
func makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("cannot make the folder %s: %w", path, plain(err))
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("cannot use the folder %s: %w", path, plain(err))
	}
	if !info.IsDir() {
		return fmt.Errorf("cannot use %s: it is not a folder", path)
	}
	return nil
}

// writeNew writes a file that must not be there yet. When the writing fails half-way, nothing is left.
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

// A told error says in plain English what another one means. The other one is still found by errors.Is.
type told struct {
	text string
	err  error
}

func (e told) Error() string { return e.text }
func (e told) Unwrap() error { return e.err }

// plain says what an error of the system means, without the path and the call: the caller names what it was doing.
func plain(err error) error {
	for _, known := range []struct {
		err  error
		text string
	}{
		{syscall.EADDRINUSE, "the address is in use; is another server running?"},
		{syscall.EADDRNOTAVAIL, "this machine does not have that address"},
		{syscall.ENOSPC, "the disk is full"},
		{syscall.EROFS, "the disk is read-only"},
		{syscall.ENOTDIR, "a part of the path is not a folder"},
		{fs.ErrNotExist, "it does not exist"},
		{fs.ErrExist, "it is there already"},
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

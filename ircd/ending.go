package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ending says how the daemon should end, after an operator's DIE or RESTART, a signal, or a failure.
type ending struct {
	restart bool
	reason  string // the reason that clients see
	err     error  // why the daemon cannot go on, otherwise nil
}

// terminate accepts an operator's wish, which the goroutine that handles signals carries out. It refuses a restart if
// the program could not start again.
func (d *daemon) terminate(restart bool, reason string) error {
	if restart {
		if _, err := d.load(); err != nil {
			return err
		}
		if _, err := os.Executable(); err != nil {
			return fmt.Errorf("cannot find the program's file: %w", err)
		}
	}
	select {
	case d.endings <- ending{restart: restart, reason: reason}:
		return nil
	default:
		return errStopping
	}
}

// broken ends the daemon, because it cannot go on.
func (d *daemon) broken(err error) {
	select {
	case d.endings <- ending{reason: "Server error", err: err}:
	default: // it ends anyway
	}
}

// reexec replaces the process with a new run of the program, with the same arguments. It returns only if that fails.
func reexec() error {
	path, err := os.Executable()
	if err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	if err := handOn(inheritedSockets()); err != nil {
		return err
	}
	err = syscall.Exec(path, os.Args, os.Environ())
	return errors.Join(errors.New("cannot restart the program"), err)
}

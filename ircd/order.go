package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// order is how the daemon is to end: an operator's DIE or RESTART, or a signal.
type order struct {
	restart bool
	reason  string // what clients read
}

// terminate takes an operator's order; the goroutine that obeys signals carries it out. A restart is refused while the
// program could not start again.
func (d *daemon) terminate(restart bool, reason string) error {
	if restart {
		if _, err := d.load(); err != nil {
			return err
		}
		if _, err := os.Executable(); err != nil {
			return fmt.Errorf("the program cannot be found: %w", err)
		}
	}
	select {
	case d.orders <- order{restart, reason}:
		return nil
	default:
		return errStopping
	}
}

// reexec starts the program anew in its own process, with the same arguments. It returns only when that fails.
func reexec() error {
	path, err := os.Executable()
	if err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	if err := handOn(inheritedSockets()); err != nil {
		return err
	}
	err = syscall.Exec(path, os.Args, os.Environ())
	return errors.Join(errors.New("restart: the program could not be started anew"), err)
}

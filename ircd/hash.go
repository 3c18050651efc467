package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bavard/accounts"
)

type hashCommand struct{}

// Help is shown by --help.
func (hashCommand) Help() string {
	return "On a terminal the password is asked for twice and not shown. Otherwise it is the first line of standard input. " +
		"The hash goes to standard output: copy it into password = \"...\", or into the file that password_file names."
}

var errPasswordsDiffer = errors.New("the two passwords are not the same")

// Run reads a password and prints its hash.
func (hashCommand) Run(env environment) error {
	in := bufio.NewReader(env.stdin)
	password, err := readPassword(env, in, "Password: ")
	if err != nil {
		return err
	}
	if _, ok := terminalOf(env.stdin); ok {
		again, err := readPassword(env, in, "Again: ")
		if err != nil {
			return err
		}
		if again != password {
			return errPasswordsDiffer
		}
	}
	hash, err := accounts.HashPassword(password)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.stdout, hash)
	return err
}

// readPassword reads one line. On a terminal it asks for it, and what is typed is not shown.
func readPassword(env environment, in *bufio.Reader, prompt string) (string, error) {
	if fd, ok := terminalOf(env.stdin); ok {
		fmt.Fprint(env.stderr, prompt)
		show, err := hideTyping(fd)
		if err != nil {
			return "", fmt.Errorf("cannot hide what is typed: %w", err)
		}
		defer func() {
			show()
			fmt.Fprintln(env.stderr) // the line end that was typed was not shown either
		}()
	}
	return firstLine(in)
}

// firstLine reads up to a line end or the end. It reads a little more than a password may have, so that too long a one is noticed.
func firstLine(in *bufio.Reader) (string, error) {
	var line strings.Builder
	for line.Len() <= accounts.MaxPasswordBytes+len("\r") {
		b, err := in.ReadByte()
		if errors.Is(err, io.EOF) || b == '\n' {
			break
		}
		if err != nil {
			return "", fmt.Errorf("cannot read the password: %w", plain(err))
		}
		line.WriteByte(b)
	}
	return strings.TrimSuffix(line.String(), "\r"), nil
}

// terminalOf tells whether a reader is a terminal, and which.
func terminalOf(r io.Reader) (fd int, ok bool) {
	f, ok := r.(*os.File)
	if !ok {
		return 0, false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), readTermios)
	return int(f.Fd()), err == nil
}

// hideTyping stops a terminal from showing what is typed, until show is called or the program is interrupted.
func hideTyping(fd int) (show func(), err error) {
	before, err := unix.IoctlGetTermios(fd, readTermios)
	if err != nil {
		return nil, err
	}
	silent := *before
	silent.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, writeTermios, &silent); err != nil {
		return nil, err
	}
	restore := func() { _ = unix.IoctlSetTermios(fd, writeTermios, before) }
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { // ends when show is called, or with the program
		select {
		case <-signals:
			restore()
			os.Exit(exitError)
		case <-done:
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
		restore()
	}, nil
}

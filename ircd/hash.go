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

// Help returns the text for --help.
func (hashCommand) Help() string {
	return "On a terminal, it asks for the password twice without showing it. Otherwise it reads the first line of standard input. " +
		"It prints the hash on standard output: copy it into password = \"...\", or into the file that password_file names."
}

var errPasswordsDiffer = errors.New("the passwords do not match")

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

// readPassword reads one line. On a terminal it prints the prompt first, and hides what the user types.
func readPassword(env environment, in *bufio.Reader, prompt string) (string, error) {
	if fd, ok := terminalOf(env.stdin); ok {
		fmt.Fprint(env.stderr, prompt)
		show, err := hideTyping(fd)
		if err != nil {
			return "", fmt.Errorf("cannot hide the password while it is typed: %w", err)
		}
		defer func() {
			show()
			fmt.Fprintln(env.stderr) // the line end that the user typed was hidden too
		}()
	}
	return firstLine(in)
}

// firstLine reads up to a line end or the end of input. It reads slightly more than the longest password, so that the
// caller notices a password that is too long.
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

// terminalOf returns the file descriptor of a reader or writer that is a terminal, and reports whether it is one.
func terminalOf(r any) (fd int, ok bool) {
	f, ok := r.(*os.File)
	if !ok {
		return 0, false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), readTermios)
	return int(f.Fd()), err == nil
}

// hideTyping turns a terminal's echo off until show is called or the program is interrupted.
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
	go func() { // ends when show is called or the program is interrupted
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

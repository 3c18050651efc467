// Package main is the program bavard: its command line, and the daemon that it builds from the other packages.
//
// It owns everything that belongs to the process: arguments, signals, the log, files on disk, listeners and
// certificates, and how the daemon starts, reloads and stops. It knows no IRC command and holds none of the network's
// state.
//
// Invariants: if the daemon cannot start, it prints one clear line per mistake on standard error and exits with code 1;
// a reload changes everything or nothing; clients stay connected through a reload; the parts stop in the reverse order
// of their start.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"bavard/config"
)

// version is the version that people and clients see. "make release" sets it to the release or the commit
// (packaging/version); this value is for other builds.
var version = "0.1.0-dev"

// The exit codes.
const (
	exitOK    = 0
	exitError = 1 // the command failed
	exitUsage = 2 // the arguments are wrong
)

// commandLine is the struct that kong parses the arguments into.
type commandLine struct {
	Run     runCommand     `cmd:"" default:"withargs" help:"Run the server (the default command)."`
	Check   checkCommand   `cmd:"" help:"Check a configuration file and report every mistake in it."`
	Init    initCommand    `cmd:"" help:"Write a commented config.toml and a new certificate."`
	Hash    hashCommand    `cmd:"" help:"Read a password and print its hash for the configuration file."`
	Health  healthCommand  `cmd:"" help:"Check whether the running server answers."`
	Backup  backupCommand  `cmd:"" help:"Back up all of the server's data to one file."`
	Restore restoreCommand `cmd:"" help:"Restore a backup into an empty folder."`
	Doctor  doctorCommand  `cmd:"" help:"Check the server's data, and say what to do about problems."`
	Export  exportCommand  `cmd:"" help:"Export the server's data as JSON lines."`
	Version versionCommand `cmd:"" help:"Print the version."`

	Completion completionCommand `cmd:"" help:"Print the completion script for a shell."`
	Man        manCommand        `cmd:"" hidden:"" help:"Print the manual page."`

	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`
}

// environment is the part of the process that commands use. Tests replace it.
type environment struct {
	program        string // what the user types to run the program
	stdin          io.Reader
	stdout, stderr io.Writer
	signals        <-chan os.Signal // the signals that stop or reload the daemon; nil for those of the process
	restart        func() error     // restarts the program; nil to replace this process
}

func main() {
	os.Exit(execute(os.Args[1:], environment{program: calledAs(os.Args[0]), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
}

// calledAs returns what the user types to run this program, from the program's first argument. "go run" runs a
// temporary file, which is gone later.
func calledAs(path string) string {
	if strings.Contains(filepath.ToSlash(path), "/go-build") {
		return "go run ./ircd"
	}
	return path
}

// exit is the panic value with which --help leaves kong's parser, because kong expects the program to end there.
type exit int

// execute runs the command in the arguments and returns the exit code.
func execute(args []string, env environment) (code int) {
	defer func() {
		if p := recover(); p != nil {
			asked, ok := p.(exit)
			if !ok {
				panic(p)
			}
			code = int(asked)
		}
	}()
	parser, err := kong.New(&commandLine{},
		kong.Name("bavard"),
		kong.Description("Bavard, an IRC daemon. It needs no set-up: \"bavard\" alone starts a server on 127.0.0.1."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(env.stdout, env.stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Bind(env),
		kong.Vars{"version": versionText()},
	)
	if err != nil {
		panic("bavard: invalid command line definition: " + err.Error())
	}
	context, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(env.stderr, "bavard: %v\nTry \"bavard --help\".\n", err)
		return exitUsage
	}
	if err := context.Run(); err != nil {
		complain(env.stderr, err)
		return exitError
	}
	return exitOK
}

// complain prints an error. Each mistake in a configuration file gets its own line.
func complain(w io.Writer, err error) {
	var problems config.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Fprintln(w, p)
		}
		return
	}
	fmt.Fprintf(w, "bavard: %v\n", err)
}

type versionCommand struct{}

// Run prints the version, including the Go version, the platform and the revision.
func (versionCommand) Run(env environment) error {
	_, err := fmt.Fprintln(env.stdout, versionText())
	return err
}

func versionText() string {
	text := fmt.Sprintf("bavard %s (%s, %s/%s)", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				text += " revision " + s.Value
			}
		}
	}
	return text
}

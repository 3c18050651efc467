// Package main is the program bavard: its command line, and the daemon that it builds from the other packages.
//
// It owns what belongs to the process: arguments, signals, the log, the files on disk, the listeners, the certificate, starting, reloading and stopping. It
// knows no IRC verb and holds no state of the network.
//
// Invariants: whatever goes wrong at start is one clear line on standard error for each mistake, and exit 1; a reload changes everything or
// nothing; whoever is connected stays connected through a reload; the parts are stopped in the reverse order of their start.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"bavard/config"
)

// version is what the server calls itself, to people and to clients. "make release" stamps the release or the commit
// here (packaging/version); a build without it is one of a source tree.
var version = "0.1.0-dev"

// The exit codes.
const (
	exitOK    = 0
	exitError = 1 // it could not be done
	exitUsage = 2 // it was not asked for rightly
)

// commandLine is what kong reads the arguments into.
type commandLine struct {
	Run     runCommand     `cmd:"" default:"withargs" help:"Run the server (this is what happens without a command)."`
	Check   checkCommand   `cmd:"" help:"Check a configuration file and name every mistake in it."`
	Init    initCommand    `cmd:"" help:"Write a commented config.toml and a fresh certificate."`
	Hash    hashCommand    `cmd:"" help:"Read a password and print its hash for the configuration file."`
	Health  healthCommand  `cmd:"" help:"Ask the running server whether it answers."`
	Version versionCommand `cmd:"" help:"Print the version."`

	Completion completionCommand `cmd:"" help:"Print the completions for a shell."`
	Man        manCommand        `cmd:"" hidden:"" help:"Print the manual page."`

	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`
}

// environment is what the commands have of the process, so that tests can give them something else.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	signals        <-chan os.Signal // what ends or reloads the daemon; nil: those of the process
	restart        func() error     // starts the program anew; nil: in this process
}

func main() {
	os.Exit(execute(os.Args[1:], environment{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
}

// exit is how kong's --help leaves the parser: it expects that the program ends there.
type exit int

// execute does what the arguments ask for and returns the exit code.
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
		kong.Description("Bavard, an IRC daemon. It starts with no set-up: \"bavard\" alone serves 127.0.0.1."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(env.stdout, env.stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Bind(env),
		kong.Vars{"version": versionText()},
	)
	if err != nil {
		panic("bavard: the command line is declared wrongly: " + err.Error())
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

// complain writes an error: each mistake of a configuration file on its own line, anything else on one.
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

// Run prints the version, and what was built from which source.
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

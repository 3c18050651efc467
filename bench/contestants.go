package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The names of the servers that can be compared, as -servers takes them. Any other is NAME=PATH: a build of this daemon.
const (
	nameBavard   = "bavard"
	nameInspIRCd = "inspircd"
)

// reference is the server that the others are compared with.
const reference = nameInspIRCd

// inspircdPaths are where the program may be besides PATH, which does not always have /usr/sbin.
var inspircdPaths = []string{"/usr/sbin/inspircd", "/usr/local/sbin/inspircd"}

// A contestant is a server program that can be started.
type contestant struct {
	name    string
	program string
	// configure is the content of its configuration file.
	configure func(s setting) string
	// arguments start it in the foreground with that file.
	arguments func(file string) []string
}

// errNoInspIRCd tells that the reference is missing; the run goes on without.
var errNoInspIRCd = errors.New("InspIRCd is not installed (Debian: apt-get install inspircd; do not let it start as a service), so there is nothing to compare with")

// contestantsOf makes what -servers names. What has to be built goes into dir. A missing InspIRCd is reported through warn and left out.
func contestantsOf(ctx context.Context, names, dir string, warn func(error)) ([]contestant, error) {
	var list []contestant
	for name := range strings.SplitSeq(names, ",") {
		name, path, given := strings.Cut(strings.TrimSpace(name), "=")
		var program string
		var err error
		switch {
		case name == "":
			return nil, fmt.Errorf("-servers %q has an empty name", names)
		case given:
			program, err = exec.LookPath(path)
		case name == nameBavard:
			program, err = build(ctx, dir)
		case name == nameInspIRCd:
			program, err = findInspIRCd()
		default:
			return nil, fmt.Errorf("there is no server %q: it is %s, %s, or NAME=PATH for a build of this daemon", name, nameBavard, nameInspIRCd)
		}
		if errors.Is(err, errNoInspIRCd) {
			warn(err)
			continue
		}
		if err != nil {
			return nil, err
		}
		c := contestant{name, program, bavardConfig, bavardArguments}
		if name == nameInspIRCd {
			c.configure, c.arguments = inspircdConfig, inspircdArguments
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, errors.New("no server is left to measure")
	}
	return list, nil
}

// build compiles this daemon as anybody would.
func build(ctx context.Context, dir string) (program string, err error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("cannot find this module; run from inside it: %w", err)
	}
	program = filepath.Join(dir, "ircd")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "./ircd")
	cmd.Dir = strings.TrimSpace(string(root))
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build ./ircd: %w\n%s", err, output)
	}
	return program, nil
}

func findInspIRCd() (program string, err error) {
	if path, err := exec.LookPath(nameInspIRCd); err == nil {
		return path, nil
	}
	for _, path := range inspircdPaths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", errNoInspIRCd
}

func bavardArguments(file string) []string { return []string{"run", "--config", file} }

func inspircdArguments(file string) []string {
	arguments := []string{"--nofork", "--nopid", "--config=" + file}
	if os.Geteuid() == 0 {
		arguments = append(arguments, "--runasroot") // it refuses otherwise
	}
	return arguments
}

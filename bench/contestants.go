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
	nameNgIRCd   = "ngircd"
)

// A peer is a server that is not ours: what the others are compared with.
type peer struct {
	contestant
	debianPackage string
}

// peers are those that can be compared with, the fastest first.
var peers = []peer{
	{contestant{name: nameInspIRCd, configure: inspircdConfig, arguments: inspircdArguments}, "inspircd"},
	{contestant{name: nameNgIRCd, configure: ngircdConfig, arguments: ngircdArguments, dialAhead: ngircdQueue, untagged: true}, "ngircd"},
}

// ngircdQueue is how many connections its listening socket queues: with more, the kernel tries again only after a second.
const ngircdQueue = 8

// systemFolders are where a daemon's program may be besides PATH, which does not always have them.
var systemFolders = []string{"/usr/sbin", "/usr/local/sbin"}

// isPeer tells whether a server is what the others are compared with.
func isPeer(name string) bool { return find(peers, func(p peer) bool { return p.name == name }) != nil }

// A contestant is a server program that can be started.
type contestant struct {
	name    string
	program string
	// configure is the content of its configuration file.
	configure func(s setting) string
	// arguments start it in the foreground with that file.
	arguments func(file string) []string
	// untagged: it knows no tags.
	untagged bool
	// dialAhead is how many clients may be in the middle of registering at once; 0: as many as dialAhead the constant says.
	dialAhead int
}

// errNotInstalled tells that a peer is missing; the run goes on without.
var errNotInstalled = errors.New("not installed, so this daemon is not compared with it")

// contestantsOf makes what -servers names. What has to be built goes into dir. A missing peer is reported through warn and left out.
func contestantsOf(ctx context.Context, names, dir string, warn func(error)) ([]contestant, error) {
	var list []contestant
	for name := range strings.SplitSeq(names, ",") {
		name, path, given := strings.Cut(strings.TrimSpace(name), "=")
		c := contestant{name: name, configure: bavardConfig, arguments: bavardArguments}
		var err error
		known := find(peers, func(p peer) bool { return p.name == name })
		switch {
		case name == "":
			return nil, fmt.Errorf("-servers %q has an empty name", names)
		case given:
			c.program, err = exec.LookPath(path)
		case name == nameBavard:
			c.program, err = build(ctx, dir)
		case known != nil:
			c = known.contestant
			c.program, err = known.find()
		default:
			return nil, fmt.Errorf("there is no server %q: it is %s, %s, %s, or NAME=PATH for a build of this daemon", name, nameBavard, nameInspIRCd, nameNgIRCd)
		}
		if errors.Is(err, errNotInstalled) {
			warn(err)
			continue
		}
		if err != nil {
			return nil, err
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

// find looks for a peer's program.
func (p peer) find() (program string, err error) {
	if path, err := exec.LookPath(p.name); err == nil {
		return path, nil
	}
	for _, folder := range systemFolders {
		path := filepath.Join(folder, p.name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is %w (make bench installs it; Debian: apt-get install %s; do not let it start as a service)", p.name, errNotInstalled, p.debianPackage)
}

func bavardArguments(file string) []string { return []string{"run", "--config", file} }

func inspircdArguments(file string) []string {
	arguments := []string{"--nofork", "--nopid", "--config=" + file}
	if os.Geteuid() == 0 {
		arguments = append(arguments, "--runasroot") // it refuses otherwise
	}
	return arguments
}

func ngircdArguments(file string) []string {
	return []string{"--nodaemon", "--passive", "--config", file}
}

// forRow are the contestants that can take part in a row, set up for it.
func forRow(all []contestant, sc scenario) (list []contestant) {
	if !sc.tags {
		return all
	}
	for _, c := range all {
		if c.untagged {
			continue
		}
		configure := c.configure
		c.configure = func(s setting) string {
			s.tags = true
			return configure(s)
		}
		list = append(list, c)
	}
	return list
}

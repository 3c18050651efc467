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

// The names of servers for -servers. NAME=PATH stands for a different build of this daemon. The names of variants stand
// for this daemon with different settings for what it keeps.
const (
	nameBavard   = "bavard"
	nameInspIRCd = "inspircd"
	nameNgIRCd   = "ngircd"
)

// variants lists this daemon's settings of [storage], apart from the path, by the name of a server.
var variants = map[string]struct {
	settings string
	nothing  bool // nothing is kept at all
}{
	nameBavard:  {},
	"memory":    {nothing: true},
	"always":    {settings: "sync = \"always\"\n"},
	"snapshots": {settings: "snapshot_size = \"1MiB\"\n"}, // as often as it is checked: every ten seconds
}

// peer is a server other than this daemon, to compare with.
type peer struct {
	contestant
	debianPackage string
}

// peers lists the servers to compare with, the fastest first.
var peers = []peer{
	{contestant{name: nameInspIRCd, configure: inspircdConfig, arguments: inspircdArguments}, "inspircd"},
	{contestant{name: nameNgIRCd, configure: ngircdConfig, arguments: ngircdArguments, dialAhead: ngircdQueue, untagged: true}, "ngircd"},
}

// ngircdQueue is how many connections ngIRCd's listening socket queues. With more, the kernel retries only after a
// second.
const ngircdQueue = 8

// systemFolders lists directories for daemons that PATH may not include.
var systemFolders = []string{"/usr/sbin", "/usr/local/sbin"}

// isPeer reports whether a server is one of the peers.
func isPeer(name string) bool { return find(peers, func(p peer) bool { return p.name == name }) != nil }

// contestant is a server program that can be started.
type contestant struct {
	name    string
	program string
	// configure returns the content of its configuration file.
	configure func(s setting) string
	// arguments returns the arguments that start it in the foreground with that file.
	arguments func(file string) []string
	// storage holds settings of [storage] in this daemon's configuration; keepsNothing means that its path is empty.
	storage      string
	keepsNothing bool
	// untagged means that it does not support tags.
	untagged bool
	// dialAhead is how many clients can be registering at once; 0 means the constant dialAhead.
	dialAhead int
}

// errNotInstalled means that a peer is missing. The run continues without it.
var errNotInstalled = errors.New("not installed and is left out")

// contestantsOf returns the servers that -servers names. It builds into dir. It reports a missing peer through warn,
// and leaves it out.
func contestantsOf(ctx context.Context, names, dir string, warn func(error)) ([]contestant, error) {
	var list []contestant
	for name := range strings.SplitSeq(names, ",") {
		name, path, given := strings.Cut(strings.TrimSpace(name), "=")
		c := contestant{name: name, configure: bavardConfig, arguments: bavardArguments}
		var err error
		variant, isVariant := variants[name]
		known := find(peers, func(p peer) bool { return p.name == name })
		switch {
		case name == "":
			return nil, fmt.Errorf("-servers %q has an empty name", names)
		case given:
			c.program, err = exec.LookPath(path)
		case isVariant:
			c.storage, c.keepsNothing = variant.settings, variant.nothing
			c.program, err = build(ctx, dir)
		case known != nil:
			c = known.contestant
			c.program, err = known.find()
		default:
			return nil, fmt.Errorf("unknown server %q: choose from %s, %s, %s, memory, always, snapshots, or NAME=PATH for a build of this daemon", name, nameBavard, nameInspIRCd, nameNgIRCd)
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
		return nil, errors.New("there is no server left to measure")
	}
	return list, nil
}

// build compiles this daemon like a user would.
func build(ctx context.Context, dir string) (program string, err error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("cannot find the module; run this command inside it: %w", err)
	}
	program = filepath.Join(dir, "ircd")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "./ircd")
	cmd.Dir = strings.TrimSpace(string(root))
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build ./ircd: %w\n%s", err, output)
	}
	return program, nil
}

// find returns the path of a peer's program.
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
		arguments = append(arguments, "--runasroot") // it refuses to run as root otherwise
	}
	return arguments
}

func ngircdArguments(file string) []string {
	return []string{"--nodaemon", "--passive", "--config", file}
}

// forRow returns the contestants that can take part in a row, configured for it.
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

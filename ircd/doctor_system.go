package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The bounds of the doctor's checks of the system.
const (
	// leastFree is the free space below which there will soon be a problem.
	leastFree = 256 << 20
	// renewBefore is how long before its end a certificate should have been renewed.
	renewBefore = 14 * 24 * time.Hour
	// clockSlack is how far in the future a time may be.
	clockSlack = 2 * time.Minute
	// mostNamed is the greatest number of files that a line names.
	mostNamed = 3
)

// checkPermissions checks that nobody but the owner can read the folder, and that all its files belong to one user.
func (x *examination) checkPermissions() {
	info, err := os.Stat(x.folder)
	if err != nil {
		return // checkFolder has said so
	}
	owner := ownerOf(info)
	if user := os.Geteuid(); user != 0 && owner >= 0 && owner != user {
		x.add(odd, "Run this as the user of the daemon.", "permissions: %s belongs to user %d, and you are user %d", x.folder, owner, user)
	}
	var open, foreign, unreadable []string
	certificate, _ := certificatePaths(x.folder)
	_ = filepath.WalkDir(x.folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			unreadable = append(unreadable, path)
			return nil
		}
		info, err := e.Info()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // removed meanwhile
		case err != nil:
			unreadable = append(unreadable, path)
			return nil
		}
		// The permissions of the folder protect the folders and the certificate in it.
		if mode := info.Mode(); mode.Perm()&0o077 != 0 && (path == x.folder || mode.IsRegular() && path != certificate) {
			open = append(open, path)
		}
		if ownerOf(info) != owner {
			foreign = append(foreign, path)
		}
		return nil
	})
	x.addFiles(open, fmt.Sprintf("Others may read messages and keys: chmod -R go= %s", x.folder), "others have permissions for")
	x.addFiles(foreign, fmt.Sprintf("The daemon may not be able to use them: chown -R %d %s", owner, x.folder), "the folder's owner does not own")
	x.addFiles(unreadable, "Run this as the user of the daemon.", "cannot examine")
	if len(open)+len(foreign)+len(unreadable) == 0 {
		x.add(fine, "", "permissions: only the owner can read the files")
	}
}

// addFiles adds a problem with files.
func (x *examination) addFiles(files []string, todo, what string) {
	if len(files) == 0 {
		return
	}
	text := strings.Join(files[:min(len(files), mostNamed)], ", ")
	if more := len(files) - mostNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	x.add(problem, todo, "permissions: %s %s", what, text)
}

// ownerOf returns the user id of the owner of a file, -1 if it is not known.
func ownerOf(info fs.FileInfo) int {
	if s, known := info.Sys().(*syscall.Stat_t); known {
		return int(s.Uid)
	}
	return -1
}

func (x *examination) checkSpace() {
	free, known := freeSpace(x.folder)
	switch {
	case !known:
	case free < leastFree:
		x.add(problem, "Make room on the disk, or move the folder to a larger one (storage.path). When the disk is full, chat goes on and nothing is kept.", "disk: only %s free", sizeText(free))
	default:
		x.add(fine, "", "disk: %s free", sizeText(free))
	}
}

// checkLeftovers looks for files that an interrupted restore or a bug has left.
func (x *examination) checkLeftovers() {
	entries, err := os.ReadDir(x.folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(x.folder, e.Name())
		switch {
		case e.Name() == restoring:
			x.add(problem, "If no restore is running, delete everything in the folder and restore the backup again.", "restore: %s is left from a restore that was not finished", path)
		case strings.HasPrefix(e.Name(), "operation-"):
			x.add(odd, "Report it as a bug; the file can contain what somebody said. Delete it afterwards.", "bug: %s is an operation that the program could not carry out", path)
		}
	}
}

// checkClock compares the time of the last operation, and those of the files, with the clock.
func (x *examination) checkClock(last time.Time) {
	newest, path := last, "the last operation"
	_ = filepath.WalkDir(x.folder, func(p string, e fs.DirEntry, err error) error {
		if err == nil {
			if info, err := e.Info(); err == nil && info.ModTime().After(newest) {
				newest, path = info.ModTime(), p
			}
		}
		return nil
	})
	if ahead := newest.Sub(x.now); ahead > clockSlack {
		x.add(problem, "If the clock is wrong, set it, for example with timedatectl set-ntp true. If it is right, it was ahead before: times that were shown then stay wrong, and nothing else is.",
			"clock: %s is from %s, which is in the future by %s", path, newest.UTC().Format(time.DateTime+" UTC"), ahead.Round(time.Second))
		return
	}
	x.add(fine, "", "clock: %s", x.now.UTC().Format(time.DateTime+" UTC"))
}

func (x *examination) checkCertificates() {
	if !usesTLS(x.cfg) {
		return
	}
	certificate, key, todo := x.cfg.TLS.Certificate, x.cfg.TLS.Key, "Renew it, and reload with SIGHUP or REHASH."
	if certificate == "" {
		if x.folder == "" {
			return
		}
		certificate, key = certificatePaths(x.folder)
		todo = "Delete " + certificate + " and " + key + ": the next start makes new ones. Clients that have pinned the old one must be told."
		if _, err := os.Stat(certificate); errors.Is(err, fs.ErrNotExist) {
			if _, err := os.Stat(key); errors.Is(err, fs.ErrNotExist) {
				x.add(fine, "", "certificate: none yet; the first start makes a self-signed one")
				return
			}
		}
	}
	x.checkCertificate(certificate, key, []string{x.cfg.Server.Name}, todo)
	for _, c := range x.cfg.Certificates {
		x.checkCertificate(c.Certificate, c.Key, c.Names, "Renew it, and reload with SIGHUP or REHASH.")
	}
}

func (x *examination) checkCertificate(certificate, key string, names []string, todo string) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		x.add(problem, "Both must be readable PEM files that belong together.", "certificate: cannot use %s with %s: %v", certificate, key, plain(err))
		return
	}
	if info, err := os.Stat(key); err == nil && info.Mode().Perm()&0o007 != 0 {
		x.add(problem, "chmod o= "+key, "certificate: everybody can read the key %s", key)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		x.add(problem, todo, "certificate: cannot read %s: %v", certificate, err)
		return
	}
	until := leaf.NotAfter.UTC().Format(time.DateTime + " UTC")
	switch {
	case x.now.After(leaf.NotAfter):
		x.add(problem, todo, "certificate: %s expired at %s", certificate, until)
	case x.now.Before(leaf.NotBefore):
		x.add(problem, "Check the clock, or use a different certificate.", "certificate: %s is not valid before %s", certificate, leaf.NotBefore.UTC().Format(time.DateTime+" UTC"))
	case leaf.NotAfter.Sub(x.now) < renewBefore:
		x.add(odd, todo, "certificate: %s expires at %s", certificate, until)
	default:
		x.add(fine, "", "certificate: %s is valid until %s", certificate, until)
	}
	for _, name := range names {
		if leaf.VerifyHostname(strings.Replace(name, "*.", "any.", 1)) != nil {
			x.add(odd, "Clients that connect to this name and check certificates refuse it. Use a certificate with the name that they connect to.", "certificate: %s is not for %s", certificate, name)
		}
	}
}

// checkFiles compares the limit on open files with limits.clients.
func (x *examination) checkFiles() {
	if files, whose := x.fileLimit(); files > 0 {
		x.judgeFiles(files, whose)
	}
}

func (x *examination) judgeFiles(files uint64, whose string) {
	if possible := placesWith(files, x.cfg.Limits.Clients); possible < x.cfg.Limits.Clients {
		x.add(problem, fmt.Sprintf("Raise the limit to at least %d (LimitNOFILE in the systemd unit, or ulimit -Hn), or lower limits.clients.", x.cfg.Limits.Clients+spareFiles),
			"open files: limits.clients is %d, but the limit of %s is %d files, enough for %d clients", x.cfg.Limits.Clients, whose, files, possible)
		return
	}
	x.add(fine, "", "open files: enough for limits.clients (%d)", x.cfg.Limits.Clients)
}

// fileLimit returns how many files the daemon can have open: the limit of the running daemon, if the system tells it,
// and otherwise the limit of this process.
func (x *examination) fileLimit() (files uint64, whose string) {
	text, err := os.ReadFile(filepath.Join("/proc", x.user, "limits"))
	if err == nil && x.user != "" {
		for line := range strings.Lines(string(text)) {
			rest, is := strings.CutPrefix(line, "Max open files")
			if words := strings.Fields(rest); is && len(words) > 0 {
				if n, err := strconv.ParseUint(words[0], 10, 63); err == nil {
					return n, "process " + x.user
				}
			}
		}
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, ""
	}
	return uint64(limit.Max), "this shell" // limit.Max is signed on some systems
}

package main

import (
	"log/slog"
	"math"

	"golang.org/x/sys/unix"

	"bavard/config"
)

// spareFiles is how many files the daemon may need besides its connections: listeners, logs, storage, what the runtime opens.
const spareFiles = 64

// raiseFileLimit lets the process open as many files as the system allows it to: each connection is one.
func raiseFileLimit(log *slog.Logger) {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	if err == nil && limit.Cur < limit.Max {
		limit.Cur = limit.Max
		err = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	}
	if err != nil {
		log.Warn("cannot raise the limit of open files", "error", err)
	}
}

// placesFor is how many connections there may be: limits.clients, or fewer when the system lets this process open no more files. Who comes
// after them is told so, instead of waiting for a place without a word, and nothing else lacks a file.
func placesFor(cfg *config.Config) int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return cfg.Limits.Clients // raiseFileLimit has told that already
	}
	return placesWith(uint64(limit.Cur), cfg.Limits.Clients) // signed on some systems
}

// placesWith is placesFor when so many files may be open. There always is one.
func placesWith(files uint64, clients int) int {
	if files >= math.MaxInt64 { // no limit
		return clients
	}
	return max(min(int(files)-spareFiles, clients), 1)
}

// warnOfFewFiles tells when limits.clients is more than there can be.
func warnOfFewFiles(log *slog.Logger, cfg *config.Config) {
	if places := placesFor(cfg); places < cfg.Limits.Clients {
		log.Warn("limits.clients is more than the system lets this process open (ulimit -n): there are fewer places", "clients", cfg.Limits.Clients, "places", places)
	}
}

package main

import (
	"log/slog"
	"math"

	"golang.org/x/sys/unix"

	"bavard/config"
)

// spareFiles is how many files the daemon may need besides its connections: for listeners, logs, storage and the Go
// runtime.
const spareFiles = 64

// raiseFileLimit raises the process's limit on open files as far as the system allows. Each connection is an open file.
func raiseFileLimit(log *slog.Logger) {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	if err == nil && limit.Cur < limit.Max {
		limit.Cur = limit.Max
		err = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	}
	if err != nil {
		log.Warn("cannot raise the limit on open files", "error", err)
	}
}

// placesFor returns how many connections there can be: limits.clients, or fewer if the system does not let the process
// open enough files. Clients beyond that are refused with a message instead of being left waiting, and the rest of the
// daemon can still open files.
func placesFor(cfg *config.Config) int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return cfg.Limits.Clients // raiseFileLimit has already logged the error
	}
	return placesWith(uint64(limit.Cur), cfg.Limits.Clients) // limit.Cur is signed on some systems
}

// placesWith returns how many connections there can be if the process can have this many files open. It is at least
// one.
func placesWith(files uint64, clients int) int {
	if files >= math.MaxInt64 { // no limit
		return clients
	}
	return max(min(int(files)-spareFiles, clients), 1)
}

// warnOfFewFiles logs a warning if there can be fewer connections than limits.clients.
func warnOfFewFiles(log *slog.Logger, cfg *config.Config) {
	if places := placesFor(cfg); places < cfg.Limits.Clients {
		log.Warn("limits.clients exceeds the limit on open files", "clients", cfg.Limits.Clients, "possible", places)
	}
}

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

// warnOfFewFiles tells when limits.clients is more than there can be.
func warnOfFewFiles(log *slog.Logger, cfg *config.Config) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return // raiseFileLimit has told that already
	}
	open := uint64(limit.Cur) // signed on some systems
	if open < math.MaxInt64 && open < uint64(cfg.Limits.Clients)+spareFiles {
		log.Warn("limits.clients is more than the system lets this process open (ulimit -n)", "clients", cfg.Limits.Clients, "open_files", open)
	}
}

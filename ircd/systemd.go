package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	systemd "github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
)

// The messages to the service manager, if there is one.
const (
	daemonReady    = systemd.SdNotifyReady
	daemonStopping = systemd.SdNotifyStopping
)

// reloading returns the message that a reload starts now. It contains the time, which the service manager compares with
// its own clock.
// https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
func reloading() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return systemd.SdNotifyReloading
	}
	return systemd.SdNotifyReloading + "\nMONOTONIC_USEC=" + strconv.FormatInt(now.Nano()/int64(time.Microsecond), 10)
}

// notify sends a message to the service manager, if there is one.
func notify(log *slog.Logger, what string) {
	if _, err := systemd.SdNotify(false, what); err != nil {
		log.Warn("cannot notify the service manager", "error", err)
	}
}

// watchdogInterval returns how often the service manager expects a sign of life, or 0 if it does not.
func watchdogInterval(log *slog.Logger) time.Duration {
	interval, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("cannot use the service manager's watchdog", "error", err)
	}
	return interval
}

// watch sends the service manager a sign of life twice per interval, as long as beat returns.
func watch(ctx context.Context, interval time.Duration, beat func()) {
	ticker := time.NewTicker(max(interval/2, time.Millisecond))
	defer ticker.Stop()
	for {
		beat()
		_, _ = systemd.SdNotify(false, systemd.SdNotifyWatchdog) // if this fails, the manager notices by itself
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// inheritedSockets returns the sockets that the service manager opened, by name. They are read once and stay open for
// the life of the process, so that a reload can use them again.
var inheritedSockets = sync.OnceValue(func() map[string]*os.File { return byName(activation.Files(false)) })

// handOn keeps the inherited sockets open across exec. The process stays the same, so the environment variables that
// describe them remain correct.
func handOn(sockets map[string]*os.File) error {
	for name, f := range sockets {
		raw, err := f.SyscallConn()
		if err == nil {
			err = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETFD, 0) }) // cannot fail for an open descriptor
		}
		if err != nil {
			return fmt.Errorf("cannot pass on the socket %s: %w", name, err)
		}
	}
	return nil
}

// byName maps names to files. If several files have the same name, the second gets NAME#2, and so on.
func byName(files []*os.File) map[string]*os.File {
	found := make(map[string]*os.File, len(files))
	for _, f := range files {
		name := f.Name()
		for n := 2; found[name] != nil; n++ {
			name = fmt.Sprintf("%s#%d", f.Name(), n)
		}
		found[name] = f
	}
	return found
}

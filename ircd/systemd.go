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

// What the service manager is told. Without one, nobody is.
const (
	daemonReady    = systemd.SdNotifyReady
	daemonStopping = systemd.SdNotifyStopping
)

// reloading tells that a reload begins, and when: the manager compares it with its own clock.
// https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
func reloading() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return systemd.SdNotifyReloading
	}
	return systemd.SdNotifyReloading + "\nMONOTONIC_USEC=" + strconv.FormatInt(now.Nano()/int64(time.Microsecond), 10)
}

// notify tells the service manager, if there is one.
func notify(log *slog.Logger, what string) {
	if _, err := systemd.SdNotify(false, what); err != nil {
		log.Warn("cannot tell the service manager", "error", err)
	}
}

// watchdogInterval is how often the service manager wants to hear of us; 0: it does not.
func watchdogInterval(log *slog.Logger) time.Duration {
	interval, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the service manager's watchdog is not usable", "error", err)
	}
	return interval
}

// watch tells the service manager twice in each interval that the daemon works, as long as it does.
func watch(ctx context.Context, interval time.Duration, beat func()) {
	ticker := time.NewTicker(max(interval/2, time.Millisecond))
	defer ticker.Stop()
	for {
		beat()
		_, _ = systemd.SdNotify(false, systemd.SdNotifyWatchdog) // what cannot be told is missed, and that is the point
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// inheritedSockets are the sockets that the service manager has opened for us, by their names. They are taken once and
// kept for the life of the process, so that a reload can come back to them.
var inheritedSockets = sync.OnceValue(func() map[string]*os.File { return byName(activation.Files(false)) })

// handOn keeps those sockets open for the program that takes this one's place. Its process is the same, and so is what
// the environment says of them.
func handOn(sockets map[string]*os.File) error {
	for name, f := range sockets {
		raw, err := f.SyscallConn()
		if err == nil {
			err = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETFD, 0) }) // a descriptor that is open has flags
		}
		if err != nil {
			return fmt.Errorf("cannot hand on the socket %s: %w", name, err)
		}
	}
	return nil
}

// byName finds files by their names; the second of a name is NAME#2.
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

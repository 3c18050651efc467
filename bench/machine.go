package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// describeMachine returns the header of a run: the details needed to compare it with a different run.
func describeMachine() string {
	kernel := "an unknown kernel"
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		kernel = unix.ByteSliceToString(name.Sysname[:]) + " " + unix.ByteSliceToString(name.Release[:]) + " " + unix.ByteSliceToString(name.Machine[:])
	}
	return fmt.Sprintf("%s, %d cores, %s, %s", processorModel(), runtime.NumCPU(), kernel, runtime.Version())
}

func processorModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "an unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "an unnamed processor"
}

// busyTicks returns how many ticks the processors of this machine have been busy, for any process.
func busyTicks() (int64, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseBusy(text)
}

// parseBusy adds up the first line of /proc/stat without idle and iowait. The time of guests is already included in
// user.
func parseBusy(text []byte) (ticks int64, err error) {
	first, _, _ := bytes.Cut(text, []byte{'\n'})
	fields := bytes.Fields(first)
	if len(fields) < 9 || string(fields[0]) != "cpu" {
		return 0, fmt.Errorf("not /proc/stat: %q", first)
	}
	const idle, iowait = 4, 5
	for i, field := range fields[1:9] {
		if i+1 == idle || i+1 == iowait {
			continue
		}
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return ticks, nil
}

// ownUsage returns the CPU time of this process, in nanoseconds.
func ownUsage() (int64, error) {
	var clock unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &clock)
	return clock.Nano(), err
}

// raiseFileLimit lets this process, and the servers that it starts, open as many files as the system allows. It returns
// how many.
func raiseFileLimit() (files int, err error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("cannot read the limit on open files: %w", err)
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("cannot raise the limit on open files to %d: %w", limit.Max, err)
	}
	return int(min(limit.Max, 1<<30)), nil
}

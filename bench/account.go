package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// ticksPerSecond is the unit of the times in /proc/PID/stat: USER_HZ, which is 100 on every architecture that Go runs Linux on.
const ticksPerSecond = 100

// usage is what a process has used of the processors since it started.
type usage struct {
	nanoseconds int64 // all its threads, those that have ended included
	user        int64 // ticks, sampled: good for a share over seconds, not for a short burst
	system      int64 // ticks, likewise
}

// minus is what was used since an earlier moment.
func (u usage) minus(earlier usage) usage {
	return usage{u.nanoseconds - earlier.nanoseconds, u.user - earlier.user, u.system - earlier.system}
}

// userShare is which part of the time was spent outside the kernel, from 0 to 1.
func (u usage) userShare() float64 {
	if u.user+u.system == 0 {
		return 0
	}
	return float64(u.user) / float64(u.user+u.system)
}

// usageOf asks the kernel for the account of a process. The nanoseconds are the process's CPU clock: the sum of what the scheduler keeps for each
// thread (the first number of /proc/PID/task/*/schedstat), and of what it kept for those that have ended, read in one step.
func usageOf(pid int) (usage, error) {
	var clock unix.Timespec
	if err := unix.ClockGettime(clockOf(pid), &clock); err != nil {
		return usage{}, fmt.Errorf("cannot read the CPU clock of process %d: %w", pid, err)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, err
	}
	user, system, err := parseStat(text)
	return usage{clock.Nano(), user, system}, err
}

// clockOf is the id of the CPU clock of a process, made as clock_getcpuclockid(3) does: the complement of the pid, and 2 for the scheduler's count.
func clockOf(pid int) int32 { return int32(^pid)<<3 | 2 }

// parseStat finds utime and stime, the fields 14 and 15 of /proc/PID/stat. The second field is the program's name in brackets, which may hold
// anything, so they are counted from its end.
func parseStat(text []byte) (user, system int64, err error) {
	end := bytes.LastIndexByte(text, ')')
	fields := bytes.Fields(text[end+1:])
	if end < 0 || len(fields) < 13 {
		return 0, 0, fmt.Errorf("this is not a line of /proc/PID/stat: %q", text)
	}
	user, userErr := strconv.ParseInt(string(fields[11]), 10, 64)
	system, systemErr := strconv.ParseInt(string(fields[12]), 10, 64)
	return user, system, errors.Join(userErr, systemErr)
}

// liveThreads is the sum of the scheduler's accounts of the threads that a process has now, in nanoseconds: a second opinion on the CPU clock, which
// it never exceeds. What is missing from it is what ended threads used.
func liveThreads(pid int) (nanoseconds int64, threads int, err error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, 0, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // it has ended since
		}
		if err != nil {
			return 0, 0, err
		}
		n, err := parseSchedstat(text)
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", file, err)
		}
		nanoseconds += n
		threads++
	}
	if threads == 0 {
		return 0, 0, fmt.Errorf("process %d has no threads, or the kernel keeps no schedstat", pid)
	}
	return nanoseconds, threads, nil
}

// parseSchedstat reads the time on a processor, the first of the three numbers.
// https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
func parseSchedstat(text []byte) (nanoseconds int64, err error) {
	fields := bytes.Fields(text)
	if len(fields) != 3 {
		return 0, fmt.Errorf("this is not a schedstat: %q", text)
	}
	return strconv.ParseInt(string(fields[0]), 10, 64)
}

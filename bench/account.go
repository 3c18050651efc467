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

// ticksPerSecond is the unit of the times in /proc/PID/stat: USER_HZ, which is 100 on every architecture on which Go
// supports Linux.
const ticksPerSecond = 100

// usage is the CPU time that a process has used since it started.
type usage struct {
	nanoseconds int64 // of all threads, including those that have ended
	user        int64 // in ticks; sampled, so useful for a share over seconds but not for a short burst
	system      int64 // in ticks; sampled like user
}

// minus returns the usage since an earlier moment.
func (u usage) minus(earlier usage) usage {
	return usage{u.nanoseconds - earlier.nanoseconds, u.user - earlier.user, u.system - earlier.system}
}

// userShare returns the share of time spent outside the kernel, from 0 to 1.
func (u usage) userShare() float64 {
	if u.user+u.system == 0 {
		return 0
	}
	return float64(u.user) / float64(u.user+u.system)
}

// usageOf returns the CPU time of a process. The nanoseconds are the process's CPU clock: the sum of the scheduler's
// counts for each thread (the first number in /proc/PID/task/*/schedstat), including threads that have ended, read in
// one step.
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

// clockOf returns the id of a process's CPU clock, computed like clock_getcpuclockid(3) does: the complement of the
// pid, and 2 for the scheduler's count.
func clockOf(pid int) int32 { return int32(^pid)<<3 | 2 }

// parseStat returns utime and stime, fields 14 and 15 of /proc/PID/stat. The second field is the program's name in
// brackets, which can contain anything, so the fields are counted from its end.
func parseStat(text []byte) (user, system int64, err error) {
	end := bytes.LastIndexByte(text, ')')
	fields := bytes.Fields(text[end+1:])
	if end < 0 || len(fields) < 13 {
		return 0, 0, fmt.Errorf("not a line of /proc/PID/stat: %q", text)
	}
	user, userErr := strconv.ParseInt(string(fields[11]), 10, 64)
	system, systemErr := strconv.ParseInt(string(fields[12]), 10, 64)
	return user, system, errors.Join(userErr, systemErr)
}

// liveThreads returns the sum of the scheduler's counts for the threads that a process has now, in nanoseconds. It
// serves as a check on the CPU clock, which it never exceeds. It does not include threads that have ended.
func liveThreads(pid int) (nanoseconds int64, threads int, err error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, 0, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // the thread has ended
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
		return 0, 0, fmt.Errorf("process %d has no threads, or the kernel has no schedstat", pid)
	}
	return nanoseconds, threads, nil
}

// parseSchedstat returns the time on a processor, which is the first of three numbers.
// https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
func parseSchedstat(text []byte) (nanoseconds int64, err error) {
	fields := bytes.Fields(text)
	if len(fields) != 3 {
		return 0, fmt.Errorf("not a schedstat: %q", text)
	}
	return strconv.ParseInt(string(fields[0]), 10, 64)
}

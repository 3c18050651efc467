package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// footprint is the memory of a process, in bytes. It does not include the kernel's memory for its sockets.
type footprint struct {
	rssBytes int64 // the pages in memory
	pssBytes int64 // the same, but a page shared by n processes counts 1/n
}

func footprintOf(pid int) (footprint, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return footprint{}, err
	}
	return parseRollup(text)
}

// parseRollup parses /proc/PID/smaps_rollup.
func parseRollup(text []byte) (f footprint, err error) {
	if f.rssBytes, err = rollupField(text, "Rss:"); err != nil {
		return footprint{}, err
	}
	f.pssBytes, err = rollupField(text, "Pss:")
	return f, err
}

func rollupField(text []byte, name string) (int64, error) {
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) != 3 || string(fields[0]) != name || string(fields[2]) != "kB" {
			continue
		}
		kibibytes, err := strconv.ParseInt(string(fields[1]), 10, 64)
		return kibibytes << 10, err
	}
	return 0, fmt.Errorf("smaps_rollup contains no %s", name)
}

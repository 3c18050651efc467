package main

import (
	"math"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestHealthOfAFullDisk lets no file of this process grow, as on a full disk.
func TestHealthOfAFullDisk(t *testing.T) {
	signal.Ignore(unix.SIGXFSZ)
	defer signal.Reset(unix.SIGXFSZ)
	p := launch(t, plainListener)
	c := p.connect("", "alice")
	health := func() ran { return ircd("", "health", p.address) }
	require.Equal(t, exitOK, health().code)
	fileSize := func(most uint64) {
		require.NoError(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: most, Max: math.MaxUint64}))
	}
	fileSize(0)
	defer fileSize(math.MaxUint64)
	c.say("JOIN #c")
	c.until(" 366 ")
	require.Equal(t, ran{exitError, "", "bavard: unhealthy: " + p.address + ": it answers, but it cannot write to its disk (" + syscall.EFBIG.Error() + ")\n"}, health())
	fileSize(math.MaxUint64)
	r := health()
	for r.code != exitOK { // it tries again once a second
		require.True(t, strings.Contains(r.errors, "cannot write to its disk"), r.errors)
		c.say("PING x")
		c.until("PONG")
		r = health()
	}
	p.terminate()
}

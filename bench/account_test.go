package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseStat(t *testing.T) {
	rest := " S 1 1 1 0 -1 4194304 67 0 0 0 20 7 0 0 20 0 1 0 268663 2654208 389 18446744073709551615"
	for name, program := range map[string]string{"plain": "ircd", "a bracket and digits": "a) 9 9 (b", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			user, system, err := parseStat([]byte("1843 (" + program + ")" + rest + "\n"))
			require.NoError(t, err)
			require.EqualValues(t, 20, user)
			require.EqualValues(t, 7, system)
		})
	}
	for name, text := range map[string]string{"empty": "", "too short": "1 (a) S 1 1 1 0 -1 4 6 0 0 0 20", "no program": "1 S" + rest, "words": "1 (a) S 1 1 1 0 -1 4 6 0 0 0 x y 0 0"} {
		t.Run(name, func(t *testing.T) {
			_, _, err := parseStat([]byte(text))
			require.Error(t, err)
		})
	}
}

func TestParseSchedstat(t *testing.T) {
	n, err := parseSchedstat([]byte("211527245 44797497 707\n"))
	require.NoError(t, err)
	require.EqualValues(t, 211527245, n)
	for _, text := range []string{"", "1 2", "1 2 3 4", "x 2 3"} {
		_, err := parseSchedstat([]byte(text))
		require.Error(t, err, text)
	}
}

// The CPU clock of a process counts its ended threads too, so it is never behind the count of the live ones.
func TestAccountsOfThisProcess(t *testing.T) {
	live, threads, err := liveThreads(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, threads)
	all, err := usageOf(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, all.nanoseconds)
	require.LessOrEqual(t, live, all.nanoseconds)
	own, err := ownUsage()
	require.NoError(t, err)
	require.GreaterOrEqual(t, own, all.nanoseconds, "it was read later, by the way that needs no id")
}

func TestAccountsOfNobody(t *testing.T) {
	const nobody = 1 << 22 // above the largest process id on Linux
	_, err := usageOf(nobody)
	require.ErrorContains(t, err, "process 4194304")
	_, _, err = liveThreads(nobody)
	require.ErrorContains(t, err, "no threads")
	_, err = footprintOf(nobody)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestUsage(t *testing.T) {
	d := usage{nanoseconds: 100, user: 30, system: 70}.minus(usage{nanoseconds: 40, user: 20, system: 40})
	require.Equal(t, usage{nanoseconds: 60, user: 10, system: 30}, d)
	require.InDelta(t, 0.25, d.userShare(), 1e-9)
	require.Zero(t, usage{}.userShare())
}

func TestParseRollup(t *testing.T) {
	text := "56540945e000-7ffe4bc39000 ---p 00000000 00:00 0                          [rollup]\nRss:                1672 kB\nPss:                 249 kB\nPss_Dirty:           112 kB\n"
	f, err := parseRollup([]byte(text))
	require.NoError(t, err)
	require.Equal(t, footprint{rssBytes: 1672 << 10, pssBytes: 249 << 10}, f)
	for _, text := range []string{"", "Rss: 1 kB\n", "Pss: 1 kB\n", "Rss: x kB\nPss: 1 kB\n", "Rss: 1 MB\nPss: 1 kB\n"} {
		_, err := parseRollup([]byte(text))
		require.Error(t, err, text)
	}
}

func TestFootprintOfThisProcess(t *testing.T) {
	f, err := footprintOf(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, f.pssBytes)
	require.GreaterOrEqual(t, f.rssBytes, f.pssBytes)
}

func TestParseBusy(t *testing.T) {
	ticks, err := parseBusy([]byte("cpu  1 20 300 4000 50000 600000 7000000 80000000 900 900\ncpu0 9 9 9 9 9 9 9 9 9 9\n"))
	require.NoError(t, err)
	require.EqualValues(t, 87600321, ticks, "without idle (4000), iowait (50000) and the guests' (900)")
	for _, text := range []string{"", "cpu  1 2 3", "cpu0 1 2 3 4 5 6 7 8 9 10", "cpu a 2 3 4 5 6 7 8 9 10"} {
		_, err := parseBusy([]byte(text))
		require.Error(t, err, text)
	}
}

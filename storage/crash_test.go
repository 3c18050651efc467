package storage

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// childDatabase names the file that a child process of TestKilledWriter writes.
const childDatabase = "BAVARD_TEST_DATABASE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childDatabase); path != "" {
		write(path)
	}
	os.Exit(m.Run())
}

// operations returns the records of the random operations 1 to n, always the same.
func operations(n int) [][]state.Record {
	r := &run{random: rand.New(rand.NewPCG(5, 5))}
	list := make([][]state.Record, n)
	for i := range list {
		list[i] = r.operation()
	}
	return list
}

const childOperations = 50_000

// write keeps operations until it is killed, and prints the number of each one before it keeps it.
func write(path string) {
	s, err := Open(Options{Path: path, MostMessages: 100, MostEvents: 100, MostBytes: 1 << 30, Interval: time.Millisecond})
	if err != nil {
		panic(err)
	}
	for i, records := range operations(childOperations) {
		if uint64(i) >= s.UpTo() {
			fmt.Println(i + 1)
			s.Keep(records, uint64(i+1))
		}
		if i%1000 == 0 {
			_ = s.Flush() // so that the writer finishes something
		}
	}
	select {}
}

// TestKilledWriter kills a process that writes, at random moments, and checks that its database is complete up to UpTo
// and has nothing of later operations.
func TestKilledWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bavard.db")
	random := rand.New(rand.NewPCG(6, 6))
	all := operations(childOperations)
	program, err := os.Executable()
	require.NoError(t, err)
	memory, played, kept := Volatile{NewMemory(100, 100, 1<<30)}, uint64(0), uint64(0)
	for range 10 {
		child := exec.Command(program)
		child.Env = append(os.Environ(), childDatabase+"="+path)
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		lines := bufio.NewScanner(out)
		told := func() bool {
			if lines.Scan() {
				kept, err = strconv.ParseUint(lines.Text(), 10, 64)
				require.NoError(t, err)
				return true
			}
			return false
		}
		for n := 1000 + random.IntN(1500); n > 0 && kept < childOperations && told(); n-- {
		}
		require.NoError(t, child.Process.Kill())
		for told() { // the numbers that it printed before it was killed
		}
		var exit *exec.ExitError
		require.True(t, errors.As(child.Wait(), &exit))

		s := openAt(t, path)
		require.LessOrEqual(t, s.UpTo(), kept)
		require.GreaterOrEqual(t, s.UpTo(), played)
		for ; played < s.UpTo(); played++ {
			memory.Keep(all[played], played+1)
		}
		r := &run{t: t, random: random, now: int(played), memory: memory, disk: s}
		for range 50 {
			r.compare()
		}
		require.NoError(t, s.Check(t.Context(), nil))
		require.NoError(t, s.Close())
	}
	require.NotZero(t, played)
}

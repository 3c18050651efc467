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

// write keeps operations until it is killed, and tells which one it is about to keep.
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
			_ = s.Flush() // so that the writer gets something done
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
		for told() { // what it told before it was killed
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

// TestRollback checks that a database that is ahead of its journal loses what the journal does not have.
func TestRollback(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bavard.db")
	const most = 10_000
	r := &run{t: t, random: rand.New(rand.NewPCG(7, 7)), rolledBack: true, memory: Volatile{NewMemory(most, most, 1<<30)}}
	r.disk = openAt(t, path, func(o *Options) { o.MostMessages, o.MostEvents = most, most })
	say := func() {
		r.now++
		b := r.buffer()
		record := inBuffer(r.line(0, b), b)
		keep(r.disk, uint64(r.now), record)
		r.journal = append(r.journal, []state.Record{record})
	}
	for range 2_000 {
		say()
	}
	require.NoError(t, r.disk.Rollback(3_000))
	require.NoError(t, r.disk.Close())
	for _, upTo := range []int{1_990, 1_500, 700, 0} {
		r.disk = openAt(t, path, func(o *Options) { o.MostMessages, o.MostEvents = most, most })
		pageOf(t, r.disk, one, 10)
		require.NoError(t, r.disk.Rollback(uint64(upTo)))
		require.Equal(t, uint64(upTo), r.disk.UpTo())
		r.memory, r.now = Volatile{NewMemory(most, most, 1<<30)}, upTo
		for n, records := range r.journal[:upTo] {
			r.memory.Keep(records, uint64(n+1))
		}
		for range 100 {
			r.compare()
		}
		require.NoError(t, r.disk.Check(t.Context(), nil))
		require.NoError(t, r.disk.Close())
	}
	r.disk = openAt(t, path)
	var rows int
	require.NoError(t, r.disk.db.pool.QueryRow("SELECT (SELECT count(*) FROM blocks) + (SELECT count(*) FROM buffers) + (SELECT count(*) FROM talks) + (SELECT count(*) FROM people)").Scan(&rows))
	require.Zero(t, rows)
	require.Equal(t, [kinds]int{}, r.disk.work.bytes)
}

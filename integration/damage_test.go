package integration

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDamagedFolders damages what a daemon has left, in a copy for each kind of damage, and starts a daemon with it.
// The daemon serves with everything that can still be there, or it says in one line what is wrong and changes nothing.
func TestDamagedFolders(t *testing.T) {
	dir := folder(t)
	_, hash, _ := run(t, dir, "secret\n", "hash")
	s := serve(t, settings{"": fmt.Sprintf("[[opers]]\nname = \"root\"\npassword = %q\n", strings.TrimSpace(hash)), "flood": quick["flood"]})
	root := join(t, s, "root")
	root.send("OPER root secret")
	root.sees(" 381 ")
	root.send("JOIN #c")
	root.sees(" 366 ")
	root.send("SAMODE #c +P")
	root.sees(` MODE #c \+P`)
	say := func(nick string, words ...string) {
		r := join(t, s, nick)
		r.send("JOIN #c")
		r.sees(" 366 ")
		for _, word := range words {
			r.send("PRIVMSG #c :%s\r\nPING %s", word, word)
			r.sees(" PONG .*" + word)
		}
	}
	say("one", "first")
	s.restart() // each end leaves a snapshot
	say("two", "second")
	s.restart()
	say("three", "third", "fourth")
	s.process.signal(syscall.SIGKILL)
	<-s.process.ended
	s.earlier += s.process.stderr.String()
	data, left := filepath.Join(s.dir, "data"), filepath.Join(dir, "left")
	require.NoError(t, os.CopyFS(left, os.DirFS(data)))

	files := func(pattern string) []string {
		found, err := filepath.Glob(filepath.Join(data, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		slices.Sort(found)
		return found
	}
	last := func(pattern string) string { list := files(pattern); return list[len(list)-1] }
	change := func(file string, do func([]byte) []byte) {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, do(bytes.Clone(b)), 0o600))
	}
	for _, x := range []struct {
		name    string
		damage  func()
		refused string // what the only line says; "": the daemon starts
		log     string
		history []string
	}{
		{name: "nothing", damage: func() {}, history: []string{"first", "second", "third", "fourth"}},
		{name: "a torn last record", damage: func() {
			change(last("journal/*.journal"), func(b []byte) []byte { return b[:len(b)-7] })
		}, log: "torn end of the journal cut", history: []string{"first", "second", "third"}},
		{name: "an empty snapshot", damage: func() {
			change(last("journal/*.snapshot"), func([]byte) []byte { return nil })
		}, log: "snapshot damaged", history: []string{"first", "second", "third", "fourth"}},
		{name: "no database", damage: func() {
			for _, file := range files("bavard.db*") {
				require.NoError(t, os.Remove(file))
			}
		}, history: []string{"third", "fourth"}}, // what the journal has since the last snapshot
		{name: "a flipped byte in the middle", damage: func() {
			change(last("journal/*.journal"), func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		}, refused: "is damaged at byte"},
		{name: "a missing segment", damage: func() { // which is needed, because the newest snapshot is empty
			require.NoError(t, os.Remove(files("journal/*.journal")[0]))
			change(last("journal/*.snapshot"), func([]byte) []byte { return nil })
		}, refused: "journal"},
		{name: "a truncated database", damage: func() {
			for _, file := range files("bavard.db-*") {
				require.NoError(t, os.Remove(file))
			}
			change(filepath.Join(data, "bavard.db"), func(b []byte) []byte { return b[:len(b)/2] })
		}, refused: "bavard.db"},
		{name: "a newer version", damage: func() {
			change(filepath.Join(data, "journal/format"), func([]byte) []byte { return []byte("bavard journal 99\n") })
		}, refused: "newer"},
	} {
		t.Run(x.name, func(t *testing.T) {
			require.NoError(t, os.RemoveAll(data))
			require.NoError(t, os.CopyFS(data, os.DirFS(left)))
			x.damage()
			if x.refused != "" {
				before := contents(t, data)
				code, stdout, stderr := run(t, s.dir, "", "run", "--config", s.configPath())
				require.Equal(t, 1, code)
				require.Empty(t, stdout)
				require.Contains(t, stderr, x.refused)
				_, reason, _ := strings.Cut(stderr, "bavard: ") // the log may be before it
				require.Equal(t, 1, strings.Count(reason, "\n"), stderr)
				require.Equal(t, before, contents(t, data), "something was changed")
				return
			}
			require.True(t, s.start(), s.log())
			if x.log != "" {
				s.logs(x.log)
			}
			r := join(t, s, "reader")
			r.send("JOIN #c")
			r.sees(" 366 ")
			r.send("HISTORY #c")
			var said []string
			for _, line := range r.until("End of history") {
				if _, text, is := strings.Cut(line, "> "); is {
					said = append(said, text)
				}
			}
			require.Equal(t, x.history, said)
			s.stop()
		})
	}
	require.NoError(t, os.RemoveAll(data))
	require.NoError(t, os.CopyFS(data, os.DirFS(left)))
	require.True(t, s.start(), s.log()) // serve stops it at the end
}

// contents returns the checksums of all files in a folder, except the lock and the files of SQLite, which puts the
// latest changes into the main file whenever it closes a database.
func contents(t *testing.T, dir string) map[string][sha256.Size]byte {
	t.Helper()
	sums := map[string][sha256.Size]byte{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "lock" || strings.HasPrefix(entry.Name(), "bavard.db") {
			return err
		}
		b, err := os.ReadFile(path)
		sums[path] = sha256.Sum256(b)
		return err
	}))
	return sums
}

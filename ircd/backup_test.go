package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// filesIn returns the content of all files of a folder, by their names.
func filesIn(t *testing.T, folder string) map[string]string {
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		files[filepath.ToSlash(name)] = string(content)
		return err
	}))
	return files
}

// folderWith makes a folder of files.
func folderWith(t *testing.T, folder string, files map[string]string) {
	for name, content := range files {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	require.NoError(t, os.Chmod(folder, 0o700))
}

// configIn writes a configuration for a folder that does not exist yet.
func configIn(t *testing.T, text string) (config, folder string) {
	dir := t.TempDir()
	config = filepath.Join(dir, "config.toml")
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	return config, filepath.Join(dir, "bavard-data")
}

// TestBackupUnderLoad makes backups while users talk, and restores them: everything that anybody had been shown before
// a backup began is there.
func TestBackupUnderLoad(t *testing.T) {
	p, root := launchWithOper(t, "[hosts]\ncloak = true\n")
	root.say("JOIN #c", "MODE #c +Pk sesame", "TOPIC #c :what lasts", "MODE #c +b *!*@bad.example", "KLINE bad@worse.example :no")
	root.until("TOPIC #c")
	root.until("bad@worse.example")
	var said atomic.Int64
	var stop atomic.Bool
	var talk sync.WaitGroup
	for i := range 4 {
		c := p.connect("", fmt.Sprintf("user%d", i))
		c.say("CAP REQ echo-message", "JOIN #c sesame")
		c.until(" 366 ")
		talk.Go(func() { // ends after stop
			for n := 0; !stop.Load(); n++ {
				c.say(fmt.Sprintf("PRIVMSG #c :line %d of user%d", n, i))
				c.until(fmt.Sprintf(":line %d of user%d", n, i))
				if i == 0 {
					said.Store(int64(n))
				}
			}
		})
	}
	type made struct {
		file string
		said int64
	}
	var all []made
	folder := filepath.Join(filepath.Dir(p.path), "bavard-data")
	for i := range 3 {
		for target := said.Load() + 3; said.Load() < target; {
			root.say("PING x")
			root.until("PONG")
		}
		m := made{filepath.Join(t.TempDir(), "backup.tar"), said.Load()}
		if i == 2 { // the third by the daemon itself
			root.say("BACKUP")
			words := strings.Fields(root.until("The backup is complete"))
			for _, word := range words {
				if strings.HasPrefix(word, backupFolder) {
					m.file = filepath.Join(folder, word)
				}
			}
		} else {
			r := ircd("", "backup", m.file, "-c", p.path)
			require.Equal(t, exitOK, r.code, r.errors)
			require.Contains(t, r.out, "wrote "+m.file)
		}
		info, err := os.Stat(m.file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
		all = append(all, m)
	}
	stop.Store(true)
	talk.Wait()
	keys := filesIn(t, folder)
	p.terminate()
	for _, m := range all {
		config, folder := configIn(t, plainListener)
		r := ircd("", "restore", m.file, "-c", config)
		require.Equal(t, exitOK, r.code, r.errors)
		restored := filesIn(t, folder)
		require.NotEmpty(t, keys["cloak-key"])
		require.Equal(t, keys["cloak-key"], restored["cloak-key"])
		entries, err := filepath.Glob(filepath.Join(filepath.Dir(m.file), "*"))
		require.NoError(t, err)
		require.Equal(t, []string{m.file}, entries, "nothing else is left")

		again := launchAt(t, config)
		c := again.connect("", "reader")
		c.say("JOIN #c sesame")
		c.until(" 332 reader #c :what lasts")
		c.until(" 366 ")
		c.say("MODE #c b")
		c.until("*!*@bad.example")
		c.say("CAP REQ :batch draft/chathistory server-time message-tags")
		c.until("ACK")
		for n := m.said; n > max(m.said-3, 0); n-- {
			c.say("HISTORY #c 1000")
			c.until(fmt.Sprintf("line %d of user0", n))
		}
		again.terminate()
	}
}

// aBackup makes a small backup, and returns its file and the configuration of the daemon that it is of.
func aBackup(t *testing.T) (file, config string) {
	p, root := launchWithOper(t)
	root.say("JOIN #c", "MODE #c +P", "PRIVMSG #c :hello")
	root.until("MODE #c +P")
	p.terminate()
	file = filepath.Join(t.TempDir(), "backup.tar")
	r := ircd("", "backup", file, "-c", p.path)
	require.Equal(t, exitOK, r.code, r.errors)
	return file, p.path
}

func TestBackupRefused(t *testing.T) {
	file, config := aBackup(t)
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	folder := filepath.Join(filepath.Dir(config), "bavard-data")
	r := ircd("", "backup", file, "-c", config)
	require.Equal(t, ran{exitError, "", "bavard: no backup was written: " + file + " already exists\n"}, r)
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)

	elsewhere := filepath.Join(t.TempDir(), "missing", "x.tar")
	r = ircd("", "backup", elsewhere, "-c", config)
	require.Equal(t, "bavard: no backup was written: cannot write to "+filepath.Dir(elsewhere)+": it does not exist\n", r.errors)

	other, empty := configIn(t, plainListener)
	r = ircd("", "backup", filepath.Join(t.TempDir(), "x.tar"), "-c", other)
	require.Equal(t, "bavard: no backup was written: there is nothing to back up in "+empty+": it does not exist\n", r.errors)
	volatile, _ := configIn(t, plainListener+"\n[storage]\npath = \"\"\n")
	r = ircd("", "backup", filepath.Join(t.TempDir(), "x.tar"), "-c", volatile)
	require.Equal(t, "bavard: no backup was written: storage.path is empty: this server keeps nothing on the disk\n", r.errors)

	// A journal that is damaged is not copied as if it were whole.
	damageOneByte(t, folder, ".journal")
	damageOneByte(t, folder, ".snapshot")
	target := filepath.Join(t.TempDir(), "x.tar")
	r = ircd("", "backup", target, "-c", config)
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.errors, "no backup was written: ")
	require.Contains(t, r.errors, "is damaged")
	require.Equal(t, 1, strings.Count(r.errors, "\n"), r.errors)
	require.NoFileExists(t, target)
	left, err := os.ReadDir(filepath.Dir(target))
	require.NoError(t, err)
	require.Empty(t, left)
}

// damageOneByte flips a byte in the middle of all files with this ending.
func damageOneByte(t *testing.T, folder, ending string) {
	found := 0
	for name, content := range filesIn(t, folder) {
		if strings.HasSuffix(name, ending) {
			changed := []byte(content)
			changed[len(changed)/2] ^= 1
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), changed, 0o600))
			found++
		}
	}
	require.NotZero(t, found, ending)
}

// repacked returns the backup after a change of its entries.
func repacked(t *testing.T, file string, change func(name string, content []byte) (newName string, newContent []byte)) string {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	var out bytes.Buffer
	from, to := tar.NewReader(f), tar.NewWriter(&out)
	for {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		content, err := io.ReadAll(from)
		require.NoError(t, err)
		h.Name, content = change(h.Name, content)
		if h.Name == "" {
			continue
		}
		h.Size = int64(len(content))
		require.NoError(t, to.WriteHeader(h))
		_, err = to.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, to.Close())
	path := filepath.Join(t.TempDir(), "changed.tar")
	require.NoError(t, os.WriteFile(path, out.Bytes(), 0o600))
	return path
}

func TestRestoreRefused(t *testing.T) {
	file, _ := aBackup(t)
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	write := func(content []byte) string {
		path := filepath.Join(t.TempDir(), "x.tar")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		return path
	}
	only := func(which string, with func(content []byte) []byte) string {
		return repacked(t, file, func(name string, content []byte) (string, []byte) {
			if strings.HasSuffix(name, which) {
				content = with(content)
				if content == nil {
					return "", nil
				}
			}
			return name, content
		})
	}
	flip := func(content []byte) []byte {
		content[len(content)/2] ^= 1
		return content
	}
	for name, c := range map[string]struct{ file, says string }{
		"not a backup":     {write([]byte(strings.Repeat("hello ", 1000))), "it is not a backup of Bavard"},
		"an empty file":    {write(nil), "it is not a backup of Bavard"},
		"cut off":          {write(whole[:len(whole)/2]), "not complete"},
		"without the list": {only(archiveManifest, func([]byte) []byte { return nil }), "the list of its files, which comes last, is missing"},
		"a newer version":  {only(archiveFirst, func([]byte) []byte { return []byte("bavard backup 2\n") }), "it was written by a newer version of Bavard (format 2, this one knows up to 1); use that version"},
		"a changed byte":   {only(databaseFile, flip), "bavard.db in it is damaged: its checksum or size does not match"},
		"a missing file":   {only(databaseFile, func([]byte) []byte { return nil }), "bavard.db is missing in it"},
		"no journal":       {only("/format", func([]byte) []byte { return nil }), "journal/format is missing in it"},
		"a changed list":   {only(archiveManifest, func(c []byte) []byte { return bytes.Replace(c, []byte("bavard.db"), []byte("bavard.bd"), 1) }), "bavard.bd is missing in it"},
		"another journal end": {only(archiveManifest, func(c []byte) []byte {
			m := manifest{}
			require.NoError(t, json.Unmarshal(c, &m))
			m.Last++
			c, err := json.Marshal(m)
			require.NoError(t, err)
			return c
		}), "its journal ends at operation"},
		"a way out": {repacked(t, file, func(name string, content []byte) (string, []byte) {
			return strings.Replace(name, "bavard.db", "journal/../../evil", 1), content
		}), `it contains "journal/../../evil", which does not belong in a backup`},
	} {
		t.Run(name, func(t *testing.T) {
			config, folder := configIn(t, plainListener)
			r := ircd("", "restore", c.file, "-c", config)
			require.Equal(t, exitError, r.code)
			require.Contains(t, r.errors, "bavard: nothing was restored: "+c.file+" cannot be used: ")
			require.Contains(t, r.errors, c.says)
			require.Equal(t, 1, strings.Count(r.errors, "\n"), "one clear line: %s", r.errors)
			require.NoDirExists(t, folder)
		})
	}

	config, folder := configIn(t, plainListener)
	r := ircd("", "restore", filepath.Join(folder, "missing.tar"), "-c", config)
	require.Contains(t, r.errors, "missing.tar: it does not exist\n")
	folderWith(t, folder, map[string]string{"notes.txt": "mine"})
	r = ircd("", "restore", file, "-c", config)
	require.Equal(t, "bavard: nothing was restored: "+folder+" is not empty (it has notes.txt); move the folder away\n", r.errors)
	require.Equal(t, map[string]string{"notes.txt": "mine"}, filesIn(t, folder))

	p := launch(t, plainListener)
	r = ircd("", "restore", file, "-c", p.path)
	require.Contains(t, r.errors, fmt.Sprintf("bavard-data is in use by process %d; stop the server, and move the folder away\n", os.Getpid()))
	p.terminate()
}

// TestBackupsOfOperators: there is a bound, and what an interrupted backup has left goes.
func TestBackupsOfOperators(t *testing.T) {
	p, root := launchWithOper(t)
	folder := filepath.Join(filepath.Dir(p.path), "bavard-data", backupFolder)
	folderWith(t, folder, map[string]string{"bavard-1.tar.123.new/bavard.db": "half", "bavard-1.tar.123.new.tar": "half"})
	root.say("BACKUP")
	root.until("The backup is complete: " + backupFolder + "/bavard-")
	made, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, made, 1)
	for i := range mostBackups - 1 {
		folderWith(t, folder, map[string]string{fmt.Sprintf("old-%d.tar", i): "x"})
	}
	root.say("BACKUP")
	root.until(fmt.Sprintf(":No backup was made: there are %d backups in %s already; move some of them away", mostBackups, folder))
	p.terminate()

	volatile, oper := launchWithOper(t, "[storage]\npath = \"\"\n")
	oper.say("BACKUP")
	oper.until(":No backup was made: storage.path is empty: this server keeps nothing on the disk")
	volatile.terminate()
}

func TestProgress(t *testing.T) {
	now := time.Unix(0, 0)
	var said []string
	p := every(5*time.Second, func() time.Time { return now }, func(text string) { said = append(said, text) })
	for i := range int64(12) {
		p("copying", i*10, 120)
		now = now.Add(time.Second)
	}
	p("checking", 0, 0)
	require.Equal(t, []string{"copying: 41%", "copying: 83%"}, said)
	now = now.Add(5 * time.Second)
	p("checking", 0, 0)
	require.Equal(t, "checking", said[2])
	require.Equal(t, []string{"17 bytes", "1.5 KiB", "2.0 MiB", "3.0 GiB"}, []string{sizeText(17), sizeText(1536), sizeText(2 << 20), sizeText(3 << 30)})
}

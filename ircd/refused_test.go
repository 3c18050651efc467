package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRunRefusesAFolder starts the daemon with folders that it must not use: one clear line, and nothing is touched.
// TestDoctorOnDamage has those that are damaged.
func TestRunRefusesAFolder(t *testing.T) {
	refused := func(t *testing.T, config, folder, says string) {
		before := filesIn(t, folder)
		r := ircd("", "run", "-c", config)
		require.Equal(t, ran{exitError, "", "bavard: " + says + "\n"}, r)
		require.Equal(t, before, filesIn(t, folder))
	}
	t.Run("in use", func(t *testing.T) {
		p := launch(t, plainListener)
		folder := filepath.Join(filepath.Dir(p.path), "bavard-data")
		journal := filepath.Join(folder, journalFolder)
		refused(t, p.path, folder, fmt.Sprintf("the folder %s is in use by process %d; stop it first, or choose a different folder", journal, os.Getpid()))
		c := p.connect("", "alice") // the first one does not mind
		c.say("JOIN #c")
		c.until(" 366 ")
		p.terminate()
	})
	t.Run("a newer version", func(t *testing.T) {
		config, folder := configIn(t, plainListener)
		folderWith(t, folder, map[string]string{"journal/format": "bavard journal 3\n", "journal/00000000000000000001.journal": "of the future", "bavard.db": "too", "else.dat": "new"})
		journal := filepath.Join(folder, journalFolder)
		refused(t, config, folder, journal+": it was written by a newer version (format 3); use that version")
		r := ircd("", "doctor", "-c", config)
		require.Equal(t, exitError, r.code)
		require.Contains(t, r.out, "it was written by a newer version (format 3)")
		r = ircd("", "backup", filepath.Join(t.TempDir(), "x.tar"), "-c", config)
		require.Equal(t, exitError, r.code)
	})
	t.Run("a file in its place", func(t *testing.T) {
		config, folder := configIn(t, plainListener)
		require.NoError(t, os.WriteFile(folder, []byte("mine"), 0o600))
		for _, command := range []string{"run", "restore"} {
			args := []string{command, "-c", config}
			if command == "restore" {
				file := filepath.Join(t.TempDir(), "x.tar")
				require.NoError(t, os.WriteFile(file, nil, 0o600))
				args = append(args, file)
			}
			r := ircd("", args...)
			require.Equal(t, exitError, r.code)
			require.Contains(t, r.errors, folder)
			require.Equal(t, 1, strings.Count(r.errors, "\n"), r.errors)
		}
		content, err := os.ReadFile(folder)
		require.NoError(t, err)
		require.Equal(t, "mine", string(content))
		require.Contains(t, ircd("", "doctor", "-c", config).out, "is not a directory\n         -> Move the file away, or change storage.path.")
	})
}

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// asNobody is the variable with the arguments for TestAsNobody.
const asNobody = "BAVARD_TEST_AS_NOBODY"

// TestAsNobody is the program that TestRunWithoutPermission starts; it does nothing otherwise.
func TestAsNobody(*testing.T) {
	if args := os.Getenv(asNobody); args != "" {
		os.Exit(execute(strings.Split(args, "|"), environment{program: "./bavard", stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
	}
}

// nobody runs the program as a user who owns nothing. Only root can choose the user; others stay who they are, and the
// permissions of the files are enough.
func nobody(t *testing.T, args ...string) ran {
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestAsNobody$")
	cmd.Env = append(os.Environ(), asNobody+"="+strings.Join(args, "|"))
	cmd.Dir = "/"
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	_ = cmd.Run() // its code says more
	return ran{cmd.ProcessState.ExitCode(), out.String(), errors.String()}
}

func TestRunWithoutPermission(t *testing.T) {
	backup, made := aBackup(t)
	lend := func(file string) { // tests' folders are only for their owner
		require.NoError(t, os.Chmod(filepath.Dir(filepath.Dir(file)), 0o755))
		require.NoError(t, os.Chmod(file, 0o644))
	}
	lend(backup)
	for name, mode := range map[string]os.FileMode{"nothing": 0o000, "reading only": 0o555} {
		t.Run(name, func(t *testing.T) {
			config, folder := configIn(t, plainListener)
			lend(config)
			folderWith(t, folder, filesIn(t, filepath.Join(filepath.Dir(made), "bavard-data")))
			paths := []string{folder, filepath.Join(folder, journalFolder)}
			require.NoError(t, filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
				require.NoError(t, err)
				return os.Chmod(path, mode|0o500) // the owner can go on, unless it is the one who is refused
			}))
			if os.Geteuid() != 0 {
				require.NoError(t, os.Chmod(folder, mode))
			}
			before := filesIn(t, folder)
			r := nobody(t, "run", "-c", config)
			require.Equal(t, exitError, r.code, r.errors)
			require.Empty(t, r.out)
			require.Regexp(t, "^bavard: cannot .*"+folder+".*: permission denied\n$", r.errors)
			r = nobody(t, "doctor", "-c", config)
			require.Contains(t, r.out, "Run this as the user of the daemon", r.errors)
			if mode == 0 {
				require.Equal(t, exitError, r.code)
				r = nobody(t, "backup", filepath.Join(t.TempDir(), "x.tar"), "-c", config)
				require.Equal(t, exitError, r.code)
				require.Contains(t, r.errors, "permission denied")
			}
			for _, p := range paths {
				require.NoError(t, os.Chmod(p, 0o700))
			}
			require.Equal(t, before, filesIn(t, folder))
		})
	}
	config, folder := configIn(t, plainListener)
	lend(config)
	require.NoError(t, os.Chmod(filepath.Dir(config), 0o555))
	defer os.Chmod(filepath.Dir(config), 0o755)
	r := nobody(t, "run", "-c", config)
	require.Equal(t, ran{exitError, "", "bavard: cannot create the directory " + folder + ": permission denied\n"}, r)
	r = nobody(t, "restore", backup, "-c", config)
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.errors, "bavard: nothing was restored: ")
	require.NoDirExists(t, folder)
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMadeFromTheCommandLine checks that the manual page and the completions contain every command and every flag.
func TestMadeFromTheCommandLine(t *testing.T) {
	for _, args := range [][]string{{"man"}, {"completion", "bash"}, {"completion", "zsh"}, {"completion", "fish"}} {
		r := ircd("", args...)
		require.Equal(t, exitOK, r.code, r.errors)
		require.Empty(t, r.errors)
		text := strings.ReplaceAll(r.out, `\-`, "-")
		for _, word := range []string{"run", "check", "init", "hash", "health", "backup", "restore", "doctor", "export", "version", "completion", "config", "timeout", "help"} {
			require.Contains(t, text, word, args)
		}
		require.NotContains(t, text, "%!", args)
	}
	require.NotContains(t, ircd("", "completion", "bash").out, "|man)", "a hidden command")
	page := ircd("", "man").out
	require.Contains(t, page, `.TH BAVARD 1 "" "bavard `+roff(version)+`"`)
	require.NotRegexp(t, `(?m)^\.[^TSBPIb]`, page, "man would read text that starts with a dot as a request")
	require.Equal(t, exitUsage, ircd("", "completion", "tcsh").code)
}

// TestBashCompletion runs bash and checks what it offers.
func TestBashCompletion(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "bavard.bash")
	require.NoError(t, os.WriteFile(script, []byte(ircd("", "completion", "bash").out), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "my.toml"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "my-server"), 0o700))
	for typed, want := range map[string]string{
		"bavard ch":              "check",
		"bavard --v":             "--version",
		"bavard --c":             "--config",
		"bavard check --":        "--config --help",
		"bavard check -c my":     "my-server my.toml",
		"bavard -c my.toml he":   "health",
		"bavard init my":         "my-server",
		"bavard completion f":    "fish",
		"bavard health --t":      "--timeout",
		"bavard version nothing": "",
	} {
		words := strings.Fields(typed)
		cmd := exec.Command("bash", "-c", `. ./bavard.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bavard; printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' '`, "bash")
		cmd.Args = append(cmd.Args, words...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Equal(t, want, strings.TrimSpace(string(out)), typed)
	}
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/accounts"
)

// ran is the result of a run of the program.
type ran struct {
	code        int
	out, errors string
}

// ircd runs the program with the given standard input and arguments.
func ircd(stdin string, args ...string) ran {
	var out, errors bytes.Buffer
	code := execute(args, environment{program: "./bavard", stdin: strings.NewReader(stdin), stdout: &out, stderr: &errors})
	return ran{code, out.String(), errors.String()}
}

func TestHelp(t *testing.T) {
	all := ircd("", "--help")
	require.Equal(t, exitOK, all.code)
	require.Empty(t, all.errors)
	for _, command := range []string{"run", "check", "init", "hash", "version", "backup", "restore", "doctor", "export"} {
		require.Contains(t, all.out, "  "+command)
		one := ircd("", command, "--help")
		require.Equal(t, exitOK, one.code)
		require.Contains(t, one.out, "Usage: bavard "+command)
		require.Empty(t, one.errors)
	}
	require.Contains(t, ircd("", "check", "--help").out, "FILE:LINE")
	require.Contains(t, ircd("", "run", "--help").out, "SIGHUP")
}

func TestWrongArguments(t *testing.T) {
	for _, args := range [][]string{{"dance"}, {"--nothing"}, {"check", "a", "b"}, {"run", "--config"}} {
		r := ircd("", args...)
		require.Equal(t, exitUsage, r.code, args)
		require.Empty(t, r.out)
		require.True(t, strings.HasPrefix(r.errors, "bavard: "), r.errors)
		require.Contains(t, r.errors, "--help")
	}
}

func TestVersion(t *testing.T) {
	r := ircd("", "version")
	require.Equal(t, exitOK, r.code)
	require.Regexp(t, `^bavard \d+\.\d+\.\d+(-dev)? \(go.+\)`, r.out)
}

func TestCheckNamesEveryMistake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "my.toml")
	require.NoError(t, os.WriteFile(path, []byte("[server]\nname = \"nodot\"\nmotdd = \"x\"\n\n[limits]\nnick_length = \"long\"\n"), 0o600))
	for _, flag := range []string{"--config", "-c"} {
		r := ircd("", "check", flag, path)
		require.Equal(t, exitError, r.code)
		require.Empty(t, r.out)
		require.Equal(t, strings.ReplaceAll(`F:2: server.name: must contain a dot, such as irc.example.org
F:3: server.motdd: unknown option; did you mean motd?
F:6: limits.nick_length: must be a whole number, without quotes, not "long"
`, "F", path), r.errors)
	}
}

func TestRunRefusesTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "my.toml")
	require.NoError(t, os.WriteFile(path, []byte("[server]\nname = \"nodot\"\n"), 0o600))
	for _, args := range [][]string{{"run", "--config", path}, {"--config", path}} {
		r := ircd("", args...)
		require.Equal(t, exitError, r.code)
		require.Equal(t, path+":2: server.name: must contain a dot, such as irc.example.org\n", r.errors)
	}
}

func TestCheckOnWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "binary")
	require.NoError(t, os.WriteFile(binary, []byte("\x7fELF\x00\x01"), 0o600))
	for path, want := range map[string]string{
		dir:                         dir + ": is a directory, not a file\n",
		filepath.Join(dir, "gone"):  filepath.Join(dir, "gone") + ": there is no such file\n",
		binary:                      binary + ":1: is not a text file: it contains a NUL byte\n",
		filepath.Join(binary, "in"): filepath.Join(binary, "in") + ": there is no such file\n",
	} {
		r := ircd("", "check", "--config", path)
		require.Equal(t, exitError, r.code)
		require.Equal(t, want, r.errors, "one clear line")
		require.Empty(t, r.out)
	}
}

func TestCheckOnWhatIsRight(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	r := ircd("", "check")
	require.Equal(t, ran{exitOK, "built-in defaults (no config.toml here): OK, listens on 127.0.0.1:6667, 127.0.0.1:6697 (TLS)\n", ""}, r)

	require.NoError(t, os.WriteFile("config.toml", []byte("[[listeners]]\naddress = \":7000\"\n"), 0o600))
	r = ircd("", "check")
	require.Equal(t, ran{exitOK, "config.toml: OK, listens on :7000\n", ""}, r)

	require.NoError(t, os.Remove("config.toml"))
	require.NoError(t, os.Mkdir("config.toml", 0o700))
	r = ircd("", "check")
	require.Equal(t, ran{exitError, "", "config.toml: is a directory, not a file\n"}, r, "a config.toml that exists is never ignored")
}

func TestInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "server")
	r := ircd("", "init", dir)
	require.Equal(t, exitOK, r.code, r.errors)
	require.Contains(t, r.out, filepath.Join(dir, "config.toml"))
	require.Contains(t, r.out, "start the server with: ./bavard --config "+filepath.Join(dir, "config.toml"), "as the program was called")
	require.Regexp(t, `fingerprint ([0-9A-F]{2}:){31}[0-9A-F]{2}`, r.out)
	for path, mode := range map[string]os.FileMode{"bavard-data": 0o700, "bavard-data/tls-key.pem": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), path)
	}
	checked := ircd("", "check", "--config", filepath.Join(dir, "config.toml"))
	require.Equal(t, exitOK, checked.code, checked.errors)

	before := contents(t, dir)
	require.Len(t, before, 3)
	again := ircd("", "init", dir)
	require.Equal(t, ran{exitError, "", "bavard: " + filepath.Join(dir, "config.toml") + " already exists; nothing was written\n"}, again)
	require.Equal(t, before, contents(t, dir))

	require.NoError(t, os.Remove(filepath.Join(dir, "config.toml")))
	again = ircd("", "init", dir)
	require.Equal(t, exitError, again.code)
	require.Contains(t, again.errors, "tls-certificate.pem already exists; nothing was written")
	require.Len(t, contents(t, dir), 2, "an existing certificate is not replaced, and nothing else is written")
}

// TestCalledAs checks how messages name the program.
func TestCalledAs(t *testing.T) {
	for path, want := range map[string]string{
		"bavard": "bavard", "./bavard": "./bavard", "/usr/bin/bavard": "/usr/bin/bavard", "/tmp/go-build123/b001/exe/ircd": "go run ./ircd",
	} {
		require.Equal(t, want, calledAs(path))
	}
}

// contents returns the text of every file below a directory, by path.
func contents(t *testing.T, dir string) map[string]string {
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	}))
	return files
}

func TestInitWhereItCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	r := ircd("", "init", filepath.Join(file, "x"))
	require.Equal(t, exitError, r.code)
	require.Equal(t, 1, strings.Count(r.errors, "\n"), r.errors)
	require.Contains(t, r.errors, "part of the path is not a directory")
}

func TestHashOfAPipe(t *testing.T) {
	for _, stdin := range []string{"hunter2\n", "hunter2", "hunter2\r\n", "hunter2\nnot this\n"} {
		r := ircd(stdin, "hash")
		require.Equal(t, exitOK, r.code, r.errors)
		require.Empty(t, r.errors)
		hash, ok := strings.CutSuffix(r.out, "\n")
		require.True(t, ok)
		require.True(t, accounts.VerifyPassword(hash, "hunter2"), "%q", stdin)
	}
	for stdin, want := range map[string]string{
		"":                        "bavard: the password is empty\n",
		"\n":                      "bavard: the password is empty\n",
		strings.Repeat("x", 5000): "bavard: the password is longer than 1024 bytes\n",
	} {
		require.Equal(t, ran{exitError, "", want}, ircd(stdin, "hash"))
	}
	longest := strings.Repeat("x", accounts.MaxPasswordBytes)
	require.Equal(t, exitOK, ircd(longest+"\r\n", "hash").code)
}

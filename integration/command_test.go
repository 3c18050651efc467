package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCheck checks that every mistake in a file gets a line with file, line and key, and that a missing file gets one
// line.
func TestCheck(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	three := write("three.toml", "[server]\nname = \"nodots\"\n\n[limits]\nnick_lenght = 9\nsend_queue = \"lots\"\n")
	binary := write("binary.toml", "\x7fELF\x02\x01\x00\x00\xff\xfe\x00")
	good := write("good.toml", "[server]\nname = \"irc.example.org\"\n")
	missing := filepath.Join(dir, "missing.toml")
	for _, test := range []struct {
		name, path string
		code       int
		stdout     []string // a part of each line
		stderr     []string // the start of each line
	}{
		{"three mistakes", three, 1, nil, []string{three + ":2: server.name: ", three + ":5: limits.nick_lenght: ", three + ":6: limits.send_queue: "}},
		{"binary", binary, 1, nil, []string{binary + ":1: is not a text file"}},
		{"a directory", dir, 1, nil, []string{dir + ": is a directory"}},
		{"missing", missing, 1, nil, []string{missing + ": there is no such file"}},
		{"good", good, 0, []string{"127.0.0.1:6667, 127.0.0.1:6697 (TLS)"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := run(t, dir, "", "check", "--config", test.path)
			require.Equal(t, test.code, code)
			out, errs := linesOf(stdout), linesOf(stderr)
			require.Len(t, out, len(test.stdout), stdout)
			for i, part := range test.stdout {
				require.Contains(t, out[i], part)
			}
			require.Len(t, errs, len(test.stderr), stderr)
			for i, start := range test.stderr {
				require.True(t, strings.HasPrefix(errs[i], start), "%q does not start with %q", errs[i], start)
			}
			if test.code == 0 {
				return
			}
			code, stdout, again := run(t, dir, "", "run", "--config", test.path)
			require.Equal(t, 1, code, "the server starts with such a file")
			require.Empty(t, stdout)
			require.Equal(t, stderr, again)
		})
	}
}

func linesOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// TestInit checks that the server runs in the directory that "bavard init" creates, and that init does not overwrite
// it.
func TestInit(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	code, _, stderr := run(t, dir, "", "init", "home")
	require.Equal(t, 0, code, stderr)
	code, _, stderr = run(t, dir, "", "init", "home")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "already exists")

	path := filepath.Join(dir, "home", "config.toml")
	code, stdout, stderr := run(t, dir, "", "check", "--config", path)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "127.0.0.1:6667")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	s := &server{t: t, dir: filepath.Join(dir, "home"), plain: freeAddress(t), tls: freeAddress(t)}
	moved := strings.NewReplacer(`"127.0.0.1:6667"`, `"`+s.plain+`"`, `"127.0.0.1:6697"`, `"`+s.tls+`"`).Replace(string(text))
	require.NoError(t, os.WriteFile(path, []byte(moved), 0o600))
	require.True(t, s.start(), "the daemon does not start: %s", s.process.stderr.String())
	ann := dial(t, "tcp", s.plain)
	ann.register("ann")
	ann.send("QUIT")
	ann.isClosed()
	s.stop()

	code, stdout, _ = run(t, dir, "", "check") // this directory has no file
	require.Equal(t, 0, code)
	require.Contains(t, stdout, "built-in defaults")
	code, stdout, _ = run(t, dir, "", "version")
	require.Equal(t, 0, code)
	require.Regexp(t, `^bavard \d`, stdout)
	code, stdout, _ = run(t, dir, "", "--help")
	require.Equal(t, 0, code)
	for _, command := range []string{"run", "check", "init", "hash", "version"} {
		require.Contains(t, stdout, command)
	}
}

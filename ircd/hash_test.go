package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"bavard/accounts"
)

// typed runs "bavard hash" on a terminal and types each line at a prompt. It returns the result and everything that the
// terminal showed.
func typed(t *testing.T, lines ...string) (ran, string) {
	keyboard, terminal, err := pty.Open()
	require.NoError(t, err)
	defer keyboard.Close()
	defer terminal.Close()
	require.NoError(t, keyboard.SetDeadline(time.Now().Add(20*time.Second)))

	var out bytes.Buffer
	done := make(chan int, 1)
	go func() { // ends when the command has read its lines
		done <- execute([]string{"hash"}, environment{stdin: terminal, stdout: &out, stderr: terminal})
	}()
	var shown strings.Builder
	for _, line := range lines {
		// The prompt appears before the echo is off, so wait until it is.
		_, err := shown.WriteString(readUntil(t, keyboard, ": "))
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			state, err := unix.IoctlGetTermios(int(terminal.Fd()), readTermios)
			return err == nil && state.Lflag&unix.ECHO == 0
		}, 10*time.Second, time.Millisecond)
		_, err = io.WriteString(keyboard, line+"\n")
		require.NoError(t, err)
	}
	code := <-done
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), readTermios)
	require.NoError(t, err)
	require.NotZero(t, state.Lflag&unix.ECHO, "the terminal's echo is on again")
	_, err = io.WriteString(terminal, "the end")
	require.NoError(t, err)
	shown.WriteString(readUntil(t, keyboard, "the end"))
	return ran{code: code, out: out.String()}, shown.String()
}

func readUntil(t *testing.T, f *os.File, end string) string {
	var text strings.Builder
	buf := make([]byte, 1)
	for !strings.HasSuffix(text.String(), end) {
		_, err := f.Read(buf)
		require.NoError(t, err, "read so far: %q", text.String())
		text.Write(buf)
	}
	return text.String()
}

func TestHashOnATerminal(t *testing.T) {
	r, shown := typed(t, "hunter2", "hunter2")
	require.Equal(t, exitOK, r.code, shown)
	require.True(t, accounts.VerifyPassword(strings.TrimSpace(r.out), "hunter2"))
	require.NotContains(t, shown, "hunter2")
	require.Contains(t, shown, "Password: ")
	require.Contains(t, shown, "Again: ")

	r, shown = typed(t, "hunter2", "hunter3")
	require.Equal(t, exitError, r.code)
	require.Empty(t, r.out)
	require.Contains(t, shown, "the passwords do not match")
	require.NotContains(t, shown, "hunter")
}

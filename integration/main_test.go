package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// patience is how long a test waits for one thing to be seen. It is far more than anything takes: the machine may be slow and busy.
const patience = 30 * time.Second

// ircd is the path of the daemon under test. TestMain sets it before any test runs.
var ircd string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

// buildAndRun builds the daemon with the race detector, so that what the clients do is also watched from inside.
func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bavard-ircd-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "integration: no folder for the daemon:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ircd = filepath.Join(dir, "ircd")
	if out, err := exec.Command("go", "build", "-race", "-o", ircd, "bavard/ircd").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "integration: the daemon does not build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// folder makes a folder that is removed when the test ends. Its path is short, unlike that of T.TempDir: a Unix socket's may have 107 bytes.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bavard-")
	if err != nil {
		t.Fatalf("no folder for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("the test's folder stays behind: %v", err)
		}
	})
	return dir
}

// await looks again and again until cond holds, and fails the test when it does not in time. what says what was waited for.
func await(t *testing.T, cond func() bool, what string, args ...any) {
	t.Helper()
	deadline := time.Now().Add(patience)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for %s", patience, fmt.Sprintf(what, args...))
		}
		<-look.C
	}
}

package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// patience is how long a test waits for one thing to be seen. It is much longer than anything takes, because the
// machine may be slow and busy.
const patience = 30 * time.Second

// ircd is the path of the daemon under test. TestMain sets it before any test runs.
var ircd string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

// buildAndRun builds the daemon with the race detector, so that the tests also find data races inside it.
func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bavard-ircd-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "integration: cannot create a directory for the daemon:", err)
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

// folder creates a directory that is removed when the test ends. Its path is shorter than that of T.TempDir, because
// the path of a Unix socket can have at most 107 bytes.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bavard-")
	if err != nil {
		t.Fatalf("cannot create a directory for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("cannot remove the test's directory: %v", err)
		}
	})
	return dir
}

// await checks repeatedly until cond returns true, and fails the test if that takes too long. The message says what it
// waited for.
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

package integration

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// graceful is how long a process can take to end after SIGTERM before it is killed. The daemon itself needs up to six
// seconds if a client does not read.
const graceful = 15 * time.Second

// transcript keeps what a process writes.
type transcript struct {
	// mu protects text between the goroutine that copies the process's output and the test.
	mu   sync.Mutex
	text strings.Builder
}

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// tail returns the end of a text: enough to see what went wrong.
func tail(text string) string {
	const mostLines, mostBytes = 60, 300
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) > mostLines {
		lines = append([]string{fmt.Sprintf("(%d lines before these)", len(lines)-mostLines)}, lines[len(lines)-mostLines:]...)
	}
	for i, line := range lines {
		if len(line) > mostBytes {
			lines[i] = line[:mostBytes] + "..."
		}
	}
	return strings.Join(lines, "\n")
}

// process is a program that a test runs in a process group of its own.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr transcript
	ended          chan struct{} // closed when the program ends; err is set before
	err            error
}

// need fails the test if a program is missing, so that a client that was not tested does not look like one that works.
func need(t *testing.T, program, debianPackage string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Fatalf("%s is not installed; install the Debian package %s (make e2e does)", program, debianPackage)
	}
}

// launch starts a program. It ends with the test.
func launch(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout = &p.stdout
	if cmd.Stderr == nil {
		cmd.Stderr = &p.stderr
	}
	// A process that inherited the program's output must not make the test wait forever.
	cmd.WaitDelay = graceful
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s does not start: %v", cmd.Path, err)
	}
	p.watch(t)
	return p
}

// launchInTerminal starts a program in a pseudo-terminal. What it draws is kept in stdout.
func launchInTerminal(t *testing.T, cmd *exec.Cmd) (*process, *os.File) {
	t.Helper()
	p := &process{cmd: cmd, ended: make(chan struct{})}
	attributes := &syscall.SysProcAttr{Setsid: true, Setctty: true}
	dieWithParent(attributes)
	terminal, err := pty.StartWithAttrs(cmd, &pty.Winsize{Rows: 50, Cols: 200}, attributes)
	if err != nil {
		t.Fatalf("%s does not start in a terminal: %v", cmd.Path, err)
	}
	go func() { // ends when the program does, or when the terminal is closed
		buf := make([]byte, 4096)
		for {
			n, err := terminal.Read(buf)
			_, _ = p.stdout.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { _ = terminal.Close() })
	p.watch(t)
	return p, terminal
}

// watch waits for the end of the program, and ends it when the test ends.
func (p *process) watch(t *testing.T) {
	go func() { // ends when the program does
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() { p.end() })
}

// end asks the program to end, and kills it and its process group if it does not. It returns when the program has
// ended.
func (p *process) end() {
	p.signal(syscall.SIGTERM)
	p.signal(syscall.SIGCONT)
	select {
	case <-p.ended:
	case <-time.After(graceful):
	}
	// The group still exists if the program left child processes behind.
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

// signal sends a signal to just the program.
func (p *process) signal(s syscall.Signal) {
	// An error means that the program has ended already.
	_ = p.cmd.Process.Signal(s)
}

// alive reports whether the program still runs.
func (p *process) alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// exitCode waits for the program to end, and returns its exit code, or -1 if a signal killed it.
func (p *process) exitCode(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%s did not end within %v\n%s", p.cmd.Path, patience, tail(p.stderr.String()))
	}
	var failed *exec.ExitError
	if p.err != nil && !errors.As(p.err, &failed) {
		t.Fatalf("%s: %v", p.cmd.Path, p.err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// environment returns the test's environment without variables that would lead a client to the files, the display or
// the session of the user who runs the test.
func environment(home string, more ...string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC", "TERM=xterm",
		"XDG_CONFIG_HOME=" + home + "/xdg/config", "XDG_DATA_HOME=" + home + "/xdg/data", "XDG_CACHE_HOME=" + home + "/xdg/cache",
		"XDG_STATE_HOME=" + home + "/xdg/state", "XDG_RUNTIME_DIR=" + home,
	}, more...)
}

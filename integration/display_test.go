package integration

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// desktop is a display and a message bus that only this test uses.
type desktop struct {
	display string // such as ":99"
	bus     string // the D-Bus address
}

// busConfig configures a session bus that starts no services: a call to a program that is not running must fail, and
// not start a second one.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// newDesktop starts both, and waits until they are ready.
func newDesktop(t *testing.T, home string) desktop {
	t.Helper()
	need(t, "Xvfb", "xvfb")
	need(t, "dbus-daemon", "dbus")
	socket := filepath.Join(home, "bus")
	config := filepath.Join(home, "bus.conf")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, busConfig, socket), 0o600))
	bus := exec.Command("dbus-daemon", "--nofork", "--nopidfile", "--config-file="+config)
	bus.Env = environment(home)
	daemon := launch(t, bus)
	display := startDisplay(t, home)
	await(t, func() bool {
		_, err := os.Stat(socket)
		return err == nil || !daemon.alive()
	}, "the message bus")
	require.True(t, daemon.alive(), "dbus-daemon does not start: %s", daemon.stderr.String())
	return desktop{display: display, bus: "unix:path=" + socket}
}

// startDisplay starts an X server, which finds a free display number and reports it.
func startDisplay(t *testing.T, home string) string {
	t.Helper()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer func() { _ = reader.Close() }()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset")
	cmd.Env = environment(home)
	cmd.ExtraFiles = []*os.File{writer}
	server := launch(t, cmd)
	require.NoError(t, writer.Close())
	require.NoError(t, reader.SetReadDeadline(time.Now().Add(patience)))
	number, err := bufio.NewReader(reader).ReadString('\n')
	require.NoError(t, err, "Xvfb does not report its display: %s", server.stderr.String())
	return ":" + strings.TrimSpace(number)
}

// environment returns the environment of a program on this desktop.
func (d desktop) environment(home string) []string {
	return environment(home, "DISPLAY="+d.display, "DBUS_SESSION_BUS_ADDRESS="+d.bus, "NO_AT_BRIDGE=1", "GSETTINGS_BACKEND=memory")
}

// run runs a short program on this desktop, and returns its standard output.
func (d desktop) run(home, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = d.environment(home)
	out, err := cmd.Output()
	return string(out), err
}

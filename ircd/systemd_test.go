package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// manager starts a service manager. The function that it returns waits for the next message.
func manager(t *testing.T) (told func() string) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return func() string {
		buf := make([]byte, 1024)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
		n, err := conn.Read(buf)
		require.NoError(t, err)
		return string(buf[:n])
	}
}

// TestNotify checks the messages for a start, for reloads with a good and a bad file, and for the stop.
func TestNotify(t *testing.T) {
	told := manager(t)
	r := serve(t, fileOf(plainListener))
	require.Equal(t, "READY=1", told())
	for _, text := range []string{fileOf(plainListener), "nonsense"} {
		_, _ = r.rewrite(text)
		require.True(t, strings.HasPrefix(told(), "RELOADING=1\nMONOTONIC_USEC="))
		require.Equal(t, "READY=1", told())
	}
	signals := make(chan os.Signal, 1)
	signals <- os.Interrupt
	r.end.Do(func() { r.obey(signals) })
	require.Equal(t, "STOPPING=1", told())
}

// TestWatchdog checks that there are signs of life while the engine works, and none while it hangs.
func TestWatchdog(t *testing.T) {
	told := manager(t)
	ctx, cancel := context.WithCancel(context.Background())
	beats, ended := make(chan struct{}), make(chan struct{})
	go func() { // ends with ctx
		defer close(ended)
		watch(ctx, 2*time.Millisecond, func() {
			select {
			case beats <- struct{}{}:
			case <-ctx.Done():
			}
		})
	}()
	for range 3 {
		<-beats
		require.Equal(t, "WATCHDOG=1", told())
	}
	cancel()
	<-ended
}

// TestInheritedSockets checks TCP and Unix sockets, by name, also after reloads that remove them and bring them back,
// and a name that systemd did not pass.
func TestInheritedSockets(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	file, err := tcp.(*net.TCPListener).File()
	require.NoError(t, err)
	address := tcp.Addr().String()
	require.NoError(t, tcp.Close())
	t.Cleanup(func() { _ = file.Close() })

	r := serve(t, fileOf(plainListener))
	r.listeners.inherited = map[string]*os.File{"irc": file}
	given := fileOf("[[listeners]]\naddress = \"systemd:irc\"\nconnections = 10")
	for range 3 {
		_, err = r.rewrite(given)
		require.NoError(t, err)
		r.dial("tcp", address).echoes()
		_, err = r.rewrite(fileOf(plainListener))
		require.NoError(t, err)
	}
	_, err = r.rewrite(fileOf("[[listeners]]\naddress = \"systemd:other\""))
	require.ErrorContains(t, err, "cannot listen on systemd:other: systemd passed no socket with this name")
}

func TestSocketsByName(t *testing.T) {
	var files []*os.File
	for _, name := range []string{"irc", "irc", "tls", "irc"} {
		files = append(files, os.NewFile(^uintptr(0)>>1, name))
	}
	found := byName(files)
	require.Len(t, found, 4)
	require.Same(t, files[1], found["irc#2"])
	require.Same(t, files[3], found["irc#3"])
	require.Same(t, files[2], found["tls"])
}

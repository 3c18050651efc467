package transport

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// flooder is a session that sends more than its queue can hold, as fast as its peer reads.
type flooder struct {
	conn    *Conn
	started chan struct{}
	done    chan bool // the result of the last Await
}

const floodBytes = 32 << 20

func (f *flooder) Line([]byte) time.Duration {
	close(f.started)
	piece := bytes.Repeat([]byte("0123456789abcdef"), 1<<10)
	for sent := 0; sent < floodBytes; sent += 2 * len(piece) {
		if !f.conn.Await(32<<10, 30*time.Second) {
			f.done <- false
			return 0
		}
		if f.conn.SendPair(piece, piece) {
			f.conn.Flush()
		}
	}
	f.done <- true
	return 0
}
func (f *flooder) Overlong() time.Duration { return 0 }
func (f *flooder) Batch()                  {}
func (f *flooder) Tick() time.Duration     { return 0 }
func (f *flooder) Closed(error)            {}

func startFlooder(t *testing.T) (*flooder, net.Conn) {
	f := &flooder{started: make(chan struct{}), done: make(chan bool, 1)}
	opened := make(chan struct{})
	server := NewServer(func(c *Conn) (Session, time.Duration) {
		f.conn = c
		close(opened)
		return f, 0
	}, Limits{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	l, err := server.Listen(t.Context(), Spec{Name: "test", Network: "tcp", Address: "127.0.0.1:0", Options: Options{SendQueueBytes: 96 << 10}})
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Close(nil, io.EOF)
		server.Wait(10 * time.Second)
	})
	peer, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { peer.Close() })
	<-opened
	_, err = peer.Write([]byte("go\n"))
	require.NoError(t, err)
	return f, peer
}

// TestAwait checks that a session that waits for room can send any amount, in order, without overflowing its queue.
func TestAwait(t *testing.T) {
	f, peer := startFlooder(t)
	require.NoError(t, peer.SetReadDeadline(time.Now().Add(60*time.Second)))
	got := make([]byte, floodBytes)
	_, err := io.ReadFull(peer, got)
	require.NoError(t, err)
	require.Equal(t, bytes.Repeat([]byte("0123456789abcdef"), floodBytes/16), got)
	require.True(t, <-f.done)
}

// TestAwaitEndsWithTheConnection checks that Await returns when someone else closes the connection.
func TestAwaitEndsWithTheConnection(t *testing.T) {
	f, _ := startFlooder(t)
	// The socket fills up, and then the session waits. The test cannot see that, but closing the connection earlier
	// ends the session as well.
	<-f.started
	f.conn.Close(nil, io.EOF)
	f.conn.Flush()
	select {
	case ok := <-f.done:
		require.False(t, ok)
	case <-time.After(20 * time.Second):
		t.Fatal("still waiting")
	}
}

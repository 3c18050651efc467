package integration

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// junk lists things that no client should send.
func junk() map[string][]byte {
	random := rand.New(rand.NewChaCha8([32]byte{1}))
	noise := make([]byte, 64<<10)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	long := strings.Repeat("a", 1<<20)
	return map[string][]byte{
		"random bytes":       noise,
		"NULs":               bytes.Repeat([]byte("\x00PRIV\x00MSG #c :\x00\r\n\x00\n"), 1000),
		"tags and nothing":   bytes.Repeat([]byte("@a \r\n@\r\n@ \r\n@a\r\n@a=b;;=;\\ :x\r\n:\r\n: \r\n:a\r\n"), 200),
		"one very long line": []byte("PRIVMSG #c :" + long + "\r\nPING after\r\n"),
		"very long tags":     []byte("@" + long + " PRIVMSG #c :x\r\nPING after\r\n"),
		"no line end":        []byte(long),
		"only line ends":     bytes.Repeat([]byte("\r\n\n\r"), 20000),
		"bare CRs":           bytes.Repeat([]byte("NICK a\rQUIT\r\r\n"), 500),
		"many parameters":    bytes.Repeat([]byte("MODE"+strings.Repeat(" x", 200)+"\r\n"), 200),
		"not UTF-8":          bytes.Repeat([]byte("NICK \xff\xfe\r\nUSER \xc3 0 * :\xed\xa0\x80\r\nPRIVMSG \x80 :\xf8\r\n"), 200),
		"letters like ASCII": bytes.Repeat([]byte("uſer a 0 * :b\r\nNICK K\r\nﬁ x\r\n"), 200),
		"a web browser":      []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + long),
		"a TLS greeting":     append([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), noise[:500]...),
	}
}

// throw connects and sends these bytes, and drops the answers. It returns how many bytes the server accepted before it
// closed the connection, if it did. With stay, it then waits until the server has handled everything and has closed the
// connection.
func throw(address string, bytes []byte, stay bool) (taken int, err error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	closed := make(chan error, 1)
	go func() { // ends when the server closes, at the deadline, or when throw returns
		_, err := io.Copy(io.Discard, conn)
		closed <- err
	}()
	taken, err = conn.Write(bytes)
	if err == nil && stay {
		if err = conn.(*net.TCPConn).CloseWrite(); err == nil {
			err = <-closed
		}
	}
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		return taken, fmt.Errorf("the server neither takes bytes nor closes: %w", err)
	}
	return taken, nil
}

// meanwhile makes a client send PINGs continuously while do runs. It returns the longest time that an answer took.
func meanwhile(t *testing.T, r *raw, do func() error) (worst time.Duration) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- do() }() // ends when do returns
	for rounds := 0; ; rounds++ {
		asked := time.Now()
		r.drain()
		worst = max(worst, time.Since(asked))
		select {
		case err := <-done:
			require.NoError(t, err)
			t.Logf("%d PINGs, the slowest answer after %v", rounds+1, worst)
			return worst
		case <-time.After(time.Millisecond): // leave the server time for others
		}
	}
}

// TestGarbage checks that a different client notices nothing while a hundred connections send what no client should,
// with and without flood control.
func TestGarbage(t *testing.T) {
	for name, extra := range map[string]settings{"slowed down": nil, "as fast as they can": {"flood": "enabled = false"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, extra)
			ann := join(t, s, "ann")
			ann.send("JOIN #c")
			ann.drain()
			// With flood control, this would take minutes, so close at once.
			meanwhile(t, ann, func() error { return throwAll(s.plain, extra != nil) })
			s.isUnharmed()
			bob := join(t, s, "bob")
			bob.send("JOIN #c")
			ann.sees(`^:bob!bob@127.0.0.1 JOIN #c$`)
		})
	}
}

// throwAll sends all kinds of junk, on a hundred connections at once.
func throwAll(address string, stay bool) error {
	const connections = 100
	kinds := junk()
	names := slices.Sorted(maps.Keys(kinds))
	failed := make(chan error, connections)
	var all sync.WaitGroup
	for i := range connections {
		name := names[i%len(names)]
		all.Go(func() { // ends within a few times patience
			if _, err := throw(address, kinds[name], stay); err != nil {
				failed <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	all.Wait()
	close(failed)
	return <-failed
}

// TestTenMegabytes sends ten megabytes of random bytes from clients without flood control, so that the server really
// reads all of them.
func TestTenMegabytes(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"flood": "enabled = false"})
	ann := join(t, s, "ann")
	noise := make([]byte, 10<<20)
	random := rand.New(rand.NewChaCha8([32]byte{2}))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	meanwhile(t, ann, func() error {
		const tries = 1000
		for range tries {
			taken, err := throw(s.plain, noise, true)
			if err != nil {
				return err
			}
			if noise = noise[taken:]; len(noise) == 0 {
				return nil
			}
		}
		return fmt.Errorf("%d bytes are left after %d connections", len(noise), tries)
	})
	s.isUnharmed()
	join(t, s, "bob").drain()
}

// TestJunkIsAnswered checks that a registered client that sends junk gets an answer, is ignored, or loses its own
// connection, and nothing worse.
func TestJunkIsAnswered(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"flood": "enabled = false"})
	ann := join(t, s, "ann")
	for name, bytes := range junk() {
		_, err := throw(s.plain, append([]byte("NICK bob\r\nUSER bob 0 * :bob\r\nJOIN #c\r\n"), bytes...), true)
		require.NoError(t, err, name)
		ann.drain()
	}
	s.isUnharmed()
	ann.send("@a ")
	ann.send("@a")
	ann.send("PRIVMSG ann :%s", strings.Repeat("x", 600))
	require.Equal(t, []string{":irc.test 417 ann :Input line was too long"}, ann.drain())
}

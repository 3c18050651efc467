package commands

import (
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestStopWhilePeopleCome: the server stops while people connect, register and talk, now sooner and now later: all are
// told and let go.
func TestStopWhilePeopleCome(t *testing.T) {
	for round := range 8 {
		stopAfter(t, round*5)
	}
}

// stopAfter stops a server when so many have been welcomed or sent away.
func stopAfter(t *testing.T, welcomed int) {
	s := newSoakWith(t, soakConfig)
	const people = 100
	var all sync.WaitGroup
	some := make(chan struct{}, people)
	for i := range people {
		all.Go(func() { // ends when the server has closed the connection
			c := s.client(rand.New(rand.NewPCG(uint64(i), 5)))
			c.scribe.people, c.scribe.channels = people, 5
			if c.connect(i) != nil {
				return // too late
			}
			defer func() { _ = c.conn.Close() }()
			err := c.register(i)
			some <- struct{}{}
			for err == nil {
				err = c.talk(3)
			}
			_ = c.conn.SetReadDeadline(time.Now().Add(patienceOfSoak))
			_, _ = io.Copy(io.Discard, c.lines)
		})
	}
	for range welcomed {
		<-some
	}
	s.server.Stop("over")
	all.Wait()
	require.Zero(t, s.sockets.Wait(patienceOfSoak))
	require.Empty(t, s.found)
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	require.Zero(t, s.log.panics, s.log.first)
}

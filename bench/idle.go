package main

import (
	"context"
	"fmt"
	"time"
)

// rest holds what idle connections cost a server.
type rest struct {
	name        string
	connections int
	before      footprint // without connections
	atOnce      footprint // when the last connection had been welcomed
	after       footprint // after they had been idle for a while
	connecting  int64     // CPU time to connect and register them all, in nanoseconds
	resting     float64   // CPU time per second of the wait, in nanoseconds
}

// each divides an increase by the number of connections.
func (r rest) each(before, after int64) float64 {
	return float64(after-before) / float64(r.connections)
}

// compareIdle starts one server after the other, connects and registers the clients, leaves them alone for a while, and
// measures the memory. It does so once, because memory does not depend on other activity on the machine.
func compareIdle(b *bench, sc scenario) error {
	if need := sc.clients + spareFiles; need > b.files {
		return fmt.Errorf("scenario %s needs %d open files, but the system allows only %d (ulimit -n)", sc.name, need, b.files)
	}
	var results []rest
	for _, c := range b.contestants {
		r, err := b.restOf(c, sc)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	printIdle(b.out, sc, results, b.settle)
	return nil
}

func (b *bench) restOf(c contestant, sc scenario) (r rest, err error) {
	s, err := b.start(c)
	if err != nil {
		return r, err
	}
	defer s.server.stop()
	defer s.close()
	r.name, r.connections = c.name, sc.clients
	if r.before, err = footprintOf(s.server.pid); err != nil {
		return r, err
	}
	started, err := usageOf(s.server.pid)
	if err != nil {
		return r, err
	}
	s.secure = sc.secure
	if err := s.setUp(b.ctx, sc.clients, sc.clients, false); err != nil {
		return r, err
	}
	if r.atOnce, err = footprintOf(s.server.pid); err != nil {
		return r, err
	}
	connected, err := usageOf(s.server.pid)
	if err != nil {
		return r, err
	}
	fmt.Fprintf(b.progress, "%s %s: %d connections, waiting %s\n", sc.name, c.name, sc.clients, b.settle)
	if err := s.leaveAlone(b.ctx, b.settle); err != nil {
		return r, err
	}
	rested, err := usageOf(s.server.pid)
	if err != nil {
		return r, err
	}
	r.connecting = connected.minus(started).nanoseconds
	r.resting = float64(rested.minus(connected).nanoseconds) / b.settle.Seconds()
	r.after, err = footprintOf(s.server.pid)
	return r, err
}

// leaveAlone waits. It returns an error if the server ends a connection.
func (s *swarm) leaveAlone(ctx context.Context, wait time.Duration) error {
	for end := time.Now().Add(wait); time.Now().Before(end); {
		if _, err := s.wait(func(int, []byte) {}); err != nil {
			return err
		}
		if err := s.sound(ctx); err != nil {
			return err
		}
		if s.closed > 0 {
			return fmt.Errorf("%s ended %d idle connections", s.server.name, s.closed)
		}
	}
	return nil
}

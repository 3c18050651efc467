package main

import (
	"context"
	"fmt"
	"time"
)

// rest is what idle connections cost a server.
type rest struct {
	name        string
	connections int
	before      footprint // of the server alone
	atOnce      footprint // when the last connection had been greeted
	after       footprint // when they had been idle for a while
	connecting  int64     // CPU time for connecting and registering them all, in nanoseconds
	resting     float64   // CPU time in each second of the wait, in nanoseconds
}

// each divides what was used by the connections.
func (r rest) each(before, after int64) float64 {
	return float64(after-before) / float64(r.connections)
}

// compareIdle starts one server after the other, connects and registers the clients, leaves them alone for a while, and looks at the memory. It does so
// once: memory does not depend on what else the machine does.
func compareIdle(b *bench, sc scenario) error {
	if need := sc.clients + spareFiles; need > b.files {
		return fmt.Errorf("scenario %s needs %d open files, the system allows %d (ulimit -n)", sc.name, need, b.files)
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

// leaveAlone waits. That the server drops anybody is an error.
func (s *swarm) leaveAlone(ctx context.Context, wait time.Duration) error {
	for end := time.Now().Add(wait); time.Now().Before(end); {
		if _, err := s.wait(func(int, []byte) {}); err != nil {
			return err
		}
		if err := s.sound(ctx); err != nil {
			return err
		}
		if s.closed > 0 {
			return fmt.Errorf("%s has ended %d idle connections", s.server.name, s.closed)
		}
	}
	return nil
}

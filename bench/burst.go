package main

import (
	"fmt"
	"time"
)

// compareBurst makes a crowd do one thing at once: connect and register, or join one channel. It starts a new server
// each time, because this happens only once in a server's life. The servers take turns.
func compareBurst(b *bench, sc scenario) error {
	if need := sc.clients + spareFiles; need > b.files {
		return fmt.Errorf("scenario %s needs %d open files, but the system allows only %d (ulimit -n)", sc.name, need, b.files)
	}
	results := make([]result, len(b.contestants))
	for round := range b.runs {
		for i := range b.contestants {
			at := (round + i) % len(b.contestants)
			measured, err := b.burst(b.contestants[at], sc)
			if err != nil {
				return err
			}
			results[at].name = b.contestants[at].name
			results[at].slices = append(results[at].slices, measured)
			fmt.Fprintf(b.progress, "%s %d/%d %-9s %9.0f /s %7.0f us each\n", sc.name, round+1, b.runs, results[at].name, measured.perSecond(), measured.cost()/1e3)
		}
	}
	printBurst(b.out, sc, results)
	return nil
}

// burst measures one burst with one server.
func (b *bench) burst(c contestant, sc scenario) (*slice, error) {
	s, err := b.start(c)
	if err != nil {
		return nil, err
	}
	defer s.server.stop()
	defer s.close()
	s.secure = sc.secure
	if sc.joining {
		if err := s.setUp(b.ctx, sc.clients, sc.group, false); err != nil {
			return nil, err
		}
		for i := range s.groups {
			s.groups[i].channel = channelOf(i)
		}
	}
	m, err := startMeter(s.server.pid)
	if err != nil {
		return nil, err
	}
	result := &slice{delivered: int64(sc.clients)}
	before, start := s.receivedBytes, time.Now()
	if sc.joining {
		err = s.performAll(b.ctx, s.joining(), ping(s), ping(s))
	} else {
		err = s.setUp(b.ctx, sc.clients, sc.group, false)
	}
	if err != nil {
		return nil, err
	}
	result.elapsed, result.received = time.Since(start), s.receivedBytes-before
	return result, m.stop(result)
}

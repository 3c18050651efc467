package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// bench is a run: which servers are compared, for how long and how often.
type bench struct {
	ctx              context.Context
	contestants      []contestant
	dir              string // the directory for all files
	certificate, key string
	slice            time.Duration // how long a server gets the load each time
	runs             int           // how often each server gets the load
	settle           time.Duration // how long idle connections are left alone before the memory is measured
	files            int           // how many files can be open
	out              io.Writer     // the tables
	progress         io.Writer
}

// spareFiles is the number of open files other than connections.
const spareFiles = 100

// result holds the slices of a scenario for one server, in order.
type result struct {
	name   string
	slices []*slice
}

// compareTalk puts the same load on all servers, which run side by side, in turns. Each round starts with a different
// server, so that other activity on the machine affects all alike.
func compareTalk(b *bench, sc scenario) error {
	contestants := forRow(b.contestants, sc)
	if need := len(contestants)*sc.clients + spareFiles; need > b.files {
		return fmt.Errorf("scenario %s needs %d open files, but the system allows only %d (ulimit -n)", sc.name, need, b.files)
	}
	var swarms []*swarm
	var results []result
	defer func() {
		for _, s := range swarms {
			s.close()
			s.server.stop()
		}
	}()
	for _, c := range contestants {
		s, err := b.start(c)
		if err != nil {
			return err
		}
		s.secure, s.tags = sc.secure, sc.tags
		swarms, results = append(swarms, s), append(results, result{name: c.name})
		if err := s.setUp(b.ctx, sc.clients, sc.group, !sc.private); err != nil {
			return err
		}
		s.listen()
		if _, err := s.talk(b.ctx, sc.load, b.warmUp()); err != nil {
			return err
		}
	}
	for round := range b.runs {
		for i := range swarms {
			at := (round + i) % len(swarms)
			measured, err := swarms[at].talk(b.ctx, sc.load, b.slice)
			if err != nil {
				return err
			}
			results[at].slices = append(results[at].slices, measured)
			fmt.Fprintf(b.progress, "%s %d/%d %-9s %9.0f lines/s %7.2f us/line\n", sc.name, round+1, b.runs, results[at].name, measured.perSecond(), measured.cost()/1e3)
		}
	}
	for _, s := range swarms {
		if err := checkAccount(s.server); err != nil {
			fmt.Fprintln(b.progress, "warning:", err)
		}
	}
	printTalk(b.out, sc, results, b.slice)
	return nil
}

// warmUp returns how long a server gets the load before it is measured.
func (b *bench) warmUp() time.Duration { return min(b.slice, time.Second) }

func (b *bench) start(c contestant) (*swarm, error) {
	server, err := launch(b.ctx, c, b.dir, b.certificate, b.key)
	if err != nil {
		return nil, err
	}
	s, err := newSwarm(server)
	if err != nil {
		server.stop()
		return nil, err
	}
	fmt.Fprintf(b.progress, "%s: process %d, %s\n", c.name, server.pid, server.plain)
	return s, nil
}

// checkAccount compares the two counts of a server's CPU time. The count of the live threads can lack the time of ended
// threads, and is never larger.
func checkAccount(s *server) error {
	live, threads, err := liveThreads(s.pid)
	if err != nil {
		return err
	}
	all, err := usageOf(s.pid)
	if err != nil {
		return err
	}
	if live > all.nanoseconds {
		return fmt.Errorf("the CPU times of %s disagree: %d threads %d ns, the process %d ns", s.name, threads, live, all.nanoseconds)
	}
	return nil
}

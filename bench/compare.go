package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// bench is a run: who is compared, how long and how often.
type bench struct {
	ctx              context.Context
	contestants      []contestant
	dir              string // where everything is written
	certificate, key string
	slice            time.Duration // how long a load lasts at a time
	runs             int           // how often each server gets it
	settle           time.Duration // how long idle connections are left alone before the memory is read
	files            int           // how many files may be open
	out              io.Writer     // the tables
	progress         io.Writer
}

// spareFiles are those that are open besides the connections.
const spareFiles = 100

// result is what one server showed in the slices of a scenario, in their order.
type result struct {
	name   string
	slices []*slice
}

// compareTalk puts the same load on all servers, which run side by side, in turns: who goes first changes with each round, so that what else happens on the
// machine falls on all alike.
func compareTalk(b *bench, sc scenario) error {
	contestants := forRow(b.contestants, sc)
	if need := len(contestants)*sc.clients + spareFiles; need > b.files {
		return fmt.Errorf("scenario %s needs %d open files, the system allows %d (ulimit -n)", sc.name, need, b.files)
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

// warmUp is how long a server gets the load before it counts.
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

// checkAccount compares the two accounts of a server's CPU time. That of the threads alive may lack what ended threads used, and never has more.
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
		return fmt.Errorf("the accounts of %s disagree: its %d threads %d ns, the process %d ns", s.name, threads, live, all.nanoseconds)
	}
	return nil
}

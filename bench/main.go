// Package main is the load generator, and the comparison of this daemon with InspIRCd and ngIRCd:
//
//	go run ./bench                                                all scenarios, this daemon and its peers
//	go run ./bench -scenario big-channel,joins -runs 9            two scenarios, with more runs
//	go run ./bench -servers bavard,old=../before/bavard,inspircd  with a second build of this daemon
//	go run ./bench -servers memory,bavard,always                  what it costs to keep everything
//
// It owns the clients, the measuring, and the servers that it starts, each with its own configuration, in a temporary
// directory, on free ports of the loopback interface. It never connects to anything else, and ends no process that it
// did not start. It imports nothing from the daemon, which it builds and runs like a user would.
//
// Its invariants:
//
//   - The load is the same for all, in turns. In a scenario, all servers run side by side and get the load one after
//     the other, in short slices. The result is the median of the slices; a ratio is the median of the ratios of
//     successive slices. Bursts that happen once in a server's life, such as many registrations, are measured with new
//     servers in turns.
//   - Deliveries are counted exactly: sent lines times recipients must equal received lines, and missing ones are
//     reported. During a slice, no server sends anything else: everything that joining caused has been read before,
//     and pings are sent once an hour.
//   - The loader is lean: one goroutine, raw sockets, one epoll instance, and lines counted by their newlines. The
//     table contains its own CPU time, which shows whether the loader, and not the server, was the limit.
//   - CPU time is the scheduler's count in nanoseconds for all threads, including ended ones. The share of user time
//     is sampled by the kernel, and only a hint. The kernel's work to send over the loopback interface, up to the
//     receiver's queue, counts as the server's; it is the same for all.
//   - Everything is limited in count and time, and nothing is left running.
//
// Linux only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options holds the arguments.
type options struct {
	scenario, servers string
	worst             string
	seconds           float64
	runs, clients     int
	window            int
	settle            time.Duration
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	cancel()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "bench: interrupted; all servers were stopped")
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// parse parses the arguments. It has already printed its error.
func parse(arguments []string, errors io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(errors)
	f.StringVar(&o.scenario, "scenario", everything, "the `scenarios` to measure, separated by commas")
	f.StringVar(&o.servers, "servers", nameBavard+","+nameInspIRCd+","+nameNgIRCd, "the `servers` to compare, separated by commas; NAME=PATH is a different build of this daemon")
	f.StringVar(&o.worst, "worst", "", "instead of scenarios, measure how long a bystander waits while clients send these `verbs`, or all of them")
	f.Float64Var(&o.seconds, "seconds", 3, "how long each server gets the load each time")
	f.IntVar(&o.runs, "runs", 5, "how often each server gets the load")
	f.IntVar(&o.clients, "clients", 0, "the number of clients (0 means the scenario's own)")
	f.IntVar(&o.window, "window", 0, "the number of lines on their way in each group of a saturated scenario (0 means the scenario's own)")
	f.DurationVar(&o.settle, "settle", 20*time.Second, "how long idle connections are left alone before the memory is measured")
	f.Usage = func() {
		fmt.Fprintln(errors, "bench compares this daemon with InspIRCd and ngIRCd, on this machine, over the loopback interface.\n\nScenarios:")
		for _, sc := range scenarios() {
			fmt.Fprintf(errors, "  %-26s %s\n", sc.name, sc.title)
		}
		fmt.Fprintln(errors, "\nFlags:")
		f.PrintDefaults()
	}
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q; see --help", f.Arg(0))
	case o.seconds <= 0 || o.seconds > 3600, o.runs < 1 || o.runs > 1000, o.clients < 0 || o.clients > 100000, o.window < 0 || o.window > 4096,
		o.settle < 0 || o.settle > time.Hour:
		return o, fmt.Errorf("a number is out of range: seconds up to 3600, runs 1 to 1000, clients up to 100000, window up to 4096, settle up to 1h")
	}
	return o, nil
}

// execute performs a whole run.
func execute(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	o, err := parse(arguments, stderr)
	if err != nil {
		return err
	}
	chosen, err := choose(o.scenario)
	if err != nil {
		return err
	}
	files, err := raiseFileLimit()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bavard-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // if this fails, only the temporary directory is left
	b := &bench{ctx: ctx, dir: dir, slice: time.Duration(o.seconds * float64(time.Second)), runs: o.runs, settle: o.settle, files: files, out: stdout, progress: stderr}
	if b.contestants, err = contestantsOf(ctx, o.servers, dir, func(err error) { fmt.Fprintln(stderr, "bench:", err) }); err != nil {
		return err
	}
	if b.certificate, b.key, err = writeCertificate(dir); err != nil {
		return err
	}
	fmt.Fprintln(stdout, describeMachine())
	if o.worst != "" {
		return measureWorst(b, o.worst)
	}
	for _, sc := range chosen {
		if sc, err = sc.withClients(o.clients); err != nil {
			return err
		}
		if o.window > 0 {
			sc.load.window = o.window
		}
		if err := sc.measure(b, sc); err != nil {
			return fmt.Errorf("scenario %s: %w", sc.name, err)
		}
	}
	return nil
}

// Package main is the load generator, and the comparison of this daemon with InspIRCd and ngIRCd:
//
//	go run ./bench                                        all scenarios, this daemon beside its peers
//	go run ./bench -scenario big-channel,joins -runs 9    some of them, more often
//	go run ./bench -servers bavard,old=../before/ircd,inspircd    another build of this daemon, too
//
// It owns the clients, the servers that it starts (each with a configuration of its own, in a temporary folder, on free ports of the loopback interface) and
// the measuring. It never connects to anything else, ends no process that it did not start, and imports nothing of the daemon, which it builds and runs as
// anybody would.
//
// Its invariants:
//
//   - The same load for all, in turns. In a scenario all servers run side by side and get the load one after the other, in short slices; what is told is
//     the median of the slices, and the ratio is the median of the ratios of slices that followed each other. What happens once in a server's
//     life (a crowd that registers, or joins) is measured with servers started anew, in turns.
//   - Deliveries are counted exactly: lines sent times recipients must come back as lines received, and what is missing is told. In a slice
//     no server sends anything else: all that the joining caused has been read before, and pings come once in an hour.
//   - The loader is lean: one goroutine, raw sockets, one epoll instance, lines counted by their newlines. Its own use of the processors is in the
//     table, so that one sees whether it, and not the server, was the limit.
//   - CPU time is the scheduler's account in nanoseconds of all threads, ended ones included. The share of user time is sampled by the kernel and is only
//     a hint. What the kernel does for a server's send on the loopback, up to the receiver's queue, counts as the server's: it is the same for all.
//   - Everything is bounded in count and time, and nothing is left running.
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

// options are the arguments.
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
		fmt.Fprintln(os.Stderr, "bench: interrupted; all servers have been ended")
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// parse reads the arguments. Its error has been told already.
func parse(arguments []string, errors io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(errors)
	f.StringVar(&o.scenario, "scenario", everything, "which `rows` to measure, separated by commas")
	f.StringVar(&o.servers, "servers", nameBavard+","+nameInspIRCd+","+nameNgIRCd, "which `servers` to compare; NAME=PATH is another build of this daemon")
	f.StringVar(&o.worst, "worst", "", "which `verbs` to attack this daemon with, instead of a scenario, or all: how long a bystander waits")
	f.Float64Var(&o.seconds, "seconds", 3, "how long each server gets the load at a time")
	f.IntVar(&o.runs, "runs", 5, "how often each server gets it")
	f.IntVar(&o.clients, "clients", 0, "how many clients there are (0: what the scenario says)")
	f.IntVar(&o.window, "window", 0, "how many lines are on their way in each group of a saturated scenario (0: what the scenario says)")
	f.DurationVar(&o.settle, "settle", 20*time.Second, "how long idle connections are left alone before the memory is read")
	f.Usage = func() {
		fmt.Fprintln(errors, "bench measures this daemon beside InspIRCd and ngIRCd, on this machine, over the loopback interface.\n\nScenarios:")
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
		return o, fmt.Errorf("what is %q? All arguments are flags, see --help", f.Arg(0))
	case o.seconds <= 0 || o.seconds > 3600, o.runs < 1 || o.runs > 1000, o.clients < 0 || o.clients > 100000, o.window < 0 || o.window > 4096,
		o.settle < 0 || o.settle > time.Hour:
		return o, fmt.Errorf("a number is out of its range: seconds up to 3600, runs 1 to 1000, clients up to 100000, window up to 4096, settle up to 1h")
	}
	return o, nil
}

// execute does a whole run.
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
	defer os.RemoveAll(dir) // only the temporary folder is left when it fails
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

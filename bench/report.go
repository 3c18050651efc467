package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// printTalk prints the table of a scenario in which clients talk: the medians of the slices.
func printTalk(w io.Writer, sc scenario, results []result, duration time.Duration) {
	fmt.Fprintf(w, "\n%s: %s; %d clients, %d x %s each\n", sc.name, sc.title, sc.clients, len(results[0].slices), duration)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "server\tdelivered/s\tCPU us/line\t(low-high)\tuser\tp50 ms\tp99 ms\tlost\tserver\tloader\tothers\t")
	for _, r := range results {
		cost := extentOf(each(r.slices, (*slice).cost))
		latency := latencyOf(r.slices)
		fmt.Fprintf(t, "%s\t%.0f\t%.2f\t(%.2f-%.2f)\t%.0f%%\t%.2f\t%.2f\t%s\t%s\t%s\t%s\t\n",
			r.name, median(each(r.slices, (*slice).perSecond)), cost.median/1e3, cost.low/1e3, cost.high/1e3,
			100*median(each(r.slices, func(s *slice) float64 { return s.server.userShare() })),
			milliseconds(latency.quantile(0.5)), milliseconds(latency.quantile(0.99)), lostOf(r.slices),
			cores(r.slices, func(s *slice) int64 { return s.server.nanoseconds }),
			cores(r.slices, func(s *slice) int64 { return s.loader }),
			cores(r.slices, func(s *slice) int64 { return s.others }))
	}
	flush(t)
	printRatios(w, results, "CPU per line", "lines/s")
}

// printRatios compares each of our servers with each peer. A peer that did not deliver everything, or that ended
// connections, did less work; its row says so.
func printRatios(w io.Writer, results []result, cost, speed string) {
	for _, r := range results {
		if isPeer(r.name) {
			continue
		}
		for _, base := range results {
			if !isPeer(base.name) {
				continue
			}
			cpu := extentOf(ratios(each(r.slices, (*slice).cost), each(base.slices, (*slice).cost)))
			fast := extentOf(ratios(each(r.slices, (*slice).perSecond), each(base.slices, (*slice).perSecond)))
			note := ""
			if lost := lostOf(base.slices); lost != "0" {
				note = "; not comparable: " + lost
			}
			fmt.Fprintf(w, "%s / %s: %s %.2f (%.2f-%.2f), %s %.2f (%.2f-%.2f)%s\n",
				r.name, base.name, cost, cpu.median, cpu.low, cpu.high, speed, fast.median, fast.low, fast.high, note)
		}
	}
}

// printBurst prints the table of a scenario in which a crowd does one thing at once: the medians of the runs.
func printBurst(w io.Writer, sc scenario, results []result) {
	fmt.Fprintf(w, "\n%s: %s; %d clients, %d times\n", sc.name, sc.title, sc.clients, len(results[0].slices))
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "server\tCPU s\tCPU us each\t(low-high)\tuser\tseconds\treceived MiB\tserver\tloader\tothers\t")
	for _, r := range results {
		cost := extentOf(each(r.slices, (*slice).cost))
		fmt.Fprintf(t, "%s\t%.2f\t%.0f\t(%.0f-%.0f)\t%.0f%%\t%.2f\t%.1f\t%s\t%s\t%s\t\n",
			r.name, cost.median*float64(sc.clients)/1e9, cost.median/1e3, cost.low/1e3, cost.high/1e3,
			100*median(each(r.slices, func(s *slice) float64 { return s.server.userShare() })),
			median(each(r.slices, func(s *slice) float64 { return s.elapsed.Seconds() })),
			median(each(r.slices, func(s *slice) float64 { return float64(s.received) / (1 << 20) })),
			cores(r.slices, func(s *slice) int64 { return s.server.nanoseconds }),
			cores(r.slices, func(s *slice) int64 { return s.loader }),
			cores(r.slices, func(s *slice) int64 { return s.others }))
	}
	flush(t)
	printRatios(w, results, "CPU", "speed")
}

// printIdle prints the table of a scenario with idle connections.
func printIdle(w io.Writer, sc scenario, results []rest, settle time.Duration) {
	fmt.Fprintf(w, "\n%s: %s; %d connections, read after %s\n", sc.name, sc.title, sc.clients, settle)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "server\tRSS KiB/conn\tPSS KiB/conn\tRSS at once\tserver alone MiB\tCPU us to connect and register\tCPU ms/s while idle\t")
	for _, r := range results {
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.2f\t%.1f\t%.0f\t%.2f\t\n", r.name,
			r.each(r.before.rssBytes, r.after.rssBytes)/1024, r.each(r.before.pssBytes, r.after.pssBytes)/1024,
			r.each(r.before.rssBytes, r.atOnce.rssBytes)/1024,
			float64(r.before.rssBytes)/(1<<20), r.each(0, r.connecting)/1e3, r.resting/1e6)
	}
	flush(t)
	for _, r := range results {
		for _, base := range results {
			if !isPeer(r.name) && isPeer(base.name) {
				fmt.Fprintf(w, "%s / %s: RSS per connection %.2f, CPU to connect %.2f\n", r.name, base.name,
					r.each(r.before.rssBytes, r.after.rssBytes)/base.each(base.before.rssBytes, base.after.rssBytes),
					float64(r.connecting)/float64(base.connecting))
			}
		}
	}
}

// flush prints a table. It ignores errors, which only mean that nobody reads standard output any more.
func flush(t *tabwriter.Writer) { _ = t.Flush() }

// each returns one value from every slice.
func each(slices []*slice, value func(*slice) float64) []float64 {
	values := make([]float64, len(slices))
	for i, s := range slices {
		values[i] = value(s)
	}
	return values
}

// find returns the first element for which meant returns true, or nil.
func find[T any](list []T, meant func(T) bool) *T {
	for i := range list {
		if meant(list[i]) {
			return &list[i]
		}
	}
	return nil
}

// latencyOf merges the latencies of all slices.
func latencyOf(slices []*slice) *histogram {
	all := new(histogram)
	for _, s := range slices {
		all.merge(&s.latency)
	}
	return all
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// cores returns how many processors were kept busy: the median of the slices.
func cores(slices []*slice, nanoseconds func(*slice) int64) string {
	return fmt.Sprintf("%.2f", median(each(slices, func(s *slice) float64 { return s.per(nanoseconds(s)) })))
}

// lostOf says what was lost, in all slices together.
func lostOf(slices []*slice) string {
	var lost, unasked int64
	closed := 0
	for _, s := range slices {
		lost += max(s.lost, 0)
		unasked += max(-s.lost, 0)
		closed += s.closed
	}
	var words []string
	for _, w := range []struct {
		n    int64
		what string
	}{{lost, "lost"}, {unasked, "unasked"}, {int64(closed), "closed"}} {
		if w.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", w.n, w.what))
		}
	}
	if len(words) == 0 {
		return "0"
	}
	return strings.Join(words, ", ")
}

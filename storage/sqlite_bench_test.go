package storage

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// talker makes lines of usual length, of ten authors for each of some channels.
type talker struct {
	channels int
	number   int
}

func (k *talker) say() *state.Record {
	k.number++
	channel, author := k.number%k.channels, k.number/k.channels%10
	l := &state.Line{
		Position: at(k.number), Verb: "PRIVMSG", Source: fmt.Sprintf("author%d-%d!user@host-%d.example.org", channel, author, author), Account: fmt.Sprintf("author%d-%d", channel, author),
		From: state.NewParty(state.AccountID(channel*10+author+1), 0), Params: []string{fmt.Sprintf("message %d, neither long nor short, about nothing in particular", k.number)},
	}
	return &state.Record{Line: l, To: []state.Buffer{state.ChannelBuffer(state.ChannelID(channel + 1))}}
}

func cpu() time.Duration {
	var use syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// BenchmarkKeep measures the CPU for a message, the writer's included, when each transaction has ten messages of each
// of 100 channels. That is what a second has with 1,000 messages.
func BenchmarkKeep(b *testing.B) {
	for _, each := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(each), func(b *testing.B) {
			s := openAt(b, filepath.Join(b.TempDir(), "bavard.db"), func(o *Options) { o.MostMessages, o.PendingBytes = 100_000, 1<<30 })
			k := talker{channels: 100}
			var used time.Duration
			for b.Loop() {
				var records [][]state.Record
				for range 100 * each {
					records = append(records, []state.Record{*k.say()})
				}
				from := cpu()
				for i, r := range records {
					s.Keep(r, uint64(k.number-len(records)+i+1))
				}
				require.NoError(b, s.Flush())
				used += cpu() - from
			}
			b.ReportMetric(float64(used.Nanoseconds())/float64(k.number), "cpu-ns/message")
			b.ReportMetric(float64(s.work.bytes[messages])/float64(k.number), "B/message")
		})
	}
}

var (
	big     = flag.Int("messages", 100_000, "how many messages the database of BenchmarkBig has; 0: it exists")
	bigPath = flag.String("database", "", "where that database is")
)

// BenchmarkBig measures pages out of a large database, and how long it takes to open.
func BenchmarkBig(b *testing.B) {
	path := *bigPath
	if path == "" {
		path = filepath.Join(b.TempDir(), "bavard.db")
	}
	const channels = 1000
	open := func(b *testing.B) *SQLite {
		return openAt(b, path, func(o *Options) { o.MostMessages, o.MostBytes, o.Interval = 1<<40, 1<<40, 0 })
	}
	if *big > 0 {
		s, from, k := open(b), cpu(), talker{channels: channels}
		for k.number < *big {
			var records []state.Record
			for range 1000 {
				records = append(records, *k.say())
			}
			s.Keep(records, uint64(k.number))
			if k.number%(100*channels) == 0 {
				require.NoError(b, s.Flush())
			}
		}
		require.NoError(b, s.Close())
		info, err := os.Stat(path)
		require.NoError(b, err)
		b.Logf("%d messages written with %.1f us CPU each, %d MiB", k.number, float64(cpu()-from)/1e3/float64(k.number), info.Size()>>20)
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			s := open(b)
			_, err := s.Page(one, state.Page{Most: 100, Newest: true})
			require.NoError(b, err)
			require.NoError(b, s.Close())
		}
	})
	s := open(b)
	most := int(s.UpTo())
	pages := func(b *testing.B) {
		var took []time.Duration
		from := cpu()
		for i := 0; b.Loop(); i++ {
			from := time.Now()
			lines, err := s.Page(state.ChannelBuffer(state.ChannelID(i*7919%channels+1)), state.Page{After: at(i * 104729 % (most - 100*channels + 1)), Most: 100})
			if err != nil || len(lines) != 100 {
				b.Fatal(len(lines), err)
			}
			took = append(took, time.Since(from))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
		b.ReportMetric(float64((cpu()-from).Microseconds())/float64(len(took)), "cpu-us/page")
	}
	b.Run("page", pages)
	b.Run("page while 1000 lines a second are written", func(b *testing.B) {
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() { // ends when stop is closed
			defer close(stopped)
			k, ticks := talker{channels: channels, number: int(s.UpTo())}, time.NewTicker(10*time.Millisecond)
			defer ticks.Stop()
			for {
				select {
				case <-stop:
					return
				case <-ticks.C:
				}
				for range 10 {
					record := k.say()
					s.Keep([]state.Record{*record}, uint64(k.number))
				}
			}
		}()
		pages(b)
		close(stop)
		<-stopped
	})
	b.Run("find", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			n := i*104729%most + 1
			if _, found, err := s.Find(state.ChannelBuffer(state.ChannelID(n%channels+1)), at(n)); err != nil || !found {
				b.Fatal(n, err)
			}
		}
	})
	if status, err := os.ReadFile("/proc/self/status"); err == nil { // Linux
		b.Log(regexp.MustCompile(`VmRSS:\s*(.*)`).FindString(string(status)))
	}
}

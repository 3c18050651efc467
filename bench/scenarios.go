package main

import (
	"fmt"
	"strings"
)

// A scenario is a row: who is there, and what is done and measured.
type scenario struct {
	name  string // as -scenario takes it
	title string
	// measure is what is done with the row: compareTalk, compareBurst or compareIdle.
	measure func(b *bench, sc scenario) error
	clients int
	group   int  // how many are in a group; 0: all
	private bool // groups are pairs without a channel
	secure  bool // over TLS
	tags    bool // clients have negotiated tags: message-tags and server-time
	joining bool // a burst of joins, not of registrations
	load    load
}

// The windows of the saturated scenarios. What waits together a server can write together, so a window decides how much there is to gain by that: each
// kind of group has a narrow row and a wide one.
const (
	// wideInChannel is as much as ten speakers get rid of in one go: about what a server reads at once from each. All waits fit into every queue.
	wideInChannel = 1024
	// narrowInChannel is a few lines of each of the ten.
	narrowInChannel = 64
	// wideInTen is a line of each member.
	wideInTen = 10
	// narrow is a line at a time: the next one is sent when all have it.
	narrow = 1
)

func scenarios() []scenario {
	return []scenario{
		{name: "a", title: "fan-out: one channel of 1,000, 30 lines/s", measure: compareTalk, clients: 1000, load: load{rate: 30}},
		{name: "b", title: "fan-out, saturated: one channel of 1,000, 10 speakers, 1,024 lines on their way", measure: compareTalk, clients: 1000, load: load{window: wideInChannel, speakers: 10}},
		{name: "b64", title: "the same, 64 lines on their way", measure: compareTalk, clients: 1000, load: load{window: narrowInChannel, speakers: 10}},
		{name: "c", title: "100 channels of 10, 1,000 lines/s", measure: compareTalk, clients: 1000, group: 10, load: load{rate: 1000}},
		{name: "cs", title: "100 channels of 10, saturated: 10 lines on their way in each", measure: compareTalk, clients: 1000, group: 10, load: load{window: wideInTen}},
		{name: "cs1", title: "the same, one line on its way in each", measure: compareTalk, clients: 1000, group: 10, load: load{window: narrow}},
		{name: "d", title: "private messages: 500 pairs, 1,000 lines/s", measure: compareTalk, clients: 1000, group: 2, private: true, load: load{rate: 1000}},
		{name: "ds", title: "private messages: 500 pairs, saturated: one line on its way in each", measure: compareTalk, clients: 1000, group: 2, private: true, load: load{window: narrow}},
		{name: "e", title: "2,000 join one channel", measure: compareBurst, clients: 2000, joining: true},
		{name: "f", title: "5,000 connect and register", measure: compareBurst, clients: 5000},
		{name: "g", title: "10,000 idle connections", measure: compareIdle, clients: 10000},
		{name: "at", title: "fan-out over TLS: one channel of 1,000, 30 lines/s", measure: compareTalk, clients: 1000, secure: true, load: load{rate: 30}},
		{name: "am", title: "fan-out with tags: one channel of 1,000, 30 lines/s", measure: compareTalk, clients: 1000, tags: true, load: load{rate: 30}},
		{name: "bm", title: "fan-out with tags, saturated: 10 speakers, 1,024 lines on their way", measure: compareTalk, clients: 1000, tags: true, load: load{window: wideInChannel, speakers: 10}},
		{name: "csm", title: "100 channels of 10 with tags, saturated: 10 lines on their way in each", measure: compareTalk, clients: 1000, group: 10, tags: true, load: load{window: wideInTen}},
		{name: "ft", title: "5,000 connect and register over TLS", measure: compareBurst, clients: 5000, secure: true},
		{name: "gt", title: "10,000 idle connections over TLS", measure: compareIdle, clients: 10000, secure: true},
	}
}

// everything is what -scenario takes for all rows.
const everything = "all"

// choose finds the rows that are named, in the order of the table.
func choose(names string) ([]scenario, error) {
	table := scenarios()
	if names == everything {
		return table, nil
	}
	wanted := make(map[string]bool)
	for name := range strings.SplitSeq(names, ",") {
		wanted[strings.TrimSpace(name)] = true
	}
	var chosen []scenario
	for _, sc := range table {
		if wanted[sc.name] {
			chosen = append(chosen, sc)
			delete(wanted, sc.name)
		}
	}
	for name := range wanted {
		return nil, fmt.Errorf("there is no scenario %q; --help lists them", name)
	}
	return chosen, nil
}

// withClients changes how many clients there are, whole groups of them; 0 leaves it.
func (sc scenario) withClients(n int) (scenario, error) {
	if n > 0 {
		sc.clients = n
	}
	if sc.group == 0 {
		sc.group = sc.clients
	}
	sc.clients -= sc.clients % sc.group
	if sc.clients < 2 || sc.group < 2 {
		return sc, fmt.Errorf("scenario %s needs more clients than %d", sc.name, n)
	}
	return sc, nil
}

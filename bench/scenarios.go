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
		{name: "big-channel", title: "one channel of 1,000, 30 lines a second", measure: compareTalk, clients: 1000, load: load{rate: 30}},
		{name: "big-channel-full", title: "one channel of 1,000, as fast as it goes: 10 speakers, 1,024 lines under way", measure: compareTalk, clients: 1000, load: load{window: wideInChannel, speakers: 10}},
		{name: "big-channel-narrow", title: "one channel of 1,000, as fast as it goes: 64 lines under way", measure: compareTalk, clients: 1000, load: load{window: narrowInChannel, speakers: 10}},
		{name: "small-channels", title: "100 channels of 10, 1,000 lines a second", measure: compareTalk, clients: 1000, group: 10, load: load{rate: 1000}},
		{name: "small-channels-full", title: "100 channels of 10, as fast as it goes: 10 lines under way in each", measure: compareTalk, clients: 1000, group: 10, load: load{window: wideInTen}},
		{name: "small-channels-narrow", title: "100 channels of 10, as fast as it goes: one line under way in each", measure: compareTalk, clients: 1000, group: 10, load: load{window: narrow}},
		{name: "private", title: "private messages between 500 pairs, 1,000 a second", measure: compareTalk, clients: 1000, group: 2, private: true, load: load{rate: 1000}},
		{name: "private-full", title: "private messages between 500 pairs, as fast as it goes: one under way in each", measure: compareTalk, clients: 1000, group: 2, private: true, load: load{window: narrow}},
		{name: "joins", title: "2,000 clients join one channel", measure: compareBurst, clients: 2000, joining: true},
		{name: "connects", title: "5,000 clients connect and register", measure: compareBurst, clients: 5000},
		{name: "idle", title: "10,000 idle connections", measure: compareIdle, clients: 10000},
		{name: "big-channel-tls", title: "one channel of 1,000 over TLS, 30 lines a second", measure: compareTalk, clients: 1000, secure: true, load: load{rate: 30}},
		{name: "big-channel-tags", title: "one channel of 1,000 with tags, 30 lines a second", measure: compareTalk, clients: 1000, tags: true, load: load{rate: 30}},
		{name: "big-channel-tags-full", title: "one channel of 1,000 with tags, as fast as it goes: 10 speakers, 1,024 lines under way", measure: compareTalk, clients: 1000, tags: true, load: load{window: wideInChannel, speakers: 10}},
		{name: "small-channels-tags-full", title: "100 channels of 10 with tags, as fast as it goes: 10 lines under way in each", measure: compareTalk, clients: 1000, group: 10, tags: true, load: load{window: wideInTen}},
		{name: "connects-tls", title: "5,000 clients connect and register over TLS", measure: compareBurst, clients: 5000, secure: true},
		{name: "idle-tls", title: "10,000 idle connections over TLS", measure: compareIdle, clients: 10000, secure: true},
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

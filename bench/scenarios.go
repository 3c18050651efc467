package main

import (
	"fmt"
	"strings"
)

// scenario is a row: the clients, what they do, and what is measured.
type scenario struct {
	name  string // the name for -scenario
	title string
	// measure runs the scenario. It is compareTalk, compareBurst or compareIdle.
	measure func(b *bench, sc scenario) error
	clients int
	group   int  // the number of clients in a group; 0 means all
	private bool // groups are pairs without a channel
	secure  bool // over TLS
	tags    bool // clients negotiate message-tags and server-time
	joining bool // a burst of joins instead of registrations
	load    load
}

// The windows of the saturated scenarios. A server can write lines that wait together in one go, so the window
// determines how much that can save. Each kind of group has a narrow row and a wide one.
const (
	// wideInChannel is about as much as ten speakers can send at once, and as a server reads from each at once.
	// Everything that waits fits in every queue.
	wideInChannel = 1024
	// narrowInChannel is a few lines from each of the ten speakers.
	narrowInChannel = 64
	// wideInTen is one line from each member.
	wideInTen = 10
	// narrow is one line at a time: the next one is sent when everyone has it.
	narrow = 1
)

func scenarios() []scenario {
	return []scenario{
		{name: "big-channel", title: "one channel of 1,000, 30 lines a second", measure: compareTalk, clients: 1000, load: load{rate: 30}},
		{name: "big-channel-full", title: "one channel of 1,000, as fast as possible: 10 speakers, 1,024 lines on their way", measure: compareTalk, clients: 1000, load: load{window: wideInChannel, speakers: 10}},
		{name: "big-channel-narrow", title: "one channel of 1,000, as fast as possible: 64 lines on their way", measure: compareTalk, clients: 1000, load: load{window: narrowInChannel, speakers: 10}},
		{name: "small-channels", title: "100 channels of 10, 1,000 lines a second", measure: compareTalk, clients: 1000, group: 10, load: load{rate: 1000}},
		{name: "small-channels-full", title: "100 channels of 10, as fast as possible: 10 lines on their way in each", measure: compareTalk, clients: 1000, group: 10, load: load{window: wideInTen}},
		{name: "small-channels-narrow", title: "100 channels of 10, as fast as possible: one line on its way in each", measure: compareTalk, clients: 1000, group: 10, load: load{window: narrow}},
		{name: "private", title: "private messages between 500 pairs, 1,000 a second", measure: compareTalk, clients: 1000, group: 2, private: true, load: load{rate: 1000}},
		{name: "private-full", title: "private messages between 500 pairs, as fast as possible: one on its way in each", measure: compareTalk, clients: 1000, group: 2, private: true, load: load{window: narrow}},
		{name: "joins", title: "2,000 clients join one channel", measure: compareBurst, clients: 2000, joining: true},
		{name: "connects", title: "5,000 clients connect and register", measure: compareBurst, clients: 5000},
		{name: "idle", title: "10,000 idle connections", measure: compareIdle, clients: 10000},
		{name: "big-channel-tls", title: "one channel of 1,000 over TLS, 30 lines a second", measure: compareTalk, clients: 1000, secure: true, load: load{rate: 30}},
		{name: "big-channel-tags", title: "one channel of 1,000 with tags, 30 lines a second", measure: compareTalk, clients: 1000, tags: true, load: load{rate: 30}},
		{name: "big-channel-tags-full", title: "one channel of 1,000 with tags, as fast as possible: 10 speakers, 1,024 lines on their way", measure: compareTalk, clients: 1000, tags: true, load: load{window: wideInChannel, speakers: 10}},
		{name: "small-channels-tags-full", title: "100 channels of 10 with tags, as fast as possible: 10 lines on their way in each", measure: compareTalk, clients: 1000, group: 10, tags: true, load: load{window: wideInTen}},
		{name: "connects-tls", title: "5,000 clients connect and register over TLS", measure: compareBurst, clients: 5000, secure: true},
		{name: "idle-tls", title: "10,000 idle connections over TLS", measure: compareIdle, clients: 10000, secure: true},
	}
}

// everything is the name of all rows.
const everything = "all"

// choose returns the rows with the given names, in the order of the table.
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
		return nil, fmt.Errorf("unknown scenario %q; --help lists them", name)
	}
	return chosen, nil
}

// withClients changes the number of clients, in whole groups. 0 changes nothing.
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

package commands

import (
	"context"
	"net/netip"
	"sync"
)

// The limits on questions about new connections that are asked at once, in total and for one network. Further questions
// wait for their turn within their time limit. So a network whose name servers never answer does not delay other
// networks.
const (
	mostQuestions        = 512
	mostNetworkQuestions = 16
)

// The size of a network that shares its turns: an IPv4 /24 or an IPv6 /48, because these often have one owner.
const (
	turnBits4 = 24
	turnBits6 = 48
)

// turns decides which question is asked next. newTurns makes one.
type turns struct {
	all chan struct{} // has an element for each question that is being asked

	// mu guards networks: the goroutines that ask meet here.
	mu       sync.Mutex
	networks map[netip.Prefix]*networkTurns // the networks that have a turn or wait for one
}

type networkTurns struct {
	places chan struct{}
	users  int // questions that have a place or wait for one; guarded by turns.mu
}

func newTurns() *turns {
	return &turns{all: make(chan struct{}, mostQuestions), networks: map[netip.Prefix]*networkTurns{}}
}

// take waits for a turn, which end gives back. ok is false when ctx ended first.
func (t *turns) take(ctx context.Context, addr netip.Addr) (end func(), ok bool) {
	network := turnNetwork(addr)
	t.mu.Lock()
	n := t.networks[network]
	if n == nil {
		n = &networkTurns{places: make(chan struct{}, mostNetworkQuestions)}
		t.networks[network] = n
	}
	n.users++
	t.mu.Unlock()
	select {
	case n.places <- struct{}{}:
	case <-ctx.Done():
		t.leave(network, n)
		return nil, false
	}
	select {
	case t.all <- struct{}{}:
	case <-ctx.Done():
		<-n.places
		t.leave(network, n)
		return nil, false
	}
	return func() {
		<-t.all
		<-n.places
		t.leave(network, n)
	}, true
}

// leave gives up a place, and forgets a network without questions.
func (t *turns) leave(network netip.Prefix, n *networkTurns) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n.users--; n.users == 0 {
		delete(t.networks, network)
	}
}

// turnNetwork returns the network with which an address shares its turns. All connections without an address share one.
func turnNetwork(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := turnBits6
	if addr.Is4() {
		bits = turnBits4
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}

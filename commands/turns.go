package commands

import (
	"context"
	"net/netip"
	"sync"
)

// How many questions about new connections are asked at once, in all and about those from one network; the others wait for
// their turn, within their time. Who owns a network whose name servers never answer holds up nobody else.
const (
	mostQuestions        = 512
	mostNetworkQuestions = 16
)

// The networks that share: an IPv4 /24, an IPv6 /48. One owner often has as many.
const (
	turnBits4 = 24
	turnBits6 = 48
)

// turns is whose question is asked when. The zero value is not ready: newTurns.
type turns struct {
	all chan struct{} // an element for each question that is being asked

	// mu is where the goroutines that ask meet.
	mu       sync.Mutex
	networks map[netip.Prefix]*networkTurns // those that have or await a turn
}

type networkTurns struct {
	places chan struct{}
	users  int // who have a place or wait for one; guarded by turns.mu
}

func newTurns() *turns {
	return &turns{all: make(chan struct{}, mostQuestions), networks: map[netip.Prefix]*networkTurns{}}
}

// take waits for a turn; end gives it back. Not ok: ctx has ended first.
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

// leave: what nobody uses is forgotten.
func (t *turns) leave(network netip.Prefix, n *networkTurns) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n.users--; n.users == 0 {
		delete(t.networks, network)
	}
}

// turnNetwork is the network that an address shares its turns with; all without an address are one.
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

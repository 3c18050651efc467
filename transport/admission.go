package transport

import (
	"errors"
	"net/netip"
	"sync"
	"time"
)

// Why a connection is refused.
var (
	// ErrServerFull tells that Limits.Connections are open.
	ErrServerFull = errors.New("transport: too many connections")
	// ErrAddressFull tells that Limits.PerAddress are open from this address.
	ErrAddressFull = errors.New("transport: too many connections from this address")
	// ErrTooFast tells that this address connects more often than Limits allow.
	ErrTooFast = errors.New("transport: this address connects too often")
	// ErrListenerFull tells that Options.Connections are open at this listener.
	ErrListenerFull = errors.New("transport: too many connections at this listener")
	// ErrListenerTooFast tells that more connections are made at this listener than its Options allow.
	ErrListenerTooFast = errors.New("transport: too many connections are made at this listener")
	// ErrNotProxy tells that a listener for proxies was reached by somebody else.
	ErrNotProxy = errors.New("transport: not a proxy that is trusted")
	// ErrShutdown tells that the server is closing.
	ErrShutdown = errors.New("transport: the server is closing")
)

// Limits decide which connections are admitted. They hold for all listeners of a server together.
type Limits struct {
	// Connections is how many may be open in all, exempt ones and Unix sockets included; 0 is no limit.
	Connections int
	// PerAddress is how many may be open from one address; 0 is no limit.
	PerAddress int
	// Burst is how many connections one address may make at once, and Every how long it waits for each further one.
	// If either is 0 there is no limit.
	Burst int
	Every time.Duration
	// IPv4Bits and IPv6Bits are how much of an address tells one from another; 0 means 32 and 64. A change counts for
	// connections accepted after it.
	IPv4Bits, IPv6Bits int
	// Exempt are the networks whose addresses have neither of the limits per address.
	Exempt []netip.Prefix
	// Addresses bounds how many addresses without an open connection are remembered for their rate; 0 means 65536.
	// Beyond it some are forgotten.
	Addresses int
}

const (
	defaultAddresses = 64 << 10
	sweepStart       = 1024
)

// A slot counts one address.
type slot struct {
	key   netip.Prefix
	open  int
	spent time.Duration // how far the bucket is from full; each connection spends Limits.Every
	at    moment        // when spent was right
}

// settle lets time refill the bucket.
func (s *slot) settle(at moment) {
	s.spent = max(0, s.spent-time.Duration(at-s.at))
	s.at = at
}

// admission counts connections and addresses.
type admission struct {
	// mu is where the accepting goroutines, ending connections and a reload meet.
	mu     sync.Mutex
	limits Limits
	total  int
	slots  map[netip.Prefix]*slot
	busy   int // slots with open connections
	sweep  int // how many slots there may be before the next look for those that can go
}

func (a *admission) set(l Limits) {
	if l.IPv4Bits <= 0 || l.IPv4Bits > 32 {
		l.IPv4Bits = 32
	}
	if l.IPv6Bits <= 0 || l.IPv6Bits > 128 {
		l.IPv6Bits = 64
	}
	if l.Addresses <= 0 {
		l.Addresses = defaultAddresses
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.limits = l
	if a.slots == nil {
		a.slots = make(map[netip.Prefix]*slot)
	}
	a.sweep = 0
}

// admit takes a place for a connection from addr at the moment at, or says why there is none. The slot may be nil.
func (a *admission) admit(addr netip.Addr, at moment) (*slot, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := &a.limits
	if l.Connections > 0 && a.total >= l.Connections {
		return nil, ErrServerFull
	}
	s, err := a.take(addr, at)
	if err == nil {
		a.total++
	}
	return s, err
}

// move takes a place for a connection that turns out to come from addr, and gives the one back that it had. Without
// room it keeps that one.
func (a *admission) move(from *slot, addr netip.Addr, at moment) (*slot, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, err := a.take(addr, at)
	if err != nil {
		return from, err
	}
	a.leave(from)
	return s, nil
}

// take counts a connection for its address; nil when that is not counted.
func (a *admission) take(addr netip.Addr, at moment) (*slot, error) {
	l := &a.limits
	if !addr.IsValid() || a.exempt(addr) {
		return nil, nil
	}
	s := a.slot(addr, at)
	if l.PerAddress > 0 && s.open >= l.PerAddress {
		return nil, ErrAddressFull
	}
	if l.Burst > 0 && l.Every > 0 {
		s.settle(at)
		if s.spent+l.Every > time.Duration(l.Burst)*l.Every {
			return nil, ErrTooFast
		}
		s.spent += l.Every
	}
	if s.open == 0 {
		a.busy++
	}
	s.open++
	return s, nil
}

func (a *admission) exempt(addr netip.Addr) bool {
	for _, p := range a.limits.Exempt {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// slot finds or makes the slot of an address.
func (a *admission) slot(addr netip.Addr, at moment) *slot {
	bits := a.limits.IPv6Bits
	if addr.Is4() {
		bits = a.limits.IPv4Bits
	}
	key, _ := addr.Prefix(bits) // the bits are in range
	s := a.slots[key]
	if s == nil {
		if len(a.slots) >= a.sweep {
			a.forget(at)
		}
		s = &slot{key: key, at: at}
		a.slots[key] = s
	}
	return s
}

// forget drops the slots that tell nothing any more, and when too many are left without a connection, some of those.
// It makes room for a share of what it looked at, so that its cost is spread.
func (a *admission) forget(at moment) {
	for key, s := range a.slots {
		if s.settle(at); s.open == 0 && s.spent == 0 {
			delete(a.slots, key)
		}
	}
	keep := a.limits.Addresses * 3 / 4
	for key, s := range a.slots {
		if len(a.slots)-a.busy <= keep {
			break
		}
		if s.open == 0 {
			delete(a.slots, key)
		}
	}
	idle := len(a.slots) - a.busy
	room := min(max(sweepStart, len(a.slots)), a.limits.Addresses-idle)
	a.sweep = len(a.slots) + max(1, room)
}

// release gives a place back.
func (a *admission) release(s *slot) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total--
	a.leave(s)
}

// leave is the end of what take has counted.
func (a *admission) leave(s *slot) {
	if s == nil {
		return
	}
	s.open--
	if s.open > 0 {
		return
	}
	a.busy--
	if s.settle(now()); s.spent == 0 {
		delete(a.slots, s.key)
	}
}

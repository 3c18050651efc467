package transport

import (
	"errors"
	"net/netip"
	"sync"
	"time"
)

// The reasons for refusing a connection.
var (
	// ErrServerFull means that Limits.Connections is reached.
	ErrServerFull = errors.New("transport: too many connections")
	// ErrAddressFull means that Limits.PerAddress is reached for this address.
	ErrAddressFull = errors.New("transport: too many connections from this address")
	// ErrTooFast means that this address connects more often than Limits allow.
	ErrTooFast = errors.New("transport: this address connects too often")
	// ErrListenerFull means that Options.Connections is reached on this listener.
	ErrListenerFull = errors.New("transport: too many connections on this listener")
	// ErrListenerTooFast means that clients connect to this listener more often than its Options allow.
	ErrListenerTooFast = errors.New("transport: clients connect to this listener too often")
	// ErrNotProxy means that a peer that is not a trusted proxy connected to a listener for proxies.
	ErrNotProxy = errors.New("transport: not a trusted proxy")
	// ErrShutdown means that the server is closing.
	ErrShutdown = errors.New("transport: the server is closing")
)

// Limits decides which connections are accepted. The limits apply to all listeners of a server together.
type Limits struct {
	// Connections is the maximum number of open connections, including exempt ones and Unix sockets; 0 means no limit.
	Connections int
	// PerAddress is the maximum number of open connections from one address; 0 means no limit.
	PerAddress int
	// Burst is how many connections one address can make at once, and Every is how long it waits for each further one.
	// If either is 0, there is no limit.
	Burst int
	Every time.Duration
	// IPv4Bits and IPv6Bits are how many leading bits make addresses count as the same one; 0 means 32 and 64. A change
	// applies to new connections.
	IPv4Bits, IPv6Bits int
	// Exempt lists the networks that the limits per address do not apply to.
	Exempt []netip.Prefix
	// Addresses is the maximum number of addresses without an open connection whose rate is remembered; 0 means 65536.
	Addresses int
}

const (
	defaultAddresses = 64 << 10
	sweepStart       = 1024
)

// slot counts the connections of one address. Its rate is limited by a token bucket.
type slot struct {
	key   netip.Prefix
	open  int
	spent time.Duration // how far the bucket is from full; each connection takes Limits.Every
	at    moment        // when spent was last updated
}

// settle refills the bucket for the time that has passed.
func (s *slot) settle(at moment) {
	s.spent = max(0, s.spent-time.Duration(at-s.at))
	s.at = at
}

// admission applies the limits: it counts connections in total and per address.
type admission struct {
	// mu protects the fields between accepting goroutines, connections that end, and reloads.
	mu     sync.Mutex
	limits Limits
	total  int
	slots  map[netip.Prefix]*slot
	busy   int // slots with open connections
	sweep  int // the number of slots at which forget runs next
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

// admit counts a new connection from addr, or returns the reason for refusing it. The slot is nil if the address is not
// counted.
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

// move counts a connection for a different address than before. If the limits refuse that, the connection keeps its
// slot.
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

// take counts a connection for its address. It returns nil if the address is exempt.
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

// slot returns the slot of an address, and creates it if necessary.
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

// forget removes slots that are no longer needed. If too many slots without a connection remain, it removes some of
// them too. It makes enough room that its cost is spread over many new slots.
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

// release uncounts a connection.
func (a *admission) release(s *slot) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total--
	a.leave(s)
}

// leave undoes take.
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

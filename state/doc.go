// Package state is everything the network agrees on: users and their sessions, channels, ranks, modes, bans.
//
// It owns the rules and nothing else. Apply is a function of its input: no goroutine, lock, clock, randomness, log,
// I/O or third-party import. All it depends on arrives in the operation (Op) and its Stamp.
//
// Invariants:
//   - Apply checks all, then changes all: it returns events or a refusal, and never fails half-way.
//   - The same operations give the same state and the same events, in the same order. Nothing that can be seen is in
//     map order.
//   - Identity is never a name: users, sessions, channels and messages have ids; names are an index on them.
//   - The state's clock is the greatest stamp seen. Time passes only by operations.
//   - Nothing grows without a bound; the bounds are in Policy, but for the number of users, which is the listeners', and
//     redirectsPerChannel.
//
// A State is not safe for concurrent use: who orders the operations holds the lock. Values handed out (*User, *Channel,
// *Member) are for reading, under that lock.
package state

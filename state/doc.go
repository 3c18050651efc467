// Package state holds everything that the network agrees on: users and their sessions, channels, ranks, modes, bans.
//
// It owns the rules and nothing else. Apply is a function of its input: it uses no goroutine, lock, clock, randomness,
// log, I/O or third-party package. Everything it depends on arrives in the operation (Op) and its Stamp.
//
// Invariants:
//   - Apply makes all checks before the first change. It returns events or a refusal, and never fails half-way.
//   - The same operations give the same state and the same events, in the same order. Nothing that can be seen depends
//     on the order of a map.
//   - Identity is never a name: users, sessions, channels and messages have ids, and names are an index on them.
//   - Time passes only by operations. The state's clock never runs back; the time of day, which is shown, may.
//   - Nothing grows without a bound. The bounds are in Policy, except redirectsPerChannel and the number of users,
//     which the listeners limit.
//
// A State is not safe for concurrent use: the caller that orders the operations holds the lock. The values that a State
// returns (*User, *Channel, *Member) may only be read, and only under that lock.
package state

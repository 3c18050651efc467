// Package commands turns IRC verbs into operations on the state, and what happens there into lines.
//
// It owns the table of verbs and the gate before it, the handlers, numerics, refusals, capabilities and rendering, and
// the local part of a session: its registration, its capabilities, its current channel, its flood account. It never
// changes the state other than through Call.Do, never touches a socket, and does nothing slow under the lock: no
// syscall, no hashing, no look-up.
//
// Invariants:
//   - One lock, one order. An operation is stamped, applied and rendered into the queues of the local sessions under
//     Server.mu, and the handler's continuation runs there; so what a client reads is in one order.
//   - One session's commands run strictly one after another, on its connection's goroutine.
//   - Whoever filled a queue flushes it, after the lock is released and before he blocks on anything else.
//   - A user's input can never panic, block or slow the others: a panic ends the session in which it happened.
//   - No secret (PASS, OPER) is logged.
package commands

// Package commands turns IRC commands into operations on the state, and the resulting events into lines.
//
// It owns the table of verbs and the gate before it, the handlers, numerics, refusals, capabilities and rendering, and
// the local part of a session: its registration, capabilities, current channel and flood account. It changes the state
// only through Call.Do, never touches a socket, and does nothing slow under the lock: no syscall, no hashing, no
// look-up.
//
// Invariants:
//   - One lock, one order. An operation is stamped, applied and rendered into the queues of the local sessions under
//     Server.mu, and the handler's continuation runs there too. So everything that a client reads is in one order.
//   - The commands of one session run strictly one after the other, on its connection's goroutine.
//   - The goroutine that fills a queue flushes it, after it has released the lock and before it blocks on anything
//     else.
//   - A user's input can never panic, block or slow the others: a panic ends the session in which it happened.
//   - No secret (PASS, OPER) is logged.
package commands

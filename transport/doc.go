// Package transport owns the sockets: it listens, accepts or refuses connections, reads lines and writes bytes.
//
// It knows no IRC command, does not parse or format messages, and imports no other package of this program. It passes
// each line to a Session that its caller provides.
//
// Its invariants:
//
//   - The sender pays. The goroutine that fills a connection's queue also writes it to the socket, with writes that
//     never block. Only a connection whose socket is full has a writer of its own, until its queue is empty.
//   - No wake-up is lost. Either a running flush writes what Send queued, or Send returns true and its caller flushes.
//   - Send and Close make no system call and never wait, so they can be called while the state's lock is held.
//   - Nothing grows without a bound: lines, received lines that wait, queues, the table of addresses.
//   - An idle connection holds no buffer, and at most a goroutine with a small stack. On Linux, an event loop serves
//     plain connections without a goroutine each (see loop).
//   - No session delays others for long: if one waits, another goroutine takes over the event loop.
//   - Every Session's Closed method is called exactly once, as its last call, on its connection's goroutine.
//
// WebSocket is a layer below the queue, like TLS: a flush turns each line from the queue into a message, and the
// messages that arrive are unmasked in place and become lines. WebSocket libraries read and write the socket themselves
// and block, which is not possible in the event loop or during a flush. Therefore this package implements the frames
// itself; net/http parses the opening request.
//
// The package relies on an edge-triggered runtime poller, such as those of Linux, macOS and the BSDs.
package transport

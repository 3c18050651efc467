// Package transport owns the sockets: it listens, admits, reads lines and writes bytes. Lines in, bytes out.
//
// It never knows an IRC verb, never renders or parses a message, imports no other package of this program,
// and never decides who may speak: it asks a Session that its caller made.
//
// Its invariants:
//
//   - The sender pays. Whoever filled a connection's queue writes it out, with one write that never blocks.
//     Only a connection whose socket is full has a writing goroutine, until it has drained.
//   - No wake-up is lost. What Send queues is written by the flush that runs, or Send returns true and the caller flushes.
//   - Send and Close make no syscall and wait for nobody: they may be called under the state's lock.
//   - Nothing grows without a bound: lines, what waits to be handled, what waits to be written, the table of addresses.
//   - An idle connection holds no buffer, and a goroutine with a small stack at most: on Linux an event loop serves the plain ones (loop).
//   - No session keeps another waiting for long: one that waits loses the loop.
//   - Every Session is told of its end exactly once, after all else, on its connection's goroutine.
//
// A WebSocket is a layer below the queue, as TLS is: the flusher makes a message of each line that it takes from the queue, and the bytes that arrive
// are unmasked where they are and are lines like any other. Libraries for WebSocket read and write a socket of their own and block in it, which
// neither the loop nor a flush under way can do, so the frames are made here; net/http parses the request that opens it.
//
// It relies on a runtime poller that reports edges, as those of Linux, macOS and the BSDs do.
package transport

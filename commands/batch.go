package commands

import (
	"slices"
	"strconv"
	"sync"

	"bavard/wire"
)

// batch is a batch that is being sent to one client. A client without the batch capability receives only the lines.
// https://ircv3.net/specs/extensions/batch
type batch struct {
	client *Client
	out    *outbox
	// reference is the reference tag, "" for a client without the batch capability.
	reference string
	// outer is the batch that this one is nested in, and inner is the open batch that is nested in this one; nil for none.
	// openBatches.mu guards inner.
	outer, inner *batch
}

// openBatches has the batches that are being sent to a client and have not ended yet.
type openBatches struct {
	// mu guards the batches. It is held while a line of a batch is queued and while the connection is closed, so that
	// every batch ends and none has a line after its end. The client's goroutine and goroutines with a batch for the
	// client or a reason to disconnect it meet here. Server.mu is locked before it, and response.mu after it.
	mu sync.Mutex
	// outermost has the batches that are not nested: at most one of the client's own answer, and one of a different
	// goroutine.
	outermost []*batch
}

// openBatch starts a batch for this client. The caller holds the lock or is the client's goroutine, and stays so until
// the end of the batch, so that the client's capabilities do not change meanwhile.
func (c *Client) openBatch(out *outbox, kind string, params ...string) *batch {
	b := &batch{client: c, out: out}
	if c.has(capBatch) {
		b.reference = c.newReference()
		b.begin(wire.Append(nil, batchStart(c.view().name, b.reference, kind, params...)))
	}
	return b
}

// nested starts a batch within this one, for a client with the batch capability. start returns its first line.
func (b *batch) nested(start func(reference string) []byte) *batch {
	inner := &batch{client: b.client, out: b.out, reference: b.client.newReference(), outer: b}
	inner.begin(start(inner.reference))
	return inner
}

// begin queues the first line.
func (b *batch) begin(line []byte) {
	open := &b.client.open
	open.mu.Lock()
	defer open.mu.Unlock()
	if b.outer != nil {
		b.outer.inner = b
	} else {
		open.outermost = append(open.outermost, b)
	}
	b.queueEdge(b.out, line, batchOpens)
}

// say queues a line in the batch.
func (b *batch) say(l wire.Line) {
	if b.reference == "" {
		b.client.say(b.out, l)
		return
	}
	b.encoded(wire.Append(nil, l))
}

// numeric queues a numeric in the batch.
func (b *batch) numeric(n numeric) { b.say(b.client.numericLine(n)) }

// event queues an event in the batch, in the shape that the client has negotiated.
func (b *batch) event(l *outLine) { b.encoded(l.encodedFor(&b.client.Peer)) }

// encoded queues an encoded line, to which it adds the batch tag.
func (b *batch) encoded(line []byte) {
	if b.reference == "" {
		b.out.send(b.client, line)
		return
	}
	b.client.open.mu.Lock()
	defer b.client.open.mu.Unlock()
	b.queue(b.out, withTag(line, "batch", b.reference), batchWithin)
}

// end ends the batch. The same rule for the lock applies as for openBatch.
func (b *batch) end() {
	if b.reference == "" {
		return
	}
	b.client.open.mu.Lock()
	defer b.client.open.mu.Unlock()
	b.endIn(b.out)
}

// endIn ends the batch, after the one nested in it, unless it has ended already. openBatches.mu is held.
func (b *batch) endIn(o *outbox) {
	if b.inner != nil {
		b.inner.endIn(o)
	}
	if b.outer != nil {
		if b.outer.inner != b {
			return
		}
		b.outer.inner = nil
	} else {
		open := &b.client.open
		at := slices.Index(open.outermost, b)
		if at < 0 {
			return
		}
		open.outermost = slices.Delete(open.outermost, at, at+1)
	}
	b.queueEdge(o, wire.Append(nil, batchEnd(b.client.view().name, b.reference)), batchCloses)
}

// endAll ends all batches, because the connection is about to be closed: every batch that was started must end. o is
// the outbox of the goroutine that closes it. openBatches.mu is held.
// https://ircv3.net/specs/extensions/batch#the-batch-verb
func (open *openBatches) endAll(o *outbox) {
	for len(open.outermost) > 0 {
		open.outermost[0].endIn(o)
	}
	open.outermost = nil
}

// queueEdge queues the first or last line, which is part of the outer batch.
func (b *batch) queueEdge(o *outbox, line []byte, at standing) {
	if b.outer != nil {
		line, at = withTag(line, "batch", b.outer.reference), batchWithin
	}
	b.queue(o, line, at)
}

// queue queues a line of the batch. o is the outbox of the batch, or of a goroutine that closes the connection. The
// line is part of the client's answer if the batch is.
func (b *batch) queue(o *outbox, line []byte, at standing) {
	c := b.client
	switch r := c.response.Load(); {
	case o == b.out:
		o.sendAt(c, line, at)
	case r != nil && b.out.owner == c:
		r.add(o, line, at)
	default:
		o.put(&c.Peer, line)
	}
}

func batchStart(source, reference, kind string, params ...string) wire.Line {
	return wire.Line{Source: source, Command: "BATCH", Params: append([]string{"+" + reference, kind}, params...)}
}

func batchEnd(source, reference string) wire.Line {
	return wire.Line{Source: source, Command: "BATCH", Params: []string{"-" + reference}}
}

// newReference returns a reference tag that no other batch of this connection has.
func (c *Client) newReference() string { return strconv.FormatUint(uint64(c.batches.Add(1)), 36) }

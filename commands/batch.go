package commands

import (
	"strconv"

	"bavard/wire"
)

// batch is a batch that is being sent to one client. A client without the batch capability receives only the lines.
// https://ircv3.net/specs/extensions/batch
type batch struct {
	client *Client
	out    *outbox
	// reference is the reference tag, "" for a client without the batch capability.
	reference string
	// outer is the batch that this one is nested in, "" for none.
	outer string
}

// openBatch starts a batch for this client. The caller holds the lock or is the client's goroutine, so that the
// client's capabilities do not change before the end of the batch.
func (c *Client) openBatch(out *outbox, kind string, params ...string) *batch {
	b := &batch{client: c, out: out}
	if c.has(capBatch) {
		b.reference = c.newReference()
		out.sendAt(c, wire.Append(nil, batchStart(c.view().name, b.reference, kind, params...)), batchOpens)
	}
	return b
}

// nested returns a batch within this one, for a client with the batch capability. The caller sends its first line in
// the outer batch.
func (b *batch) nested() *batch {
	return &batch{client: b.client, out: b.out, reference: b.client.newReference(), outer: b.reference}
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
	b.out.sendAt(b.client, withTag(line, "batch", b.reference), batchWithin)
}

// end ends the batch. The rule for the lock is that of openBatch.
func (b *batch) end() {
	if b.reference == "" {
		return
	}
	line := wire.Append(nil, batchEnd(b.client.view().name, b.reference))
	if b.outer != "" {
		b.out.sendAt(b.client, withTag(line, "batch", b.outer), batchWithin)
		return
	}
	b.out.sendAt(b.client, line, batchCloses)
}

func batchStart(source, reference, kind string, params ...string) wire.Line {
	return wire.Line{Source: source, Command: "BATCH", Params: append([]string{"+" + reference, kind}, params...)}
}

func batchEnd(source, reference string) wire.Line {
	return wire.Line{Source: source, Command: "BATCH", Params: []string{"-" + reference}}
}

// newReference returns a reference tag that no other open batch of this connection has.
func (c *Client) newReference() string { return strconv.FormatUint(uint64(c.batches.Add(1)), 36) }

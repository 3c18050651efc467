package commands

import (
	"bytes"
	"sync"

	"bavard/wire"
)

// A response is what a labelled command says to the client that sent it: nothing (ACK), one line or batch, which gets the
// label, or several, which stand in a labelled batch. It holds the lines back until it knows which. Nobody waits for that,
// and the order of what the client reads stays that of the state: whoever has a line for the client meanwhile makes the
// response open its batch first.
// https://ircv3.net/specs/extensions/labeled-response
type response struct {
	client *Client
	label  string

	// mu is where the client's goroutine meets those of others who have a line for it. Taken after Server.mu, if both.
	mu sync.Mutex
	// held are the lines that wait.
	held      []heldLine
	heldBytes int
	// units are the lines and batches that are not part of another batch.
	units int
	// batch is the reference tag of the labelled batch once it is open; sole: the response's only unit is a batch that is being
	// sent already, with the label; several: there may be more batches than one; later: another command answers.
	batch   string
	sole    bool
	several bool
	later   bool
	over    bool
}

// standing says where a line stands in a response.
type standing byte

const (
	lineAlone  standing = iota // a line of its own
	batchOpens                 // the first line of a batch
	batchWithin
	batchCloses
)

type heldLine struct {
	bytes    []byte
	standing standing
}

// Limits of a response.
const (
	// mostLabelBytes: https://ircv3.net/specs/extensions/labeled-response#tag-value
	mostLabelBytes = 64
	// mostHeldBytes is what a response holds back before it opens its batch.
	mostHeldBytes = 64 << 10
)

// labelled makes what follows the response to a command with this label, if the client has negotiated that.
func (c *Client) labelled(label string) {
	if label == "" || len(label) > mostLabelBytes {
		return
	}
	if c.has(capLabeledResponse) && c.has(capBatch) {
		c.response.Store(&response{client: c, label: label})
	}
}

// answered ends the response.
func (c *Client) answered() {
	if r := c.response.Load(); r != nil {
		r.finish(&c.out)
		c.response.Store(nil)
	}
}

// answerLater is for a command whose answer comes with a later one, which takes the label over; "" when there is none.
func (c *Client) answerLater() (label string) {
	r := c.response.Load()
	if r == nil {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.later = true
	return r.label
}

// answerInSeveral is for a command that says one batch after another: the first one is not the whole answer.
func (c *Client) answerInSeveral() {
	if r := c.response.Load(); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.several = true
	}
}

// add takes lines that the client's own command says.
func (r *response) add(o *outbox, lines []byte, at standing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		o.put(&r.client.Peer, lines)
		return
	}
	for len(lines) > 0 {
		n := bytes.IndexByte(lines, '\n') + 1
		r.addLine(o, lines[:n:n], at)
		lines = lines[n:]
	}
	if r.batch == "" && !r.sole && r.heldBytes > mostHeldBytes {
		r.open(o)
	}
}

// addBatch takes a whole batch, its first and last line included.
func (r *response) addBatch(o *outbox, lines []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		o.put(&r.client.Peer, lines)
		return
	}
	for at := batchOpens; len(lines) > 0; at = batchWithin {
		n := bytes.IndexByte(lines, '\n') + 1
		if n == len(lines) {
			at = batchCloses
		}
		r.addLine(o, lines[:n:n], at)
		lines = lines[n:]
	}
}

func (r *response) addLine(o *outbox, line []byte, at standing) {
	if at == lineAlone || at == batchOpens {
		r.units++
	}
	if r.batch != "" || r.sole {
		r.send(o, heldLine{line, at})
		return
	}
	r.held = append(r.held, heldLine{line, at})
	r.heldBytes += len(line)
}

// send queues a line of a response that is known to be a batch.
func (r *response) send(o *outbox, l heldLine) {
	if r.batch != "" && l.standing != batchWithin {
		l.bytes = withTag(l.bytes, "batch", r.batch)
	}
	o.put(&r.client.Peer, l.bytes)
}

// interrupt is for others who have a line for the client: what is held goes before it.
func (r *response) interrupt(o *outbox) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over && r.batch == "" && !r.sole && len(r.held) > 0 {
		r.open(o)
	}
}

// open sends what is held, and makes what follows part of a batch. A batch that has begun and is all so far is taken for the
// whole of the response.
func (r *response) open(o *outbox) {
	if r.units == 1 && r.held[0].standing == batchOpens && !r.several {
		r.sole = true
		r.held[0].bytes = withTag(r.held[0].bytes, "label", r.label)
	} else {
		r.batch = r.client.newReference()
		start := batchStart(r.client.view().name, r.batch, "labeled-response")
		start.Tags = []wire.Tag{{Key: "label", Value: r.label}}
		o.put(&r.client.Peer, wire.Append(nil, start))
	}
	for _, l := range r.held {
		r.send(o, l)
	}
	r.held = nil
}

// finish: now it is known how much there was to say.
func (r *response) finish(o *outbox) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return
	}
	r.over = true
	server := r.client.view().name
	switch {
	case r.sole:
	case r.batch != "":
		o.put(&r.client.Peer, wire.Append(nil, batchEnd(server, r.batch)))
	case r.units > 1:
		r.open(o)
		o.put(&r.client.Peer, wire.Append(nil, batchEnd(server, r.batch)))
	case r.units == 1:
		r.held[0].bytes = withTag(r.held[0].bytes, "label", r.label)
		for _, l := range r.held {
			r.send(o, l)
		}
	case !r.later:
		o.put(&r.client.Peer, wire.Append(nil, wire.Line{Tags: []wire.Tag{{Key: "label", Value: r.label}}, Source: server, Command: "ACK"}))
	}
	r.held = nil
}

// withTag is an encoded line with one tag more, the first: server tags come before client-only ones.
func withTag(line []byte, key, value string) []byte {
	tagged := wire.AppendTags(make([]byte, 0, len(line)+len(key)+len(value)+8), []wire.Tag{{Key: key, Value: value}})
	if line[0] == '@' {
		tagged[len(tagged)-1] = ';'
		line = line[1:]
	}
	return append(tagged, line...)
}

package commands

import (
	"bytes"
	"sync"

	"bavard/wire"
)

// response collects the answer to a labelled command: nothing (ACK), one line or batch, which gets the label, or
// several, which are sent in a labelled batch. It holds the lines back until it knows which. Nobody waits for that,
// and the client still reads everything in the order of the state: a different line for the client makes the response
// open its batch first.
// https://ircv3.net/specs/extensions/labeled-response
type response struct {
	client *Client
	label  string

	// mu guards the fields below: the client's goroutine and goroutines with a line for the client meet here. When both are
	// needed, Server.mu is locked first.
	mu sync.Mutex
	// held are the lines that are held back.
	held      []heldLine
	heldBytes int
	// units counts the lines and batches that are not part of a batch.
	units int
	// batch is the reference tag of the labelled batch once it is open. sole: the only unit of the response is a batch
	// that is already being sent with the label. several: there may be more than one batch. later: a later command
	// answers.
	batch   string
	sole    bool
	several bool
	later   bool
	over    bool
}

// standing is the place of a line in a response.
type standing byte

const (
	lineAlone  standing = iota // outside any batch
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
	// mostHeldBytes is how much a response holds back before it opens its batch.
	mostHeldBytes = 64 << 10
)

// labelled starts the response to a command with this label, if the client has negotiated labels.
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

// answerLater leaves the answer to this command to a later one, and returns the label for that answer, or "" if there
// is none.
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

// answerInSeveral announces that the answer consists of several batches, so that the first one is not taken for the
// whole answer.
func (c *Client) answerInSeveral() {
	if r := c.response.Load(); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.several = true
	}
}

// add adds lines of the answer.
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

// addBatch adds a whole batch, including its first and last line.
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

// send queues a line of a response whose batch is open.
func (r *response) send(o *outbox, l heldLine) {
	if r.batch != "" && l.standing != batchWithin {
		l.bytes = withTag(l.bytes, "batch", r.batch)
	}
	o.put(&r.client.Peer, l.bytes)
}

// interrupt sends what is held back, before a line for the client that is not part of the answer.
func (r *response) interrupt(o *outbox) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over && r.batch == "" && !r.sole && len(r.held) > 0 {
		r.open(o)
	}
}

// open sends what is held back, and makes the following lines part of a batch. If a batch has begun and is all that
// there is, it is taken for the whole response.
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

// finish sends the rest of the response, now that all of it is known.
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

// withTag returns an encoded line with one more tag, which is the first because server tags come before client-only
// ones.
func withTag(line []byte, key, value string) []byte {
	tagged := wire.AppendTags(make([]byte, 0, len(line)+len(key)+len(value)+8), []wire.Tag{{Key: key, Value: value}})
	if line[0] == '@' {
		tagged[len(tagged)-1] = ';'
		line = line[1:]
	}
	return append(tagged, line...)
}

package commands

import (
	"errors"
	"slices"
	"strings"
	"time"

	"bavard/wire"
)

// A clientBatch is a batch that a client has begun: its lines are collected, and carried out together when it closes. There
// is one at a time. A label stands on its first line, and is answered at its end, whatever that is.
// https://ircv3.net/specs/extensions/client-batch
type clientBatch struct {
	reference string
	// kind is the row of what it is, and collector has its lines; nil once the batch was given up: the rest of it is dropped
	// without a word.
	kind      *batchType
	collector collector
	label     string
	deadline  time.Time
	// cost of the lines, in units of the flood account. It is paid at the end: a client that had to wait in the middle would
	// be late with the rest.
	cost float64
}

// batchType is one row of the table of batches that clients may send.
type batchType struct {
	name string
	// needs are the capabilities, all of them, that allow it.
	needs capSet
	// invalid is the code of a FAIL for what has none of its own.
	invalid string
	// begin reads the parameters after the type.
	begin func(c *Call, params []string) (collector, *batchFailure)
}

// collector takes the lines of a batch of one type. It owns their bounds.
type collector interface {
	add(c *Call) *batchFailure
	// run carries the batch out and answers; a failure is answered by the caller.
	run(c *Call) *batchFailure
}

// batchFailure is why a batch is given up: the code of a FAIL, its context and words.
type batchFailure struct {
	code, text string
	context    []string
}

// batchTypes are filled by init, because what they do leads back to the table of verbs.
var batchTypes []batchType

func init() { batchTypes = []batchType{multilineBatch} }

// costOfBatched is what a line in a batch costs: half of what it does alone, because each recipient gets all with one write.
const costOfBatched = 0.5

// mayBatch tells whether the client has negotiated a capability that allows some batch.
// https://ircv3.net/specs/extensions/client-batch#capabilities
func (c *Client) mayBatch() bool {
	if c.registration != nil {
		return false
	}
	for i := range batchTypes {
		if c.hasAll(batchTypes[i].needs) {
			return true
		}
	}
	return false
}

// mightBatch tells whether it has only to ask for one, or is in the middle of a batch.
func mightBatch(c *Client) bool {
	if c.collecting != nil {
		return true
	}
	return slices.ContainsFunc(batchTypes, func(t batchType) bool { return c.mightHave(t.needs) })
}

// batched takes a line that belongs to a batch. Any other line but PING and PONG breaks a batch that is open: the client has
// lost its way, and whoever reads half of what was meant is not helped. The line itself runs as ever: it stands for itself,
// and a client that has forgotten its batch is heard again.
// https://ircv3.net/specs/extensions/client-batch#the-client-to-server-batch-verb
func (c *Call) batched() (wait time.Duration, taken bool) {
	c.expireBatch(c.server.options.Now())
	reference, tagged := c.message.Tags["batch"]
	b := c.collecting
	switch {
	case c.isShunned():
		c.dropBatch()
		return 0, false // it is dropped, as all that he says
	case tagged && b != nil && reference == b.reference:
		return c.collect(), true
	case tagged && c.mayBatch():
		if !c.breakBatch() {
			// Without its first line it is nothing. The client is told once.
			c.collecting = &clientBatch{reference: strings.Clone(reference)}
			c.failBatch(noSuchBatch(reference))
		}
		return c.charge(costOfNonsense), true
	case c.message.Command != "PING" && c.message.Command != "PONG" && c.message.Command != "BATCH":
		c.breakBatch()
	}
	return 0, false
}

// collect takes a line of the batch.
func (c *Call) collect() (wait time.Duration) {
	b := c.collecting
	if b.collector == nil {
		return c.charge(costOfBatched)
	}
	b.cost += costOfBatched
	if failure := b.collector.add(c); failure != nil {
		c.takeLabel()
		return c.giveUp(failure)
	}
	return 0
}

// takeLabel gives the batch the label of the line that ends it, when it has none of its own.
func (c *Call) takeLabel() {
	if b := c.collecting; b.label == "" {
		b.label = c.answerLater()
	}
}

// giveUp ends the batch with a FAIL; what still comes of it is dropped.
func (c *Client) giveUp(failure *batchFailure) (wait time.Duration) {
	b := c.collecting
	b.collector = nil
	c.answering(b.label, func() { c.failBatch(failure) })
	return c.charge(b.cost)
}

// breakBatch gives up a batch that is open, because of a line that is not part of it; false: none is.
func (c *Client) breakBatch() bool {
	b := c.collecting
	if b == nil || b.collector == nil {
		return false
	}
	c.giveUp(&batchFailure{code: b.kind.invalid, text: "The batch was discarded because a line that is not part of it came before its end"})
	return true
}

// dropBatch forgets the batch without a word but, to a label, an acknowledgement: who is shunned is not told.
func (c *Client) dropBatch() {
	if b := c.collecting; b != nil && b.collector != nil {
		c.answering(b.label, func() {})
	}
	c.collecting = nil
}

// spoilBatch is for a line that cannot be read: it may have been part of the batch, which must not go out without it. true:
// the client has been told.
func (c *Client) spoilBatch(message *wire.Message, err error) bool {
	b := c.collecting
	if b == nil {
		return false
	}
	var reference string
	tagged := false
	if message != nil {
		reference, tagged = message.Tags["batch"]
	}
	switch part := tagged && reference == b.reference; {
	case !part && errors.Is(err, wire.ErrEmpty):
		return false // no line at all
	case part && b.collector == nil:
		return true
	case !part && message != nil:
		c.breakBatch()
		return false
	case b.collector == nil:
		return false
	}
	c.giveUp(&batchFailure{code: b.kind.invalid, text: "A line in the batch is too long or malformed"})
	return true
}

// expireBatch gives up a batch that has been open for too long, and tells when to look again.
func (c *Client) expireBatch(now time.Time) (next time.Duration) {
	b := c.collecting
	if b == nil || b.collector == nil {
		return time.Hour
	}
	if left := b.deadline.Sub(now); left > 0 {
		return left
	}
	c.giveUp(&batchFailure{code: "TIMEOUT", context: []string{echoable(b.reference)}, text: "The batch was open for too long"})
	return time.Hour
}

func (c *Client) failBatch(f *batchFailure) {
	call := &Call{Client: c, message: &wire.Message{Command: "BATCH"}}
	call.fail(f.code, f.text, f.context...)
}

// answering makes what do says the answer to an earlier command, which had this label or, "", none. It is no part of the
// answer to the one that runs.
func (c *Client) answering(label string, do func()) {
	own := c.response.Load()
	c.response.Store(nil)
	c.labelled(label)
	do()
	c.answered()
	c.response.Store(own)
}

// runBatch begins and ends batches.
// https://ircv3.net/specs/extensions/client-batch#the-client-to-server-batch-verb
func runBatch(c *Call) {
	sign, reference := "", ""
	if word := c.param(0); word != "" {
		sign, reference = word[:1], word[1:]
	}
	switch {
	case c.collecting == nil && !c.mayBatch():
		c.reply(errUnknownCommand.with("BATCH", c.lacksCapability(batchTypes[0].needs)))
	case len(c.params()) == 0:
		c.breakBatch()
		c.needMoreParams()
	case sign == "+":
		c.breakBatch()
		c.beginBatch(strings.Clone(reference))
	case sign == "-":
		c.endBatch(reference)
	default:
		c.breakBatch()
		c.failBatch(badReference(c.param(0)))
	}
}

// beginBatch begins one. When something is wrong with it the client is told, and the lines of it are dropped.
func (c *Call) beginBatch(reference string) {
	b := &clientBatch{reference: reference}
	c.collecting = b
	switch {
	case !isReference(reference):
		c.failBatch(badReference(reference))
		return
	case len(c.params()) < 2:
		c.needMoreParams()
		return
	}
	failure := &batchFailure{code: "UNKNOWN_TYPE", context: []string{reference, excerpt(c.param(1))}, text: "Unknown batch type"}
	for i := range batchTypes {
		if row := &batchTypes[i]; row.name == c.param(1) && c.hasAll(row.needs) {
			b.kind = row
			b.collector, failure = row.begin(c, c.params()[2:])
		}
	}
	if failure != nil {
		b.collector = nil
		c.failBatch(failure)
		return
	}
	b.label = c.answerLater()
	b.deadline = c.server.options.Now().Add(time.Duration(c.config().Messages.BatchTimeout))
	c.conn.TickSoon() // for the deadline
}

// endBatch carries a batch out.
func (c *Call) endBatch(reference string) {
	b := c.collecting
	if b == nil || b.reference != reference {
		c.breakBatch()
		c.failBatch(noSuchBatch(reference))
		return
	}
	if b.collector == nil {
		c.collecting = nil
		return // the client has been told
	}
	c.takeLabel()
	c.collecting = nil
	c.extra += b.cost
	c.answering(b.label, func() {
		if failure := b.collector.run(c); failure != nil {
			c.failBatch(failure)
		}
	})
}

// isReference: https://ircv3.net/specs/extensions/batch#the-batch-verb
func isReference(tag string) bool {
	for _, b := range []byte(tag) {
		if letter := b|0x20 >= 'a' && b|0x20 <= 'z'; !letter && (b < '0' || b > '9') && b != '-' {
			return false
		}
	}
	return tag != ""
}

func badReference(reference string) *batchFailure {
	return &batchFailure{code: "INVALID_REFTAG", context: []string{echoable(reference)}, text: "A reference tag must start with + or - and contain only letters, digits and hyphens"}
}

func noSuchBatch(reference string) *batchFailure {
	return &batchFailure{code: "INVALID_REFTAG", context: []string{excerpt(reference)}, text: "No open batch has that reference tag"}
}

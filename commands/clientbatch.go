package commands

import (
	"errors"
	"slices"
	"strings"
	"time"

	"bavard/wire"
)

// clientBatch is a batch that a client has started. Its lines are collected, and carried out together at its end. A
// client has at most one. A label is on the first line, and is answered when the batch ends in any way.
// https://ircv3.net/specs/extensions/client-batch
type clientBatch struct {
	reference string
	// kind is the batch's row, and collector holds its lines. Both are nil once the batch has been discarded; the rest of
	// its lines are then dropped silently.
	kind      *batchType
	collector collector
	label     string
	deadline  time.Time
	// cost of the lines in units of the flood account. It is charged at the end, because a delay in the middle could make
	// the batch time out.
	cost float64
}

// batchType is one row of the table of batches that clients may send.
type batchType struct {
	name string
	// needs are the capabilities that a client must have negotiated to send it.
	needs capSet
	// invalid is the code of a FAIL for mistakes without a code of their own.
	invalid string
	// begin parses the parameters after the type.
	begin func(c *Call, params []string) (collector, *batchFailure)
}

// collector collects the lines of a batch of one type, and bounds them.
type collector interface {
	add(c *Call) *batchFailure
	// run carries out the batch and answers it. The caller answers a failure.
	run(c *Call) *batchFailure
}

// batchFailure is the reason for discarding a batch: the code, context and text of a FAIL.
type batchFailure struct {
	code, text string
	context    []string
}

// batchTypes is filled by init, because its functions refer to the table of verbs.
var batchTypes []batchType

func init() { batchTypes = []batchType{multilineBatch} }

// costOfBatched is the cost of a line in a batch. It is half that of a single line, because each recipient gets the
// whole batch with one write.
const costOfBatched = 0.5

// mayBatch reports whether the client has negotiated the capabilities for a type of batch.
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

// mightBatch reports whether the client could request the capabilities for a type of batch, or is sending a batch.
func mightBatch(c *Client) bool {
	if c.collecting != nil {
		return true
	}
	return slices.ContainsFunc(batchTypes, func(t batchType) bool { return c.mightHave(t.needs) })
}

// batched collects a line that belongs to a batch, and reports whether it did. Any other line except PING and PONG
// discards an open batch, because the client has made a mistake and half a message helps nobody. The line itself runs
// as usual.
// https://ircv3.net/specs/extensions/client-batch#the-client-to-server-batch-verb
func (c *Call) batched() (wait time.Duration, taken bool) {
	c.expireBatch(c.server.order.Steady())
	reference, tagged := c.message.Tags["batch"]
	b := c.collecting
	switch {
	case c.isShunned():
		c.dropBatch()
		return 0, false // dropped like everything that a shunned user sends
	case tagged && b != nil && reference == b.reference:
		return c.collect(), true
	case tagged && c.mayBatch():
		if !c.breakBatch() {
			// A line of a batch that was never started. The client is told once.
			c.collecting = &clientBatch{reference: strings.Clone(reference)}
			c.failBatch(noSuchBatch(reference))
		}
		return c.charge(costOfNonsense), true
	case c.message.Command != "PING" && c.message.Command != "PONG" && c.message.Command != "BATCH":
		c.breakBatch()
	}
	return 0, false
}

// collect adds a line to the batch.
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

// takeLabel gives a batch without a label the label of the line that ends it.
func (c *Call) takeLabel() {
	if b := c.collecting; b.label == "" {
		b.label = c.answerLater()
	}
}

// giveUp discards the batch with a FAIL. Its remaining lines are dropped.
func (c *Client) giveUp(failure *batchFailure) (wait time.Duration) {
	b := c.collecting
	b.collector = nil
	c.answering(b.label, func() { c.failBatch(failure) })
	return c.charge(b.cost)
}

// breakBatch discards an open batch because of a line that is not part of it. It returns false when no batch is open.
func (c *Client) breakBatch() bool {
	b := c.collecting
	if b == nil || b.collector == nil {
		return false
	}
	c.giveUp(&batchFailure{code: b.kind.invalid, text: "The batch was discarded because a line that is not part of it came before its end"})
	return true
}

// dropBatch discards the batch silently, except that a label is acknowledged: shunned users are not told.
func (c *Client) dropBatch() {
	if b := c.collecting; b != nil && b.collector != nil {
		c.answering(b.label, func() {})
	}
	c.collecting = nil
}

// spoilBatch discards a batch because of a malformed line that may have been part of it. It reports whether it has
// told the client.
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
		return false // an empty line
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

// expireBatch discards a batch that has been open for too long, and returns when to check again.
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

// answering runs do, whose lines become the answer to an earlier command with this label ("" for none), and not to the
// current command.
func (c *Client) answering(label string, do func()) {
	own := c.response.Load()
	c.response.Store(nil)
	c.labelled(label)
	do()
	c.answered()
	c.response.Store(own)
}

// runBatch starts and ends batches.
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

// beginBatch starts a batch. If it is invalid, the client is told and its lines are dropped.
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
	b.deadline = c.server.order.Steady().Add(time.Duration(c.config().Messages.BatchTimeout))
	c.conn.TickSoon() // for the deadline
}

// endBatch carries out a batch.
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

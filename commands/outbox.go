package commands

import "slices"

// outbox collects the connections whose queues a goroutine has filled and must flush.
type outbox struct {
	// owner is the client whose lines are being answered, nil for the server itself.
	owner     *Client
	conns     []Conn
	gathering *gathering // nil except under the lock
	said      int        // bytes queued for owner, see Client.payBill
	told      int        // lines queued for other clients because of the line that is being handled
}

// count records that bytes were queued for a client: as a part of the answer if the outbox is the client's own, and
// otherwise as a line for a different client.
func (o *outbox) count(c *Client, bytes int) {
	if o.owner == c {
		o.said += bytes
	} else {
		o.told++
	}
}

// send queues lines for a client.
func (o *outbox) send(c *Client, lines []byte) { o.sendAt(c, lines, lineAlone) }

// sendAt is like send, for a line that may be part of a batch.
func (o *outbox) sendAt(c *Client, line []byte, at standing) {
	o.count(c, len(line))
	if r := c.response.Load(); r != nil {
		if o.owner == c {
			r.add(o, line, at)
			return
		}
		r.interrupt(o)
	}
	if g := o.gathering; g != nil && g.client == c {
		g.lines = append(g.lines, line...)
		return
	}
	o.put(&c.Peer, line)
}

// sendBatch queues a whole batch, from its first line to its last.
func (o *outbox) sendBatch(c *Client, lines []byte) {
	o.count(c, len(lines))
	if r := c.response.Load(); r != nil {
		if o.owner == c {
			r.addBatch(o, lines)
			return
		}
		r.interrupt(o)
	}
	o.put(&c.Peer, lines)
}

// sendAside queues a line that is not part of the labeled response, although the client's own command caused it.
func (o *outbox) sendAside(c *Client, lines []byte) {
	o.count(c, len(lines))
	if r := c.response.Load(); r != nil {
		r.interrupt(o)
	}
	o.put(&c.Peer, lines)
}

// sendPair queues a line whose tail is shared.
func (o *outbox) sendPair(c *Client, head, tail []byte) {
	if c.response.Load() != nil {
		o.send(c, slices.Concat(head, tail))
		return
	}
	o.count(c, len(head)+len(tail))
	if c.conn.SendPair(head, tail) {
		o.conns = append(o.conns, c.conn)
	}
}

// put queues lines unchanged.
func (o *outbox) put(p *Peer, lines []byte) {
	if p.conn.Send(lines) {
		o.conns = append(o.conns, p.conn)
	}
}

// close ends the open batches of a connection, and closes it. If the client's own command caused that, the ERROR is
// part of the response.
func (o *outbox) close(c *Client, final []byte, reason error) {
	c.open.mu.Lock()
	defer c.open.mu.Unlock()
	c.open.endAll(o)
	if r := c.response.Load(); r != nil {
		if o.owner == c {
			r.add(o, final, lineAlone)
			final = nil
		}
		r.finish(o)
	}
	c.conn.Close(final, reason)
	o.conns = append(o.conns, c.conn)
}

// keepOutbox bounds what an outbox keeps between flushes, so that an idle connection does not keep the memory of one
// large message.
const keepOutbox = 16

// flush flushes the queues that have been filled. The lock is not held.
func (s *Server) flush(o *outbox) {
	s.keep()
	if o.owner != nil && s.order.MayWait() {
		o.owner.conn.WillWait()
	}
	switch len(o.conns) {
	case 0:
		return
	case 1:
		o.conns[0].Flush()
	default:
		s.options.FlushAll(o.conns)
	}
	if cap(o.conns) > keepOutbox {
		o.conns = nil
		return
	}
	clear(o.conns)
	o.conns = o.conns[:0]
}

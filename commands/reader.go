package commands

import "bavard/state"

// historyReader reads history for one command. The lock must not be held, because history may be slow. After an error
// it finds nothing more, and failed returns true.
type historyReader struct {
	client *Client
	err    error
}

// reader returns the reader of this command. Others do not wait for what is read.
func (c *Call) reader() *historyReader {
	if c.reads == nil {
		c.reads = &historyReader{client: c.Client}
		c.willWait()
		c.server.keep()
	}
	return c.reads
}

// failed reports whether history could not be read.
func (h *historyReader) failed() bool { return h != nil && h.err != nil }

// noted logs the first error, and reports whether there is one.
func (h *historyReader) noted(err error) bool {
	if err != nil && h.err == nil {
		h.err = err
		c := h.client
		c.log().Error("cannot read history", "error", err)
	}
	return h.err != nil
}

func (h *historyReader) page(of state.Buffer, q state.Page) []state.Line {
	if h.err != nil {
		return nil
	}
	lines, err := h.client.server.options.History.Page(of, q)
	if h.noted(err) {
		return nil
	}
	return lines
}

func (h *historyReader) find(in state.Buffer, at state.Position) (l state.Line, found bool) {
	if h.err != nil {
		return l, false
	}
	l, found, err := h.client.server.options.History.Find(in, at)
	return l, !h.noted(err) && found
}

func (h *historyReader) lastTime(of state.Buffer) int64 {
	if h.err != nil {
		return 0
	}
	last, err := h.client.server.options.History.LastTime(of)
	if h.noted(err) {
		return 0
	}
	return last
}

func (h *historyReader) conversations(of state.Party, after, before state.Position, most int, newest bool) []state.Conversation {
	if h.err != nil {
		return nil
	}
	list, err := h.client.server.options.History.Conversations(of, after, before, most, newest)
	if h.noted(err) {
		return nil
	}
	return list
}

// cannotReadText is the answer to a command that needs history while it cannot be read.
const cannotReadText = "The history cannot be read at the moment"

package storage

// mostTails bounds the number of encoders, each of which uses about 16 KiB.
const mostTails = 512

// tails keeps the encoders of blocks that have space for more lines, so that only the new lines have to be encoded.
type tails struct {
	byBlock map[int64]*encoder
	spare   *encoder
}

func newTails() *tails { return &tails{byBlock: map[int64]*encoder{}, spare: newEncoder()} }

// take returns an encoder that has the lines of this block, whose first line has the number start. If there is none, it
// returns an empty one.
func (t *tails) take(b block, start uint64) *encoder {
	e := t.byBlock[b.id]
	delete(t.byBlock, b.id)
	if e != nil && b.start == start && e.start == start && e.lines == b.lines && len(e.data) == b.bytes {
		return e
	}
	if e == nil {
		e, t.spare = t.spare, nil
	}
	if e == nil {
		e = newEncoder()
	}
	e.reset()
	return e
}

// put gives back the encoder of a block.
func (t *tails) put(b block, e *encoder) {
	if !b.open() {
		t.spare = e
		return
	}
	if len(t.byBlock) >= mostTails {
		for id := range t.byBlock { // it does not matter which
			t.forget(id)
			break
		}
	}
	e.start = b.start
	t.byBlock[b.id] = e
}

// forget drops the encoder of a block, which was changed or deleted.
func (t *tails) forget(block int64) {
	if e := t.byBlock[block]; e != nil {
		t.spare = e
		delete(t.byBlock, block)
	}
}

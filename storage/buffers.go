package storage

import "bavard/state"

// buffers holds all buffers that have a line. Channels are found by just their id, because each line needs this lookup.
type buffers struct {
	channels map[state.ChannelID]*buffer
	talks    map[state.Buffer]*buffer
}

func newBuffers() buffers {
	return buffers{channels: map[state.ChannelID]*buffer{}, talks: map[state.Buffer]*buffer{}}
}

// of returns the buffer with this key, or nil.
func (b *buffers) of(key state.Buffer) *buffer {
	if id := key.Channel(); id != 0 {
		return b.channels[id]
	}
	return b.talks[key]
}

func (b *buffers) add(one *buffer) {
	if id := one.key.Channel(); id != 0 {
		b.channels[id] = one
	} else {
		b.talks[one.key] = one
	}
}

func (b *buffers) remove(one *buffer) {
	if id := one.key.Channel(); id != 0 {
		delete(b.channels, id)
	} else {
		delete(b.talks, one.key)
	}
}

// all calls yield for each buffer, in no particular order, until it returns false.
func (b *buffers) all(yield func(*buffer) bool) {
	for _, one := range b.channels {
		if !yield(one) {
			return
		}
	}
	for _, one := range b.talks {
		if !yield(one) {
			return
		}
	}
}

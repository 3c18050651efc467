package storage

import "bavard/state"

// index maps buffers to values. Channels are looked up by their id alone, which is faster, because each line needs
// this.
type index[T any] struct {
	channels map[state.ChannelID]T
	talks    map[state.Buffer]T
}

func newIndex[T any]() index[T] {
	return index[T]{channels: map[state.ChannelID]T{}, talks: map[state.Buffer]T{}}
}

// of returns the value of a buffer, or the zero value.
func (x *index[T]) of(key state.Buffer) T {
	if id := key.Channel(); id != 0 {
		return x.channels[id]
	}
	return x.talks[key]
}

func (x *index[T]) add(key state.Buffer, one T) {
	if id := key.Channel(); id != 0 {
		x.channels[id] = one
	} else {
		x.talks[key] = one
	}
}

func (x *index[T]) remove(key state.Buffer) {
	if id := key.Channel(); id != 0 {
		delete(x.channels, id)
	} else {
		delete(x.talks, key)
	}
}

// all calls yield for each value, in no particular order, until yield returns false.
func (x *index[T]) all(yield func(T) bool) {
	for _, one := range x.channels {
		if !yield(one) {
			return
		}
	}
	for _, one := range x.talks {
		if !yield(one) {
			return
		}
	}
}

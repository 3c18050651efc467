package transport

import "sync"

// A batch is a list of shared, never empty byte slices in their order. Most hold one slice at a time, a line for a channel,
// which needs no memory of its own; the list for the others comes from a pool and goes back when it has been written.
type batch struct {
	first []byte
	more  *segments
}

type segments struct{ list [][]byte }

const (
	segmentsStart  = 32
	segmentsPooled = 1024 // a longer list is left to the collector
)

var segmentsPool = sync.Pool{New: func() any { return &segments{list: make([][]byte, 0, segmentsStart)} }}

func (b *batch) empty() bool { return b.first == nil }

func (b *batch) push(p []byte) {
	if b.first == nil {
		b.first = p
		return
	}
	if b.more == nil {
		b.more = segmentsPool.Get().(*segments)
	}
	b.more.list = append(b.more.list, p)
}

func (b *batch) release() {
	m := b.more
	*b = batch{}
	if m == nil || cap(m.list) > segmentsPooled {
		return
	}
	clear(m.list)
	m.list = m.list[:0]
	segmentsPool.Put(m)
}

// A sequence is a batch that is being written: how far, to the byte.
type sequence struct {
	batch
	index  int32 // of the slice being written; 0 is first, i is more.list[i-1]
	offset int32 // bytes of it that are written
}

func (s *sequence) segment(i int32) []byte {
	if i == 0 {
		return s.first
	}
	return s.more.list[i-1]
}

func (s *sequence) len() int32 {
	switch {
	case s.first == nil:
		return 0
	case s.more == nil:
		return 1
	}
	return 1 + int32(len(s.more.list))
}

// gather gives the next bytes to write: a slice as it is when it is the last or a large one, else as many as fit
// into buf, one after the other.
func (s *sequence) gather(buf []byte) []byte {
	head := s.segment(s.index)[s.offset:]
	end := s.len()
	if s.index+1 == end || len(head) >= len(buf)/2 {
		return head
	}
	n := copy(buf, head)
	for i := s.index + 1; i < end && n < len(buf); i++ {
		n += copy(buf[n:], s.segment(i))
	}
	return buf[:n]
}

// advance tells that n bytes have been written. The batch is released with its last byte.
func (s *sequence) advance(n int) {
	end := s.len()
	for n > 0 {
		rest := len(s.segment(s.index)) - int(s.offset)
		if n < rest {
			s.offset += int32(n)
			return
		}
		n -= rest
		s.index, s.offset = s.index+1, 0
		if s.index == end {
			s.release()
			return
		}
	}
}

func (s *sequence) release() {
	s.batch.release()
	s.index, s.offset = 0, 0
}

package transport

import "sync"

// batch is an ordered list of shared byte slices, none of them empty. Most batches hold just one slice, a line for a
// channel, which needs no extra memory. The list for further slices comes from a pool, and returns there once written.
type batch struct {
	first []byte
	more  *segments
}

type segments struct{ list [][]byte }

const (
	segmentsStart  = 32
	segmentsPooled = 1024 // a longer list is left to the garbage collector
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

// sequence is a batch that is being written, with the position in it.
type sequence struct {
	batch
	index  int32 // of the slice being written; 0 is first, i is more.list[i-1]
	offset int32 // bytes of this slice that have been written
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

// gather returns the next bytes to write. If the next slice is the last one or a large one, it returns that slice. If
// not, it copies as many slices as fit into buf.
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

// advance records that n bytes have been written. After the last byte, it releases the batch.
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

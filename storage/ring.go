package storage

// ring is a queue that doubles its capacity when it is full, and halves it when three quarters are free. While its
// length stays about the same, it allocates nothing.
type ring[T any] struct {
	items []T // the length is a power of two, or 0
	start int
	count int
}

func (r *ring[T]) len() int { return r.count }

// at returns the i-th item, counting from the oldest.
func (r *ring[T]) at(i int) *T { return &r.items[(r.start+i)&(len(r.items)-1)] }

func (r *ring[T]) push(item T) {
	if r.count == len(r.items) {
		r.resize(max(4, 2*len(r.items)))
	}
	r.count++
	*r.at(r.count - 1) = item
}

// pop removes and returns the oldest item.
func (r *ring[T]) pop() T {
	var none T
	item := *r.at(0)
	*r.at(0) = none
	r.start = (r.start + 1) & (len(r.items) - 1)
	r.count--
	if len(r.items) > 8 && r.count < len(r.items)/4 {
		r.resize(len(r.items) / 2)
	}
	return item
}

func (r *ring[T]) resize(size int) {
	items := make([]T, size)
	for i := range r.count {
		items[i] = *r.at(i)
	}
	r.items, r.start = items, 0
}

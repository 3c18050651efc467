package main

import (
	"math"
	"math/bits"
	"time"
)

const (
	// stepBits is how fine the steps of a histogram are: 32 to each doubling, so that a value is known to 3 %.
	stepBits = 5
	steps    = 1 << stepBits
)

// histogram counts durations in steps of fixed relative width. It has a fixed size and adding to it allocates nothing.
type histogram struct {
	counts [(64 - stepBits) * steps]int64
	total  int64
}

// add counts one duration. A negative one, which a clock that is read twice cannot give, counts as 0.
func (h *histogram) add(d time.Duration) {
	h.counts[stepOf(uint64(max(d, 0)))]++
	h.total++
}

// merge adds all that another histogram has counted.
func (h *histogram) merge(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
}

// quantile is the duration that a part q (from 0 to 1) of those counted did not exceed, to the width of a step; 0 when nothing was counted.
func (h *histogram) quantile(q float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := max(int64(math.Ceil(q*float64(h.total))), 1)
	for i, n := range h.counts {
		rank -= n
		if rank <= 0 {
			return lowest(i)
		}
	}
	return lowest(len(h.counts) - 1)
}

// stepOf is the step of a value: exact below 2*steps, then the exponent and the stepBits bits after the leading one.
func stepOf(v uint64) int {
	exponent := bits.Len64(v) - 1 - stepBits
	if exponent <= 0 {
		return int(v)
	}
	return exponent<<stepBits + int(v>>exponent)
}

// lowest is the smallest value of a step.
func lowest(step int) time.Duration {
	exponent := step>>stepBits - 1
	if exponent <= 0 {
		return time.Duration(step)
	}
	return time.Duration(uint64(step-exponent<<stepBits) << exponent)
}

package main

import (
	"math"
	"math/bits"
	"time"
)

const (
	// stepBits determines the resolution of a histogram: 32 steps per doubling, so that a value is accurate to 3 %.
	stepBits = 5
	steps    = 1 << stepBits
)

// histogram counts durations in steps of fixed relative width. Its size is fixed, and adding allocates nothing.
type histogram struct {
	counts [(64 - stepBits) * steps]int64
	total  int64
}

// add counts one duration. A negative one counts as 0; the clock never yields one.
func (h *histogram) add(d time.Duration) {
	h.counts[stepOf(uint64(max(d, 0)))]++
	h.total++
}

// merge adds the counts of the other histogram.
func (h *histogram) merge(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
}

// quantile returns the duration that a share q (from 0 to 1) of the counted durations did not exceed, to the accuracy
// of a step. It returns 0 if nothing was counted.
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

// stepOf returns the step of a value: the value itself below 2*steps, and above that the exponent and the stepBits bits
// after the leading one.
func stepOf(v uint64) int {
	exponent := bits.Len64(v) - 1 - stepBits
	if exponent <= 0 {
		return int(v)
	}
	return exponent<<stepBits + int(v>>exponent)
}

// lowest returns the smallest value of a step.
func lowest(step int) time.Duration {
	exponent := step>>stepBits - 1
	if exponent <= 0 {
		return time.Duration(step)
	}
	return time.Duration(uint64(step-exponent<<stepBits) << exponent)
}

package main

import "slices"

// median is the middle of the values, or the mean of the two in the middle; 0 without any. It does not change them.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// extent is a median and what lies farthest from it.
type extent struct{ median, low, high float64 }

func extentOf(values []float64) extent {
	if len(values) == 0 {
		return extent{}
	}
	return extent{median(values), slices.Min(values), slices.Max(values)}
}

// ratios divides the values of one server by those that another had in the same round: what disturbed the machine in a round disturbed both. A round
// in which the other has no value is left out.
func ratios(values, base []float64) []float64 {
	var r []float64
	for i := range min(len(values), len(base)) {
		if base[i] > 0 {
			r = append(r, values[i]/base[i])
		}
	}
	return r
}

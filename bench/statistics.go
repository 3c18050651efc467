package main

import "slices"

// median returns the middle of the values, or the mean of the two in the middle, or 0 if there are none. It does not
// change the values.
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

// extent is a median with the lowest and the highest value.
type extent struct{ median, low, high float64 }

func extentOf(values []float64) extent {
	if len(values) == 0 {
		return extent{}
	}
	return extent{median(values), slices.Min(values), slices.Max(values)}
}

// ratios divides the values of one server by those of the other in the same round, because a disturbance in a round
// affects both. It leaves out rounds in which the other has no value.
func ratios(values, base []float64) []float64 {
	var r []float64
	for i := range min(len(values), len(base)) {
		if base[i] > 0 {
			r = append(r, values[i]/base[i])
		}
	}
	return r
}

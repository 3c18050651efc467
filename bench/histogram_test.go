package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSteps(t *testing.T) {
	require.Equal(t, 0, stepOf(0))
	before := 0
	for v := uint64(1); v < 1<<20; v++ {
		step := stepOf(v)
		require.True(t, step == before || step == before+1, "step %d after %d at %d", step, before, v)
		if step != before {
			require.EqualValues(t, v, lowest(step), "a step begins at its lowest value")
		}
		before = step
	}
	require.Less(t, stepOf(math.MaxInt64), len(histogram{}.counts))
}

func TestQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h histogram
	var all []time.Duration
	for range 20000 {
		d := time.Duration(math.Exp(random.Float64()*20)) * time.Nanosecond
		all = append(all, d)
		h.add(d)
	}
	slices.Sort(all)
	for _, q := range []float64{0.0001, 0.1, 0.5, 0.9, 0.99, 1} {
		exact := all[int(math.Ceil(q*float64(len(all))))-1]
		got := h.quantile(q)
		require.LessOrEqual(t, got, exact, "q=%v", q)
		require.GreaterOrEqual(t, float64(got), float64(exact)*(1-1.0/steps)-1, "q=%v", q)
	}
}

func TestHistogramAtItsEdges(t *testing.T) {
	var h histogram
	require.Zero(t, h.quantile(0.5), "nothing was counted")
	h.add(-time.Second)
	require.Zero(t, h.quantile(1))
	h.add(math.MaxInt64)
	require.Greater(t, h.quantile(1), time.Duration(math.MaxInt64/steps*(steps-1)))

	var other, sum histogram
	other.add(time.Second)
	sum.merge(&h)
	sum.merge(&other)
	require.EqualValues(t, 3, sum.total)
	require.InEpsilon(t, float64(time.Second), float64(sum.quantile(0.6)), 1.0/steps)
}

func TestMedian(t *testing.T) {
	require.Zero(t, median(nil))
	values := []float64{9, 1, 5}
	require.InDelta(t, 5, median(values), 0)
	require.Equal(t, []float64{9, 1, 5}, values, "the order of the rounds is kept")
	require.InDelta(t, 3, median([]float64{9, 1, 5, 1}), 0)
	require.Equal(t, extent{median: 3, low: 1, high: 9}, extentOf([]float64{9, 1, 5, 1}))
	require.Equal(t, extent{}, extentOf(nil))
}

func TestRatios(t *testing.T) {
	require.Equal(t, []float64{2, 0.5}, ratios([]float64{4, 3, 1}, []float64{2, 0, 2, 7}), "pairs only, and none with nothing below the line")
	require.Empty(t, ratios(nil, []float64{1}))
}

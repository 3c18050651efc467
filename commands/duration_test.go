package commands

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatLooksLikeADuration(t *testing.T) {
	for _, word := range []string{"2h", "0", "5", "1hour", "5min", "1month", "1d12", "1.5h", "1,5h", "+1h", "-1h", "300y", "1x2", "1x09", "1a", "1z", "1AZ", "1.0h", "1.9h"} {
		require.True(t, looksLikeDuration(word), word)
	}
	for _, word := range []string{"", "+", "h2", "192.0.2.1", "192.0.2.0/24", "1::2", "2001:db8::", "3com.example", "1.example", "1hour!*@*", "*@1", "1*", "1_", "bob", "#1", "$a:x", "1`", "1{", "1[", "1:"} {
		require.False(t, looksLikeDuration(word), word)
	}
}

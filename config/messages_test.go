package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMultiline(t *testing.T) {
	cases := []struct {
		text         string
		bytes, lines int
	}{
		{"", 4096, 100},
		{"[messages]\nmultiline_bytes = 5000\nmultiline_lines = 7", 5000, 7},
		{"[messages]\nmultiline_bytes = 0", 0, 0},
		{"[messages]\nmultiline_lines = 0", 0, 0},
		{"[messages]\nmultiline_bytes = '1MiB'\nmultiline_lines = 10000", 8 << 10, 102},
		{"[messages]\nmultiline_bytes = '1MiB'\nmultiline_lines = 10000\n[limits]\nreceive_queue = '16MiB'\nsend_queue = '64KiB'", 16 << 10, 21},
		{"[messages]\nmultiline_bytes = '1MiB'\n[limits]\nreceive_queue = '16MiB'\n[[classes]]\nname = 'small'\nsend_queue = '32KiB'", 8 << 10, 10},
	}
	for _, c := range cases {
		cfg, err := Parse("test.toml", []byte(c.text))
		require.NoError(t, err, c.text)
		mostBytes, mostLines := cfg.Multiline()
		require.Equal(t, c.bytes, mostBytes, c.text)
		require.Equal(t, c.lines, mostLines, c.text)
	}
}

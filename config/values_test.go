package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "512": 512, "0B": 0, "512B": 512, "1KiB": 1024, "64KiB": 65536, "1MiB": 1 << 20, "3GiB": 3 << 30, "1536KiB": 1536 << 10,
	} {
		var s Size
		require.NoError(t, s.UnmarshalText([]byte(text)), text)
		require.Equal(t, want, s, text)
		var again Size
		require.NoError(t, again.UnmarshalText([]byte(s.String())))
		require.Equal(t, s, again, "what is written is read as the same: %s", s)
	}
	for _, text := range []string{"", "KiB", "64kb", "64 KiB", "64KB", "-1KiB", "1.5MiB", "0x10", "9999999999999999999", "9999999999GiB", "1KiB1KiB", "+1"} {
		s := Size(7)
		require.Error(t, s.UnmarshalText([]byte(text)), text)
		require.Equal(t, Size(7), s, "a size that is wrong changes nothing: %s", text)
	}
	require.Equal(t, "1536KiB", Size(1536<<10).String())
	require.Equal(t, "1025B", Size(1025).String())
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "90s": 90 * time.Second, "5m": 5 * time.Minute, "2h": 2 * time.Hour, "1d": 24 * time.Hour, "1w": 168 * time.Hour, "5M": 5 * time.Minute,
		"1h30m": 90 * time.Minute, "250ms": 250 * time.Millisecond, "1d1h1m1s1ms": 25*time.Hour + time.Minute + time.Second + time.Millisecond,
	} {
		var d Duration
		require.NoError(t, d.UnmarshalText([]byte(text)), text)
		require.Equal(t, Duration(want), d, text)
		var again Duration
		require.NoError(t, again.UnmarshalText([]byte(d.String())))
		require.Equal(t, d, again, "what is written is read as the same: %s", d)
	}
	for _, text := range []string{"", "5", "s", "-5s", "1.5h", "5 m", "5min", "101y", "999999999999d", "106751d106751d", "9223372036854775808s"} {
		d := Duration(7)
		require.Error(t, d.UnmarshalText([]byte(text)), text)
		require.Equal(t, Duration(7), d)
	}
	require.Equal(t, "1m30s", Duration(90*time.Second).String())
}

func TestFileMode(t *testing.T) {
	var m FileMode
	require.NoError(t, m.UnmarshalText([]byte("0660")))
	require.Equal(t, FileMode(0o660), m)
	require.Equal(t, "0660", m.String())
	for _, text := range []string{"", "8", "rw", "-1", "1777", "4755"} {
		require.Error(t, m.UnmarshalText([]byte(text)), text)
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	const inside = "hunter2"
	cfg := Default()
	cfg.Server.Password = inside
	cfg.Opers = []Oper{{Name: "alice", Password: inside}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%08.3f", "%T", "%U"} {
		require.NotContains(t, fmt.Sprintf(verb, cfg.Server.Password), inside, verb)
		require.NotContains(t, fmt.Sprintf(verb, cfg.Server), inside, verb)
		require.NotContains(t, fmt.Sprintf(verb, *cfg), inside, verb)
		require.NotContains(t, fmt.Sprintf(verb, cfg.Opers), inside, verb)
	}
	require.NotContains(t, fmt.Sprintf("%x", cfg.Server.Password), fmt.Sprintf("%x", inside))

	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "password", cfg.Server.Password, "server", cfg.Server, "opers", cfg.Opers)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "password", cfg.Server.Password, "server", cfg.Server, "opers", cfg.Opers)
	require.Contains(t, log.String(), hidden)
	require.NotContains(t, log.String(), inside)

	text, err := json.Marshal(cfg)
	require.NoError(t, err)
	require.NotContains(t, string(text), inside)
	require.Equal(t, inside, string(cfg.Server.Password), "a conversion returns the string itself")
}

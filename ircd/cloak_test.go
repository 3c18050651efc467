package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/config"
)

// TestCloakKey: made when it is wanted, kept, and never guessed when the file is no key.
func TestCloakKey(t *testing.T) {
	cfg := config.Default()
	cfg.Storage.Path = t.TempDir()
	file := filepath.Join(cfg.Storage.Path, "cloak-key")
	require.NoError(t, keepCloakKey(cfg))
	require.NoFileExists(t, file)

	cfg.Hosts.Cloak = true
	require.NoError(t, keepCloakKey(cfg))
	first := string(cfg.Hosts.CloakKey)
	require.Len(t, first, cloakKeyBytes)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	cfg.Hosts.CloakKey = ""
	require.NoError(t, keepCloakKey(cfg))
	require.Equal(t, first, string(cfg.Hosts.CloakKey))

	cfg.Hosts.CloakKey = ""
	require.NoError(t, os.WriteFile(file, []byte("abc\n"), 0o600))
	require.ErrorContains(t, keepCloakKey(cfg), "is not one")
}

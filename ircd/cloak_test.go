package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/config"
)

// TestCloakKey checks that the key is generated only if cloaks are on, that it is kept, and that an invalid key file is
// an error.
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
	require.ErrorContains(t, keepCloakKey(cfg), "invalid cloak key")
}

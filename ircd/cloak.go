package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"bavard/config"
)

// cloakKeyFile is the file with the generated key.
const cloakKeyFile = "cloak-key"

// cloakKeyBytes is the length of a generated key.
const cloakKeyBytes = 32

// fleetingCloakKey is the key of a process that keeps nothing on the disk: after a restart, all cloaks are different.
var fleetingCloakKey = sync.OnceValue(newCloakKey)

func newCloakKey() string {
	raw := make([]byte, cloakKeyBytes)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// keepCloakKey sets the cloak key if cloaks are on and the configuration names no key file. It reads the key from the
// daemon's own directory, after generating it if there is none.
func keepCloakKey(cfg *config.Config) error {
	if !cfg.Hosts.Cloak || cfg.Hosts.CloakKey != "" {
		return nil
	}
	if cfg.Storage.Path == "" {
		cfg.Hosts.CloakKey = config.CloakKeyOf(fleetingCloakKey())
		return nil
	}
	path := filepath.Join(cfg.Storage.Path, cloakKeyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(newCloakKey() + "\n")
		err = writeNew(path, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("cannot store the cloak key in %s: %w", path, plain(err))
	}
	if cfg.Hosts.CloakKey = config.CloakKeyOf(string(text)); cfg.Hosts.CloakKey == "" {
		return fmt.Errorf("invalid cloak key in %s: it must have at least 32 hexadecimal digits; if you remove the file, a new key is generated", path)
	}
	return nil
}

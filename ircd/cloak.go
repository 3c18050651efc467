package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"bavard/config"
)

// cloakKeyBytes is how long a key is that we make.
const cloakKeyBytes = 32

// keepCloakKey fills in the secret of the cloaks where they are wanted and the configuration names no file: it is read
// from the daemon's folder, and made and kept there when there is none yet.
func keepCloakKey(cfg *config.Config) error {
	if !cfg.Hosts.Cloak || cfg.Hosts.CloakKey != "" {
		return nil
	}
	path := filepath.Join(cfg.Storage.Path, "cloak-key")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		raw := make([]byte, cloakKeyBytes)
		_, _ = rand.Read(raw) // it never fails
		text = []byte(hex.EncodeToString(raw) + "\n")
		err = writeNew(path, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("cannot keep the key of the cloaks in %s: %w", path, plain(err))
	}
	if cfg.Hosts.CloakKey = config.CloakKeyOf(string(text)); cfg.Hosts.CloakKey == "" {
		return fmt.Errorf("the key of the cloaks in %s is not one: it must be at least 32 hexadecimal digits; without the file a new one is made", path)
	}
	return nil
}

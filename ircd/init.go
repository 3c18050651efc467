package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"bavard/config"
)

type initCommand struct {
	Dir string `arg:"" optional:"" default:"." help:"The directory to write to; it is created if missing."`
}

// Help returns the text for --help.
func (initCommand) Help() string {
	return "Writes DIR/config.toml, which lists every option with its explanation and its default, and a self-signed certificate for the TLS listeners. " +
		"It never overwrites a file."
}

// Run writes the files, or none of them if one already exists.
func (c initCommand) Run(env environment) error {
	defaults := config.Default()
	path := filepath.Join(c.Dir, configName)
	storage := filepath.Join(c.Dir, defaults.Storage.Path)
	certificatePath, keyPath := certificatePaths(storage)
	for _, p := range []string{path, certificatePath, keyPath} {
		if _, err := os.Lstat(p); err == nil {
			return fmt.Errorf("%s already exists; nothing was written", p)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot examine %s: %w", p, plain(err))
		}
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return fmt.Errorf("cannot create the directory %s: %w", c.Dir, plain(err))
	}
	if err := makeFolder(storage); err != nil {
		return err
	}
	if err := writeNew(path, config.Sample(), 0o640); err != nil {
		return err
	}
	pair, err := makeCertificate(certificatePath, keyPath, defaults.Server.Name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "wrote %s\nwrote %s and %s\n      SHA-256 fingerprint %s\nstart the server with: %s --config %s\n",
		path, certificatePath, keyPath, fingerprint(pair), env.program, path)
	return err
}

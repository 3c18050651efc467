package main

import (
	"errors"
	"io/fs"
	"os"

	"bavard/config"
)

// configName is the file that is used when none is named and there is one in the working folder.
const configName = "config.toml"

// configuration reads the file that was asked for; with none, the working folder's; without that, it is the built-in defaults.
// It is called again for each reload, so that a config.toml that was made meanwhile is found.
func configuration(asked string) (*config.Config, error) {
	if asked != "" {
		return config.Load(asked)
	}
	if _, err := os.Lstat(configName); errors.Is(err, fs.ErrNotExist) {
		return config.Default(), nil
	}
	return config.Load(configName)
}

// sourceOf says which configuration is used.
func sourceOf(cfg *config.Config) string {
	if cfg.File == "" {
		return "the built-in defaults (there is no " + configName + " here; \"bavard init\" makes one)"
	}
	return cfg.File
}

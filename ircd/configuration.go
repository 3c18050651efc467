package main

import (
	"errors"
	"io/fs"
	"os"

	"bavard/config"
)

// configName is the configuration file that is used by default if it exists in the working directory.
const configName = "config.toml"

// configuration reads the file that the user named, or else config.toml in the working directory. If there is no such
// file either, it returns the built-in defaults. Each reload calls it again, and so finds a config.toml made meanwhile.
func configuration(asked string) (*config.Config, error) {
	if asked != "" {
		return config.Load(asked)
	}
	if _, err := os.Lstat(configName); errors.Is(err, fs.ErrNotExist) {
		return config.Default(), nil
	}
	return config.Load(configName)
}

// sourceOf describes where the configuration comes from.
func sourceOf(cfg *config.Config) string {
	if cfg.File == "" {
		return "built-in defaults (no " + configName + " here; \"bavard init\" writes one)"
	}
	return cfg.File
}

package main

import (
	"fmt"
	"strings"

	"bavard/config"
)

type checkCommand struct {
	Config string `short:"c" placeholder:"FILE" help:"The configuration file (config.toml in this folder when not given)."`
}

// Help is shown by --help.
func (checkCommand) Help() string {
	return "Every mistake is written to standard error on a line of its own, as FILE:LINE: KEY: what is wrong, and the exit code is 1. " +
		"A file that is right gives one line that says what the server would listen on, and exit code 0."
}

// Run checks the file. Its error is a config.Problems.
func (c checkCommand) Run(env environment) error {
	cfg, err := configuration(c.Config)
	if err != nil {
		return err
	}
	var where []string
	for _, l := range cfg.Listeners {
		text := l.Address
		switch {
		case l.TLS && l.WebSocket:
			text += " (WebSocket, TLS)"
		case l.WebSocket:
			text += " (WebSocket)"
		case l.TLS:
			text += " (TLS)"
		}
		where = append(where, text)
	}
	_, err = fmt.Fprintf(env.stdout, "%s: right; it listens on %s\n", nameOf(cfg), strings.Join(where, ", "))
	return err
}

func nameOf(cfg *config.Config) string {
	if cfg.File == "" {
		return "the built-in defaults (no " + configName + " here)"
	}
	return cfg.File
}

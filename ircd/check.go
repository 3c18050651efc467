package main

import (
	"fmt"
	"strings"

	"bavard/config"
)

type checkCommand struct {
	Config string `short:"c" placeholder:"FILE" help:"The configuration file (by default config.toml in the working directory)."`
}

// Help returns the text for --help.
func (checkCommand) Help() string {
	return "Prints each mistake on its own line of standard error, as FILE:LINE: OPTION: MESSAGE, and exits with code 1. " +
		"If there are none, it prints the addresses that the server would listen on, and exits with code 0."
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
	_, err = fmt.Fprintf(env.stdout, "%s: OK, listens on %s\n", nameOf(cfg), strings.Join(where, ", "))
	return err
}

func nameOf(cfg *config.Config) string {
	if cfg.File == "" {
		return "built-in defaults (no " + configName + " here)"
	}
	return cfg.File
}

package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"bavard/config"
)

type runCommand struct {
	Config string `short:"c" placeholder:"FILE" help:"The configuration file (by default config.toml in the working directory, or the built-in defaults if there is none)."`
}

// Help returns the text for --help.
func (runCommand) Help() string {
	return "Runs until SIGINT or SIGTERM; then it tells all clients that it is shutting down, and exits with code 0. SIGHUP reloads the configuration without disconnecting anyone. " +
		"If the file has a mistake, nothing changes and the log says why. The log is written to standard error."
}

// Run serves until a signal or an operator stops it.
func (r runCommand) Run(env environment) error {
	how, err := r.serve(env)
	if err != nil || !how.restart {
		return err
	}
	if env.restart != nil {
		return env.restart()
	}
	return reexec()
}

func (r runCommand) serve(env environment) (ending, error) {
	load := func() (*config.Config, error) { return configuration(r.Config) }
	cfg, err := load()
	if err != nil {
		return ending{}, err
	}
	signals := env.signals
	if signals == nil {
		own := make(chan os.Signal, 4)
		signal.Notify(own, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		defer signal.Stop(own)
		signals = own
	}
	// The daemon must survive when the program that reads its log ends, and when a file cannot grow (ulimit -f).
	signal.Ignore(syscall.SIGPIPE, syscall.SIGXFSZ)
	queue := newLogQueue(env.stderr, cfg.Log)
	defer queue.Close()
	log, level := newLog(queue, cfg.Log)
	raiseFileLimit(log)
	warnOfFewFiles(log, cfg)
	d, err := start(cfg, log, level, load, newEngine)
	if err != nil {
		return ending{}, err
	}
	d.greet(env.stdout)
	how := d.obey(signals)
	return how, how.err
}

// obey handles signals until one of them, or an operator, stops the daemon. It returns how the daemon was stopped.
func (d *daemon) obey(signals <-chan os.Signal) ending {
	how := d.await(signals)
	// From now on, a second signal ends the program at once, in case stopping takes too long.
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	if how.restart {
		notify(d.log, reloading()) // the process stays the same
	} else {
		notify(d.log, daemonStopping)
	}
	d.stop(how.reason)
	d.log.Info("stopped")
	return how
}

func (d *daemon) await(signals <-chan os.Signal) ending {
	for {
		select {
		case how := <-d.endings:
			d.log.Info("stopping", "reason", how.reason, "restart", how.restart)
			return how
		case s, open := <-signals:
			if s != syscall.SIGHUP || !open {
				d.log.Info("stopping", "signal", fmt.Sprint(s))
				return ending{reason: stopReason}
			}
			if _, err := d.reload(); err != nil {
				logProblems(d.log, err)
			}
		}
	}
}

// logProblems logs why a reload was refused, with one entry per mistake.
func logProblems(log *slog.Logger, err error) {
	var problems config.Problems
	if !errors.As(err, &problems) {
		log.Error("configuration not reloaded", "error", err)
		return
	}
	for _, p := range problems {
		log.Error("configuration not reloaded", "file", p.File, "line", p.Line, "key", p.Key, "error", p.Text)
	}
}

// greet prints where the server listens and how to connect, for people.
func (d *daemon) greet(w io.Writer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "Bavard %s, %s on %s\n", version, d.config.Server.Name, d.config.Server.Network)
	fmt.Fprintf(&b, "Configuration: %s\n", sourceOf(d.config))
	selfSigned := d.config.TLS.Certificate == ""
	if d.certificate != nil {
		kind := d.config.TLS.Certificate
		if selfSigned {
			kind = "self-signed"
		}
		fmt.Fprintf(&b, "Certificate: %s, valid until %s, SHA-256 fingerprint\n  %s\n", kind, expiry(d.certificate).Format("2006-01-02"), fingerprint(d.certificate))
	}
	b.WriteString("Listening on:\n")
	for _, l := range d.listeners.active {
		fmt.Fprintf(&b, "  %-22s %s\n", nameOfListener(l), howToConnect(l, selfSigned))
	}
	// The server must start even if standard output is closed.
	_, _ = io.WriteString(w, b.String())
}

// nameOfListener returns a listener's address. If the file says port 0, it contains the port that the system chose.
func nameOfListener(l listening) string {
	if _, unix := l.spec.UnixPath(); unix {
		return l.spec.Address
	}
	return l.listener.Addr().String()
}

// howToConnect returns a command that connects to a listener, or a description for one that people cannot use directly.
func howToConnect(l listening, selfSigned bool) string {
	path, unix := l.spec.UnixPath()
	switch {
	case unix && l.spec.WebSocket:
		return "for a web server that forwards WebSocket connections"
	case unix:
		return "socat - UNIX-CONNECT:" + path
	case l.spec.Proxy:
		return "for proxies"
	}
	host, port, err := net.SplitHostPort(l.listener.Addr().String())
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	switch {
	case l.spec.WebSocket && l.spec.TLS:
		return "in a web client: wss://" + net.JoinHostPort(host, port) + l.spec.Path
	case l.spec.WebSocket:
		return "in a web client: ws://" + net.JoinHostPort(host, port) + l.spec.Path
	case l.spec.TLS && selfSigned:
		return "with TLS; in irssi: /connect -tls -notls_verify " + host + " " + port
	case l.spec.TLS:
		return "with TLS; in irssi: /connect -tls " + host + " " + port
	}
	return "irssi -c " + host + " -p " + port
}

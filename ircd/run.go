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
	Config string `short:"c" placeholder:"FILE" help:"The configuration file (config.toml in this folder when not given, the built-in defaults when there is none)."`
}

// Help is shown by --help.
func (runCommand) Help() string {
	return "It runs until it gets SIGINT or SIGTERM: then everybody is told, and the exit code is 0. SIGHUP reads the configuration again without dropping anybody; " +
		"a file with a mistake changes nothing, and the log says why. The log goes to standard error."
}

// Run serves until a signal or an operator ends it.
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

func (r runCommand) serve(env environment) (order, error) {
	load := func() (*config.Config, error) { return configuration(r.Config) }
	cfg, err := load()
	if err != nil {
		return order{}, err
	}
	signals := env.signals
	if signals == nil {
		own := make(chan os.Signal, 4)
		signal.Notify(own, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		defer signal.Stop(own)
		signals = own
	}
	// A reader of the log that has gone must not take the daemon with it.
	signal.Ignore(syscall.SIGPIPE)
	queue := newLogQueue(env.stderr, cfg.Log)
	defer queue.Close()
	log, level := newLog(queue, cfg.Log)
	raiseFileLimit(log)
	warnOfFewFiles(log, cfg)
	d, err := start(cfg, log, level, load, newEngine)
	if err != nil {
		return order{}, err
	}
	d.greet(env.stdout)
	return d.obey(signals), nil
}

// obey does what the signals say, until one of them or an operator ends the daemon, and tells how.
func (d *daemon) obey(signals <-chan os.Signal) order {
	how := d.await(signals)
	// Another of these ends the program at once, should this take too long.
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	if how.restart {
		notify(d.log, reloading()) // the process goes on
	} else {
		notify(d.log, daemonStopping)
	}
	d.stop(how.reason)
	d.log.Info("stopped")
	return how
}

func (d *daemon) await(signals <-chan os.Signal) order {
	for {
		select {
		case how := <-d.orders:
			d.log.Info("stopping", "order", how.reason, "restart", how.restart)
			return how
		case s, open := <-signals:
			if s != syscall.SIGHUP || !open {
				d.log.Info("stopping", "signal", fmt.Sprint(s))
				return order{reason: stopReason}
			}
			if _, err := d.reload(); err != nil {
				logProblems(d.log, err)
			}
		}
	}
}

// logProblems tells why a reload was refused, each mistake in an entry of its own.
func logProblems(log *slog.Logger, err error) {
	var problems config.Problems
	if !errors.As(err, &problems) {
		log.Error("the configuration was not reloaded", "error", err)
		return
	}
	for _, p := range problems {
		log.Error("the configuration was not reloaded", "file", p.File, "line", p.Line, "key", p.Key, "error", p.Text)
	}
}

// greet says for a human where the server listens and how to connect.
func (d *daemon) greet(w io.Writer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "Bavard %s, %s on %s\n", version, d.config.Server.Name, d.config.Server.Network)
	fmt.Fprintf(&b, "Configuration: %s\n", sourceOf(d.config))
	selfMade := d.config.TLS.Certificate == ""
	if d.certificate != nil {
		kind := d.config.TLS.Certificate
		if selfMade {
			kind = "self-made"
		}
		fmt.Fprintf(&b, "Certificate: %s, until %s, SHA-256 fingerprint\n  %s\n", kind, expiry(d.certificate).Format("2006-01-02"), fingerprint(d.certificate))
	}
	b.WriteString("Listening on:\n")
	for _, l := range d.listeners.active {
		fmt.Fprintf(&b, "  %-22s %s\n", nameOfListener(l), howToConnect(l, selfMade))
	}
	// Nothing depends on these lines: a closed standard output must not stop the server.
	_, _ = io.WriteString(w, b.String())
}

// nameOfListener is its address, with the port that was chosen when the file asks for any.
func nameOfListener(l listening) string {
	if _, unix := l.spec.UnixPath(); unix {
		return l.spec.Address
	}
	return l.listener.Addr().String()
}

// howToConnect is a line to type.
func howToConnect(l listening, selfMade bool) string {
	path, unix := l.spec.UnixPath()
	switch {
	case unix && l.spec.WebSocket:
		return "for a web server that speaks WebSocket for its clients"
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
	case l.spec.TLS && selfMade:
		return "with TLS; in irssi: /connect -tls -notls_verify " + host + " " + port
	case l.spec.TLS:
		return "with TLS; in irssi: /connect -tls " + host + " " + port
	}
	return "irssi -c " + host + " -p " + port
}

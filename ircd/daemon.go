package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"sync"
	"time"

	"bavard/config"
	"bavard/transport"
)

// stopReason is the reason that clients see when the daemon stops.
const stopReason = "Server is shutting down"

// errStopping ends the remaining connections, and refuses a reload, while the daemon is stopping.
var errStopping = errors.New("the server is stopping")

// engine serves the connections: it owns the sessions, the state and the commands.
type engine interface {
	// Open returns the session for a new connection.
	Open(c *transport.Conn) (transport.Session, time.Duration)
	// Beat returns if the engine works, and blocks if it hangs.
	Beat()
	// Reload applies a new configuration.
	Reload(cfg *config.Config)
	// Stop tells all clients that the server is shutting down, and starts to close every connection. It returns at
	// once.
	Stop(reason string)
	// Run does scheduled work until ctx ends.
	Run(ctx context.Context)
	// Barrier returns when everything that clients have been queued so far may be shown to them.
	Barrier()
	// Close keeps what lasts. It is called after everything else.
	Close() error
}

// parts holds what an engine needs from the daemon.
type parts struct {
	config *config.Config
	log    *slog.Logger
	rehash func() (needRestart []string, err error)
	// terminate stops or restarts the daemon.
	terminate func(restart bool, reason string) error
	// broken ends the daemon because of an error.
	broken func(error)
}

// daemon is the running server.
type daemon struct {
	load      func() (*config.Config, error) // reads the configuration again
	log       *slog.Logger
	level     *slog.LevelVar
	engine    engine
	transport *transport.Server
	security  security

	// endings holds at most one, from an operator's DIE or RESTART or after a failure.
	endings chan ending

	// mu protects the fields below between reloads and the stop. Reloads run on the goroutine that handles signals and
	// on those of operators' connections.
	mu          sync.Mutex
	config      *config.Config
	listeners   listeners
	certificate *tls.Certificate // nil without a TLS listener
	stopped     bool

	cancel     context.CancelFunc // ends the background goroutines
	background sync.WaitGroup
}

// start builds a daemon and starts to serve. If it fails, nothing is left running.
func start(cfg *config.Config, log *slog.Logger, level *slog.LevelVar, load func() (*config.Config, error), build func(parts) (engine, error)) (*daemon, error) {
	if cfg.Storage.Path != "" {
		if err := makeFolder(cfg.Storage.Path); err != nil {
			return nil, err
		}
	}
	if err := keepCloakKey(cfg); err != nil {
		return nil, err
	}
	d := &daemon{endings: make(chan ending, 1), load: load, log: log, level: level, config: cfg}
	if usesTLS(cfg) {
		pair, err := certificate(cfg)
		if err != nil {
			return nil, err
		}
		named, err := namedCertificates(cfg)
		if err != nil {
			return nil, err
		}
		d.useCertificate(cfg, pair, named)
	}
	var err error
	if d.engine, err = build(parts{config: cfg, log: log, rehash: d.reload, terminate: d.terminate, broken: d.broken}); err != nil {
		return nil, err
	}
	d.transport = transport.NewServer(d.engine.Open, admissionOf(cfg), log)
	d.listeners = listeners{open: d.transport.Listen, log: log, inherited: inheritedSockets()}

	ctx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	d.background.Go(func() { d.engine.Run(ctx) })  // ends when stop cancels ctx
	d.background.Go(func() { releaseMemory(ctx) }) // ends when stop cancels ctx
	d.mu.Lock()
	err = d.listeners.change(cfg.Listeners, d.optionsOf(cfg), &d.security)
	d.mu.Unlock()
	if err != nil {
		d.stop(stopReason)
		return nil, err
	}
	if interval := watchdogInterval(log); interval > 0 {
		d.background.Go(func() { watch(ctx, interval, d.engine.Beat) }) // ends when stop cancels ctx
	}
	notify(log, daemonReady)
	return d, nil
}

// useCertificate makes future handshakes use these certificates.
func (d *daemon) useCertificate(cfg *config.Config, pair *tls.Certificate, named []namedPair) {
	d.certificate = pair
	d.security.current.Store(secure(cfg, pair, named))
	if end := expiry(pair); !end.IsZero() && time.Now().After(end) {
		d.log.Warn("TLS certificate has expired", "expired", end)
	}
}

// stop stops the daemon's parts in the reverse order of their start. It takes at most slightly longer than closeBound:
// a client that has not read its last lines by then does not get them.
func (d *daemon) stop(reason string) {
	d.mu.Lock()
	d.stopped = true
	d.listeners.closeAll()
	d.mu.Unlock()

	d.engine.Stop(reason)
	// This closes the connections that are still in a handshake, which the engine does not know. The engine closed the
	// others, and their last lines are still sent.
	d.transport.Close(nil, errStopping)
	if left := d.transport.Wait(closeBound + time.Second); left > 0 {
		d.log.Warn("connections did not close in time", "connections", left)
	}
	d.cancel()
	d.background.Wait()
	if err := d.engine.Close(); err != nil {
		d.log.Error("not everything was saved", "error", err)
	}
}

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

// stopReason is what clients read when the daemon ends.
const stopReason = "Server is shutting down"

// errStopping is why the last connections end, and why there is no reload any more.
var errStopping = errors.New("the server is stopping")

// engine is what serves the connections: the sessions, the state, the commands.
type engine interface {
	// Open makes the session of a new connection.
	Open(c *transport.Conn) (transport.Session, time.Duration)
	// Beat returns when the engine works; when it hangs it does not.
	Beat()
	// Reload takes over a new configuration.
	Reload(cfg *config.Config)
	// Stop tells everybody that the server ends, and begins to close every connection. It returns at once.
	Stop(reason string)
	// Run does what is due, until ctx ends.
	Run(ctx context.Context)
}

// parts is what an engine is made of.
type parts struct {
	config *config.Config
	log    *slog.Logger
	rehash func() (needRestart []string, err error)
	// terminate ends the daemon, or starts it anew.
	terminate func(restart bool, reason string) error
}

// daemon is the running server.
type daemon struct {
	load      func() (*config.Config, error) // reads the configuration again
	log       *slog.Logger
	level     *slog.LevelVar
	engine    engine
	transport *transport.Server
	security  security

	// orders has room for one: what an operator's DIE or RESTART asks for.
	orders chan order

	// mu is where reloads (the goroutine that handles signals, those of opers) and the stop meet.
	mu          sync.Mutex
	config      *config.Config
	listeners   listeners
	certificate *tls.Certificate // nil without a TLS listener
	stopped     bool

	cancel     context.CancelFunc // ends what runs in the background
	background sync.WaitGroup
}

// start builds a daemon and begins to serve. When it fails, nothing is left running.
func start(cfg *config.Config, log *slog.Logger, level *slog.LevelVar, load func() (*config.Config, error), build func(parts) engine) (*daemon, error) {
	if err := makeFolder(cfg.Storage.Path); err != nil {
		return nil, err
	}
	if err := keepCloakKey(cfg); err != nil {
		return nil, err
	}
	d := &daemon{orders: make(chan order, 1), load: load, log: log, level: level, config: cfg}
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
	d.engine = build(parts{config: cfg, log: log, rehash: d.reload, terminate: d.terminate})
	d.transport = transport.NewServer(d.engine.Open, admissionOf(cfg), log)
	d.listeners = listeners{open: d.transport.Listen, log: log, inherited: inheritedSockets()}

	ctx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	d.background.Go(func() { d.engine.Run(ctx) })  // ends when stop cancels ctx
	d.background.Go(func() { releaseMemory(ctx) }) // likewise
	d.mu.Lock()
	err := d.listeners.change(cfg.Listeners, optionsOf(cfg), &d.security)
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

// useCertificate makes the next handshakes use this certificate.
func (d *daemon) useCertificate(cfg *config.Config, pair *tls.Certificate, named []namedPair) {
	d.certificate = pair
	d.security.current.Store(secure(cfg, pair, named))
	if end := expiry(pair); !end.IsZero() && time.Now().After(end) {
		d.log.Warn("the TLS certificate has expired", "expired", end)
	}
}

// stop ends the daemon in the reverse order of its start. It takes at most closeBound and a little more: who has not read his last lines by then
// does not get them.
func (d *daemon) stop(reason string) {
	d.mu.Lock()
	d.stopped = true
	d.listeners.closeAll()
	d.mu.Unlock()

	d.engine.Stop(reason)
	// Those that the engine does not know yet are in the middle of a TLS handshake. The others keep the last words that it gave them.
	d.transport.Close(nil, errStopping)
	if left := d.transport.Wait(closeBound + time.Second); left > 0 {
		d.log.Warn("some connections did not close in time", "connections", left)
	}
	d.cancel()
	d.background.Wait()
}

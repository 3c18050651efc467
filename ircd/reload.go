package main

import (
	"crypto/tls"
	"fmt"

	"bavard/config"
)

// reload reads the configuration and the certificates again and applies them. If anything in them is wrong, nothing
// changes, and the error says why (a config.Problems for mistakes in the file). Otherwise reload returns the changed
// options that take effect only after a restart. SIGHUP calls it, and so does REHASH, on the goroutine of the
// operator's connection.
func (d *daemon) reload() (needRestart []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return nil, errStopping
	}
	notify(d.log, reloading())
	defer notify(d.log, daemonReady) // even if nothing changed
	read, err := d.load()
	if err != nil {
		return nil, err
	}
	if read.File == "" && d.config.File != "" {
		// If the file is missing for a moment, the server must not fall back to defaults that let everyone in.
		return nil, fmt.Errorf("%s no longer exists", d.config.File)
	}
	next := config.Carry(d.config, read)
	if err := keepCloakKey(next); err != nil {
		return nil, err
	}
	pair, err := d.certificateFor(next)
	if err != nil {
		return nil, err
	}
	named, err := namedCertificates(next)
	if err != nil {
		return nil, err
	}
	// Changing the listeners may still fail. A TLS listener that it opens needs a certificate at once, so the new ones
	// are stored first, and the old ones are kept to go back to.
	before := d.security.current.Load()
	if pair != nil {
		d.security.current.Store(secure(next, pair, named))
	}
	if err := d.listeners.change(next.Listeners, d.optionsOf(next), &d.security); err != nil {
		d.security.current.Store(before)
		return nil, err
	}
	if pair != nil {
		d.useCertificate(next, pair, named)
	}
	d.transport.SetLimits(admissionOf(next))
	d.level.Set(levelOf(next.Log.Level))
	d.engine.Reload(next)
	needRestart = config.Restart(d.config, read)
	d.config = next
	warnOfFewFiles(d.log, next)
	d.log.Info("configuration reloaded", "source", sourceOf(next), "need_restart", needRestart)
	return needRestart, nil
}

// certificateFor returns the main certificate of the next configuration, or nil if it has no TLS listener.
func (d *daemon) certificateFor(next *config.Config) (*tls.Certificate, error) {
	if !usesTLS(next) {
		return nil, nil
	}
	return certificate(next)
}

package main

import (
	"crypto/tls"
	"fmt"

	"bavard/config"
)

// reload reads the configuration and the certificate again. When anything in them is wrong, everything stays as it is and the error says why
// (a config.Problems for a mistake in the file). Otherwise it names the options that were changed and need a restart to take effect.
// It is called for SIGHUP, and for REHASH on the goroutine of the oper who asked.
func (d *daemon) reload() (needRestart []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return nil, errStopping
	}
	notify(d.log, reloading())
	defer notify(d.log, daemonReady) // also when nothing was changed
	read, err := d.load()
	if err != nil {
		return nil, err
	}
	if read.File == "" && d.config.File != "" {
		// A file that is gone for a moment must not open the server to everybody.
		return nil, fmt.Errorf("%s is gone: there is no such file any more", d.config.File)
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
	// Nobody shakes hands with the new certificate before the listeners are changed, which may still fail. A TLS listener that this opens needs
	// one at once, though, so the old one is kept to go back to.
	before := d.security.current.Load()
	if pair != nil {
		d.security.current.Store(secure(next, pair, named))
	}
	if err := d.listeners.change(next.Listeners, optionsOf(next), &d.security); err != nil {
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

// certificateFor is the certificate of the next configuration, or nil when it needs none.
func (d *daemon) certificateFor(next *config.Config) (*tls.Certificate, error) {
	if !usesTLS(next) {
		return nil, nil
	}
	return certificate(next)
}

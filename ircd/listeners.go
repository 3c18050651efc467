package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"bavard/config"
	"bavard/transport"
	"bavard/wire"
)

// closeBound is the maximum time that a closing connection, and so the stopping daemon, takes to write queued lines.
const closeBound = 5 * time.Second

// handshakeTimeout is the maximum duration of a TLS or WebSocket handshake, unless limits.registration_timeout is
// shorter.
const handshakeTimeout = 10 * time.Second

// opener opens a listener, as transport.Server.Listen does.
type opener func(ctx context.Context, spec transport.Spec) (*transport.Listener, error)

// listeners holds the open listeners. Callers of its methods must hold the daemon's mutex.
type listeners struct {
	open   opener
	log    *slog.Logger
	active []listening
	// inherited holds the sockets that the service manager opened, by name.
	inherited map[string]*os.File
}

// listening is an open listener and its configuration.
type listening struct {
	spec     config.Listener
	listener *transport.Listener
}

// change replaces the listeners with the wanted ones. If it fails, the listeners stay as they were. It does not reopen
// listeners that stay the same, so that no client is refused while connecting.
func (ls *listeners) change(wanted []config.Listener, options func(config.Listener) transport.Options, security *security) error {
	var stay, leave, opened, closed []listening
	for _, l := range ls.active {
		if at := slices.IndexFunc(wanted, l.spec.SameSocket); at >= 0 {
			stay = append(stay, listening{wanted[at], l.listener})
		} else {
			leave = append(leave, l)
		}
	}
	undo := func(err error) error {
		for _, l := range opened {
			ls.close(l)
		}
		ls.active = stay
		for _, l := range leave {
			if !contains(closed, l.spec) {
				ls.active = append(ls.active, l)
			} else if back, reopening := ls.listen(l.spec, options, security); reopening == nil {
				ls.active = append(ls.active, back)
			} else {
				ls.log.Error("listener lost", "address", l.spec.Address, "error", reopening)
			}
		}
		return err
	}
	for _, spec := range wanted {
		if contains(stay, spec) {
			continue
		}
		// An old listener that is going away may block the new one (":6667" and "127.0.0.1:6667"), so close it first.
		for _, old := range leave {
			if !contains(closed, old.spec) && collide(old, spec) {
				ls.close(old)
				closed = append(closed, old)
			}
		}
		l, err := ls.listen(spec, options, security)
		if err != nil {
			return undo(err)
		}
		opened = append(opened, l)
	}
	for _, l := range leave {
		if !contains(closed, l.spec) {
			ls.close(l)
		}
	}
	for _, l := range stay {
		l.listener.SetOptions(options(l.spec))
	}
	ls.active = inOrderOf(wanted, append(stay, opened...))
	return nil
}

func (ls *listeners) listen(spec config.Listener, options func(config.Listener) transport.Options, security *security) (listening, error) {
	full := transport.Spec{Name: spec.Address, Network: "tcp", Address: spec.Address, Options: options(spec)}
	if path, ok := spec.UnixPath(); ok {
		full.Network, full.Address, full.Mode = "unix", path, fs.FileMode(spec.Mode)
	}
	if name, ok := spec.SystemdName(); ok {
		if full.Socket = ls.inherited[name]; full.Socket == nil {
			return listening{}, fmt.Errorf("cannot listen on %s: systemd passed no socket with this name", spec.Address)
		}
	}
	if spec.TLS {
		full.TLS = security.config(spec)
	}
	l, err := ls.open(context.Background(), full)
	if err != nil {
		return listening{}, fmt.Errorf("cannot listen on %s: %w", spec.Address, whyNotListen(spec, err))
	}
	return listening{spec, l}, nil
}

// whyNotListen explains in plain English why a listener cannot be opened.
func whyNotListen(spec config.Listener, err error) error {
	if _, unix := spec.UnixPath(); errors.Is(err, fs.ErrPermission) && !unix {
		return told{"permission denied; ports below 1024 need root or the capability CAP_NET_BIND_SERVICE", err}
	}
	return plain(err)
}

func (ls *listeners) close(l listening) {
	if err := l.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		ls.log.Warn("cannot close listener", "address", l.spec.Address, "error", err)
	}
}

// closeAll closes all listeners. Existing connections stay open.
func (ls *listeners) closeAll() {
	for _, l := range ls.active {
		ls.close(l)
	}
	ls.active = nil
}

func contains(list []listening, spec config.Listener) bool {
	return slices.ContainsFunc(list, func(l listening) bool { return l.spec.SameSocket(spec) })
}

// inOrderOf sorts listeners into the order of the configuration file, in which they are shown.
func inOrderOf(wanted []config.Listener, list []listening) []listening {
	place := func(l listening) int { return slices.IndexFunc(wanted, l.spec.SameSocket) }
	slices.SortFunc(list, func(a, b listening) int { return place(a) - place(b) })
	return list
}

// collide reports whether a new listener may need the Unix socket or the port of an open one.
func collide(old listening, spec config.Listener) bool {
	_, given := spec.SystemdName()
	_, oldGiven := old.spec.SystemdName()
	if given || oldGiven {
		return false
	}
	path, unix := spec.UnixPath()
	oldPath, oldUnix := old.spec.UnixPath()
	if unix || oldUnix {
		return unix && oldUnix && path == oldPath
	}
	return portOf(old.listener.Addr().String()) == portOf(spec.Address)
}

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// optionsOf returns a function that returns the transport options of a listener.
func (d *daemon) optionsOf(cfg *config.Config) func(config.Listener) transport.Options {
	return func(l config.Listener) transport.Options {
		o := transport.Options{
			LineBytes:         wire.MaxInputBytes,
			SendQueueBytes:    int(cfg.Limits.SendQueue),
			ReceiveQueueBytes: int(cfg.Limits.ReceiveQueue),
			CloseBound:        closeBound,
			HandshakeTimeout:  min(handshakeTimeout, time.Duration(cfg.Limits.RegistrationTimeout)),
			Reject:            reject,
			Farewell:          farewell,
			Barrier:           d.engine.Barrier,
		}
		o.Proxy, o.ProxyFrom, o.Anonymous, o.Connections = l.Proxy, l.ProxyFrom, l.Tor, l.Connections
		if l.WebSocket {
			o.WebSocket = &transport.WebSocket{
				Path:           l.Path,
				Origin:         l.AllowsOrigin,
				TrustedProxies: l.TrustedProxies,
				RequestBytes:   int(cfg.Limits.WebSocketRequest),
				PingInterval:   time.Duration(cfg.Limits.WebSocketPing),
			}
		}
		if l.ConnectionRate > 0 {
			o.Burst, o.Every = l.ConnectionRate, time.Minute/time.Duration(l.ConnectionRate)
		}
		return o
	}
}

// admissionOf returns the limits on connections.
func admissionOf(cfg *config.Config) transport.Limits {
	l := cfg.Limits
	limits := transport.Limits{
		Connections: placesFor(cfg),
		PerAddress:  l.ConnectionsPerAddress,
		IPv4Bits:    l.IPv4Prefix,
		IPv6Bits:    l.IPv6Prefix,
		Exempt:      slices.Concat(l.Exempt, cfg.CountedByClass()),
	}
	for _, g := range cfg.Webirc {
		limits.Exempt = append(slices.Clip(limits.Exempt), g.From...)
	}
	if l.ConnectionRate > 0 {
		limits.Burst, limits.Every = l.ConnectionRate, time.Minute/time.Duration(l.ConnectionRate)
	}
	return limits
}

// reject returns the line for a connection that is refused.
// https://modern.ircdocs.horse/#error-message
func reject(reason error) []byte {
	text := "this server cannot take your connection"
	switch {
	case errors.Is(reason, transport.ErrServerFull):
		text = "this server is full, try again later"
	case errors.Is(reason, transport.ErrAddressFull):
		text = "too many connections from your address"
	case errors.Is(reason, transport.ErrListenerFull), errors.Is(reason, transport.ErrListenerTooFast):
		text = "too many connections, try again later"
	case errors.Is(reason, transport.ErrNotProxy):
		text = "this port is only for proxies"
	case errors.Is(reason, transport.ErrTooFast):
		text = "you are connecting too fast, wait a minute"
	case errors.Is(reason, transport.ErrShutdown):
		text = "this server is shutting down"
	}
	return []byte("ERROR :Closing link: " + text + "\r\n")
}

// farewell returns the line that tells a client why its connection ends, if the engine does not send one.
// https://modern.ircdocs.horse/#error-message
func farewell(reason error) []byte {
	if errors.Is(reason, transport.ErrReceiveQueue) || errors.Is(reason, transport.ErrPanic) {
		return []byte("ERROR :Closing link: " + whyEnded(reason) + "\r\n")
	}
	return nil
}

// whyEnded returns the reason that other users see when a connection ends, or "" to use the text of the error.
func whyEnded(reason error) string {
	var timeout net.Error
	switch {
	case errors.Is(reason, transport.ErrSendQueue):
		return "SendQ exceeded"
	case errors.Is(reason, transport.ErrReceiveQueue):
		return "Excess Flood"
	case errors.Is(reason, transport.ErrPanic):
		return "Internal error"
	case errors.Is(reason, syscall.ECONNRESET), errors.Is(reason, syscall.EPIPE):
		return "Connection reset by peer"
	case errors.As(reason, &timeout) && timeout.Timeout():
		return "Connection timed out"
	}
	return ""
}

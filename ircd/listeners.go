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

// closeBound is how long a closing connection, and with it the daemon, may take to write what is queued.
const closeBound = 5 * time.Second

// handshakeTimeout is the longest that a handshake, of TLS or WebSocket, may take; limits.registration_timeout may shorten it.
const handshakeTimeout = 10 * time.Second

// opener opens a listener. It is transport's Server.Listen.
type opener func(ctx context.Context, spec transport.Spec) (*transport.Listener, error)

// listeners holds those that are open. Whoever calls it holds the daemon's mutex.
type listeners struct {
	open   opener
	log    *slog.Logger
	active []listening
	// inherited are the sockets that whoever started the process has opened, by their names.
	inherited map[string]*os.File
}

// listening is an open listener and what it was opened for.
type listening struct {
	spec     config.Listener
	listener *transport.Listener
}

// change replaces the listeners by those wanted: either all of them, or an error and they are as they were. Those that stay the same are not
// touched: nobody who is just connecting is turned away.
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
				ls.log.Error("a listener is lost", "address", l.spec.Address, "error", reopening)
			}
		}
		return err
	}
	for _, spec := range wanted {
		if contains(stay, spec) {
			continue
		}
		// An address that is given up may be in the way of a new one (":6667" for "127.0.0.1:6667"), so it has to go first.
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
			return listening{}, fmt.Errorf("cannot listen on %s: systemd has given no socket of this name", spec.Address)
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

// whyNotListen says what is in the way of a listener.
func whyNotListen(spec config.Listener, err error) error {
	if _, unix := spec.UnixPath(); errors.Is(err, fs.ErrPermission) && !unix {
		return told{"this user may not; ports below 1024 need root or the capability CAP_NET_BIND_SERVICE", err}
	}
	return plain(err)
}

func (ls *listeners) close(l listening) {
	if err := l.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		ls.log.Warn("closing a listener failed", "address", l.spec.Address, "error", err)
	}
}

// closeAll stops listening. It drops nobody.
func (ls *listeners) closeAll() {
	for _, l := range ls.active {
		ls.close(l)
	}
	ls.active = nil
}

func contains(list []listening, spec config.Listener) bool {
	return slices.ContainsFunc(list, func(l listening) bool { return l.spec.SameSocket(spec) })
}

// inOrderOf sorts listeners as the file names them, which is how they are told.
func inOrderOf(wanted []config.Listener, list []listening) []listening {
	place := func(l listening) int { return slices.IndexFunc(wanted, l.spec.SameSocket) }
	slices.SortFunc(list, func(a, b listening) int { return place(a) - place(b) })
	return list
}

// collide tells whether a new listener may need what an open one holds: the same socket's file, or the same port.
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

// optionsOf is what a connection of a listener is bound to.
func optionsOf(cfg *config.Config) func(config.Listener) transport.Options {
	return func(l config.Listener) transport.Options {
		o := transport.Options{
			LineBytes:         wire.MaxInputBytes,
			SendQueueBytes:    int(cfg.Limits.SendQueue),
			ReceiveQueueBytes: int(cfg.Limits.ReceiveQueue),
			CloseBound:        closeBound,
			HandshakeTimeout:  min(handshakeTimeout, time.Duration(cfg.Limits.RegistrationTimeout)),
			Reject:            reject,
			Farewell:          farewell,
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

// admissionOf is who may connect.
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

// reject is the line for a connection that is not admitted.
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
		text = "this port is not for clients"
	case errors.Is(reason, transport.ErrTooFast):
		text = "you are connecting too fast, wait a minute"
	case errors.Is(reason, transport.ErrShutdown):
		text = "this server is shutting down"
	}
	return []byte("ERROR :Closing link: " + text + "\r\n")
}

// farewell tells a client why the daemon ends its connection, where nobody else does.
// https://modern.ircdocs.horse/#error-message
func farewell(reason error) []byte {
	if errors.Is(reason, transport.ErrReceiveQueue) || errors.Is(reason, transport.ErrPanic) {
		return []byte("ERROR :Closing link: " + whyEnded(reason) + "\r\n")
	}
	return nil
}

// whyEnded says to others why a connection has ended, where transport knows it better than the error's own words; else "".
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

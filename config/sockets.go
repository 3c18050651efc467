package config

import (
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
)

// socket identifies what a listener occupies, however its address is spelled.
type socket struct {
	name string     // of a Unix socket (with its scheme) or a socket from systemd; "" for a network address
	host netip.Addr // the zero Addr stands for every address of this machine
	port string
}

// socket returns what the listener occupies. ok is false if the address is invalid, or if the port is 0, which is a
// different port each time.
func (l Listener) socket() (s socket, ok bool) {
	if path, unix := l.UnixPath(); unix {
		return socket{name: unixScheme + realPath(path)}, true
	}
	if name, systemd := l.SystemdName(); systemd {
		return socket{name: systemdScheme + name}, true
	}
	host, port, err := net.SplitHostPort(l.Address)
	if err != nil || port == "0" {
		return socket{}, false
	}
	s.port = port
	switch host {
	case "":
		return s, true
	case "localhost":
		host = "127.0.0.1"
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return socket{}, false
	}
	addr = addr.Unmap()
	if !addr.IsLinkLocalUnicast() {
		addr = addr.WithZone("") // the kernel ignores it
	}
	if !addr.IsUnspecified() {
		s.host = addr
	}
	return s, true
}

// realPath resolves the symbolic links in the directory of a path. The path itself need not exist.
func realPath(path string) string {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return path
	}
	return filepath.Join(dir, filepath.Base(path))
}

// everywhere reports whether the socket is a port on every address of this machine. Both 0.0.0.0 and [::] mean that,
// because the daemon's sockets for [::] also accept IPv4.
func (s socket) everywhere() bool { return s.name == "" && !s.host.IsValid() }

// overlaps reports whether the kernel refuses to open both sockets.
func (s socket) overlaps(other socket) bool {
	return s == other || s.name == "" && other.name == "" && s.port == other.port && (s.everywhere() || other.everywhere())
}

// overlap reports a listener that needs the socket of an earlier one.
func (c *checker) overlap(cfg *Config, i int) {
	l := &cfg.Listeners[i]
	mine, ok := l.socket()
	if !ok {
		return
	}
	for j := range cfg.Listeners[:i] {
		earlier := &cfg.Listeners[j]
		theirs, valid := earlier.socket()
		if !valid || !mine.overlaps(theirs) {
			continue
		}
		where := c.inLineOf(joinPath(c.at("listeners", j).path, "address"))
		text := "is the same address as " + strconv.Quote(earlier.Address) + where
		switch {
		case l.Address == earlier.Address:
			text = "is already used" + where
		case mine.everywhere() && !theirs.everywhere():
			text = "is port " + mine.port + " on every address, including " + strconv.Quote(earlier.Address) + where
		case theirs.everywhere() && !mine.everywhere():
			text = "is already covered by " + strconv.Quote(earlier.Address) + where + ", which is port " + mine.port + " on every address"
		}
		c.reportAt(c.at("listeners", i), "address", strconv.Quote(l.Address)+" "+text)
		return
	}
}

// listenerAddress returns the address of the listener that a class names, as the listener itself spells it. The class
// may spell it differently.
func (c *checker) listenerAddress(cfg *Config, named string) (address string, ok bool) {
	if path, unix := strings.CutPrefix(named, unixScheme); unix && !filepath.IsAbs(path) {
		named = unixScheme + filepath.Join(c.dir, path)
	}
	wanted, known := Listener{Address: named}.socket()
	for _, l := range cfg.Listeners {
		s, valid := l.socket()
		if l.Address == named || known && valid && s == wanted {
			return l.Address, true
		}
	}
	return "", false
}

package transport

import (
	"bufio"
	"net"
	"net/netip"
	"slices"

	proxyproto "github.com/pires/go-proxyproto"
)

// headerBytes is the maximum size of a PROXY protocol header. Version 2 can contain much that this server ignores.
const headerBytes = 4 << 10

// trusts reports whether a peer can speak for clients.
func (o *Options) trusts(peer net.Addr) bool {
	a, ok := peer.(*net.TCPAddr)
	if !ok {
		return true // the permissions of a Unix socket decide
	}
	addr := a.AddrPort().Addr().Unmap().WithZone("")
	return slices.ContainsFunc(o.ProxyFrom, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// introduce is the first goroutine of a connection from a proxy. It reads the client's address from the header. It ends
// within Options.HandshakeTimeout.
func (c *Conn) introduce() {
	var remote netip.AddrPort
	err := c.inTime(func() (err error) {
		remote, err = c.readHeader()
		return err
	})
	if err != nil {
		c.listener.log.Debug("invalid PROXY header", "listener", c.listener.name, "proxy", c.socket.RemoteAddr(), "error", err)
		c.dispose()
		return
	}
	if c.options.Anonymous {
		remote = netip.AddrPort{}
	}
	if err := c.SetRemoteAddr(remote); err != nil {
		c.listener.reject(c, err)
		c.dispose()
		return
	}
	c.begun()
}

// readHeader reads the header and keeps the bytes received after it. A proxy that speaks for itself, as in a health
// check, counts as the client.
func (c *Conn) readHeader() (remote netip.AddrPort, err error) {
	remote = c.RemoteAddr()
	reader := bufio.NewReaderSize(c.socket, headerBytes)
	header, err := proxyproto.Read(reader)
	if err != nil {
		return remote, err
	}
	early, err := reader.Peek(reader.Buffered())
	if err != nil {
		return remote, err
	}
	if c.tls != nil {
		c.tls.early = slices.Clone(early)
	} else {
		c.in.early = slices.Clone(early)
	}
	if source, ok := header.SourceAddr.(*net.TCPAddr); ok && source != nil && header.Command.IsProxy() {
		remote = source.AddrPort()
	}
	return remote, nil
}

package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	proxyproto "github.com/pires/go-proxyproto"
	"github.com/stretchr/testify/require"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func proxySpec(o Options) Spec {
	o.Proxy = true
	if o.ProxyFrom == nil {
		o.ProxyFrom = loopback
	}
	return Spec{Network: "tcp", Address: "127.0.0.1:0", Options: o}
}

// header returns a PROXY protocol header with a client's address.
func header(t testing.TB, version byte, from string) string {
	t.Helper()
	source := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))
	to := &net.TCPAddr{IP: net.ParseIP("192.0.2.1"), Port: 6667}
	if source.IP.To4() == nil {
		to.IP = net.ParseIP("2001:db8::1")
	}
	raw, err := proxyproto.HeaderProxyFromAddrs(version, source, to).Format()
	require.NoError(t, err)
	return string(raw)
}

func (r *rig) connect(t testing.TB) net.Conn {
	t.Helper()
	a := r.listener.Addr()
	conn, err := net.Dial(a.Network(), a.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(bound)))
	return conn
}

// TestProxyHeader checks both versions and both address families, with and without lines directly after the header.
func TestProxyHeader(t *testing.T) {
	r := newRig(t, Limits{}, proxySpec(Options{}), nil)
	for _, version := range []byte{1, 2} {
		for _, from := range []string{"198.51.100.7:1234", "[2001:db8::7]:1234"} {
			for _, together := range []bool{true, false} {
				peer := r.connect(t)
				if together {
					write(t, peer, header(t, version, from)+"NICK a\r\nUS")
				} else {
					write(t, peer, header(t, version, from))
				}
				p := r.session(t)
				if !together {
					write(t, peer, "NICK a\r\nUS")
				}
				write(t, peer, "ER b\r\n")
				require.Equal(t, "line NICK a", p.next(t))
				require.Equal(t, "line USER b", p.next(t))
				require.Equal(t, from, p.conn.RemoteAddr().String())
				require.False(t, p.conn.LocalAddr().IsValid())
			}
		}
	}
}

// TestProxyItself checks that a proxy that connects for a health check counts as the client.
func TestProxyItself(t *testing.T) {
	r := newRig(t, Limits{}, proxySpec(Options{}), nil)
	local, err := (&proxyproto.Header{Version: 2, Command: proxyproto.LOCAL, TransportProtocol: proxyproto.UNSPEC}).Format()
	require.NoError(t, err)
	for _, h := range []string{string(local), "PROXY UNKNOWN\r\n"} {
		peer := r.connect(t)
		write(t, peer, h+"x\n")
		p := r.session(t)
		require.Equal(t, "line x", p.next(t))
		require.Equal(t, peer.LocalAddr().String(), p.conn.RemoteAddr().String())
	}
}

// TestProxyTLS checks that the header can come before the TLS handshake, in the same packet or in a different one.
func TestProxyTLS(t *testing.T) {
	spec := proxySpec(Options{})
	spec.TLS = serverConfig(t)
	r := newRig(t, Limits{}, spec, nil)
	for _, together := range []bool{true, false} {
		peer := r.connect(t)
		h := header(t, 2, "198.51.100.7:1234")
		var first io.ReadWriter = peer
		if together {
			first = &prefixed{Conn: peer, prefix: h}
		} else {
			write(t, peer, h)
		}
		client := tls.Client(first.(net.Conn), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a test certificate
		_, err := io.WriteString(client, "hello\r\n")
		require.NoError(t, err)
		p := r.session(t)
		require.Equal(t, "line hello", p.next(t))
		require.Equal(t, "198.51.100.7:1234", p.conn.RemoteAddr().String())
		p.conn.Send([]byte("there\r\n"))
		p.conn.Flush()
		require.Equal(t, "there\r\n", readLine(t, bufio.NewReader(client)))
	}
}

// prefixed adds a prefix to the first packet.
type prefixed struct {
	net.Conn
	prefix string
}

func (p *prefixed) Write(b []byte) (int, error) {
	if p.prefix == "" {
		return p.Conn.Write(b)
	}
	_, err := p.Conn.Write(append([]byte(p.prefix), b...))
	p.prefix = ""
	return len(b), err
}

// requireRefused requires that the connection is closed without a session.
func (r *rig) requireRefused(t testing.TB, peer net.Conn, why string) {
	t.Helper()
	got, err := io.ReadAll(peer)
	if err != nil {
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		require.NotContains(t, err.Error(), "timeout")
	}
	require.Equal(t, why, string(got))
	require.Empty(t, r.probes)
}

// TestProxyHeaderMissing checks headers that are missing, incomplete, wrong or too long, or that never arrive.
func TestProxyHeaderMissing(t *testing.T) {
	r := newRig(t, Limits{}, proxySpec(Options{HandshakeTimeout: 100 * time.Millisecond}), nil)
	v2 := header(t, 2, "198.51.100.7:1234")
	for _, h := range []string{
		"NICK alice\r\nUSER a 0 * :b\r\n", "PROXY TCP4 nonsense\r\n", "PROXY TCP4 198.51.100.7 192.0.2.1 1 99999\r\n", "PROXY " + strings.Repeat("x", 9000),
		v2[:12], v2[:20], v2[:14] + "\xff\xff" + strings.Repeat("x", 70_000), "",
	} {
		peer := r.connect(t)
		_, _ = io.WriteString(peer, h) // the connection may be closed meanwhile
		r.requireRefused(t, peer, "")
	}
	until(t, "places given back", func() bool { return r.Connections() == 0 })
}

// TestProxyNotTrusted checks that a peer that is not in the list is refused, whatever it sends.
func TestProxyNotTrusted(t *testing.T) {
	r := newRig(t, Limits{}, proxySpec(Options{
		ProxyFrom: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		Reject:    func(reason error) []byte { return []byte(reason.Error()) },
	}), nil)
	r.requireRefused(t, r.connect(t), ErrNotProxy.Error())
}

// TestProxyLimits checks that the limits apply to the client's address and not to the proxy's, and that networks can be
// exempt.
func TestProxyLimits(t *testing.T) {
	reject := func(reason error) []byte { return []byte(reason.Error()) }
	r := newRig(t, Limits{PerAddress: 2, IPv4Bits: 24, Exempt: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}, proxySpec(Options{Reject: reject}), nil)
	come := func(from string) net.Conn {
		peer := r.connect(t)
		write(t, peer, header(t, 1, from))
		return peer
	}
	first := come("198.51.100.1:1")
	p := r.session(t)
	come("198.51.100.2:1")
	r.session(t)
	r.requireRefused(t, come("198.51.100.3:1"), ErrAddressFull.Error())
	come("198.51.101.3:1")
	r.session(t)
	for range 5 {
		come("203.0.113.5:1")
		r.session(t)
	}
	require.NoError(t, first.Close())
	p.reason(t)
	until(t, "the place given back", func() bool { return r.Connections() == 7 })
	come("198.51.100.3:1")
	r.session(t)
}

// TestSetRemoteAddr checks that the new address counts instead of the old one, and that nothing changes if the limits
// refuse it.
func TestSetRemoteAddr(t *testing.T) {
	r := newRig(t, Limits{PerAddress: 1}, Spec{}, nil)
	first, a := r.dial(t)
	require.True(t, a.conn.LocalAddr().IsValid())
	require.NoError(t, a.conn.SetRemoteAddr(netip.MustParseAddrPort("198.51.100.1:99")))
	require.Equal(t, "198.51.100.1:99", a.conn.RemoteAddr().String())
	require.False(t, a.conn.LocalAddr().IsValid())
	_, b := r.dial(t) // the first connection does not count for 127.0.0.1
	before := b.conn.RemoteAddr()
	require.Equal(t, ErrAddressFull, b.conn.SetRemoteAddr(netip.MustParseAddrPort("[::ffff:198.51.100.1]:1")))
	require.Equal(t, before, b.conn.RemoteAddr())
	require.NoError(t, first.Close())
	a.reason(t)
	until(t, "the place given back", func() bool { return r.Connections() == 1 })
	require.NoError(t, b.conn.SetRemoteAddr(netip.MustParseAddrPort("198.51.100.1:1")))
}

// TestListenerLimits checks a listener's own limits, and a listener that keeps no addresses.
func TestListenerLimits(t *testing.T) {
	reject := func(reason error) []byte { return []byte(reason.Error()) }
	spec := Spec{Network: "tcp", Address: "127.0.0.1:0", Options: Options{Connections: 2, Anonymous: true, Reject: reject}}
	r := newRig(t, Limits{PerAddress: 1, Burst: 1, Every: time.Hour}, spec, nil)
	first, p := r.dial(t)
	require.False(t, p.conn.RemoteAddr().IsValid())
	require.False(t, p.conn.LocalAddr().IsValid())
	r.dial(t)
	r.requireRefused(t, r.connect(t), ErrListenerFull.Error())
	require.NoError(t, first.Close())
	p.reason(t)
	until(t, "the place given back", func() bool { return r.Connections() == 1 })
	r.dial(t)

	r.listener.SetOptions(Options{Anonymous: true, Burst: 1, Every: time.Hour, Reject: reject})
	r.dial(t)
	r.requireRefused(t, r.connect(t), ErrListenerTooFast.Error())
}

// TestProxyFromUnixSocket checks that everyone who can use a Unix socket is trusted.
func TestProxyFromUnixSocket(t *testing.T) {
	r := newRig(t, Limits{}, Spec{Network: "unix", Address: t.TempDir() + "/s", Options: Options{Proxy: true}}, nil)
	peer := r.connect(t)
	write(t, peer, header(t, 2, "198.51.100.7:1234"))
	require.Equal(t, "198.51.100.7:1234", r.session(t).conn.RemoteAddr().String())
}

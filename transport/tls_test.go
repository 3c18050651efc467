package transport

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var certificate = sync.OnceValues(func() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

func serverConfig(t testing.TB) *tls.Config {
	t.Helper()
	cert, err := certificate()
	require.NoError(t, err)
	return &tls.Config{
		ClientAuth:     tls.RequestClientCert,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil },
	}
}

func tlsSpec(t testing.TB) Spec {
	return Spec{Network: "tcp", Address: "127.0.0.1:0", TLS: serverConfig(t)}
}

// TestTLS sends lines both ways with each allowed version, and checks the client's certificate.
func TestTLS(t *testing.T) {
	client, err := certificate()
	require.NoError(t, err)
	sum := sha256.Sum256(client.Certificate[0])
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			r := newRig(t, Limits{}, tlsSpec(t), nil)
			peer, err := tls.Dial("tcp", r.listener.Addr().String(),
				&tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version, Certificates: []tls.Certificate{client}})
			require.NoError(t, err)
			write(t, peer, "first\r\n")
			p := r.session(t)
			require.Equal(t, "line first", p.next(t))
			require.Equal(t, version, p.conn.TLS().Version)
			require.Equal(t, hex.EncodeToString(sum[:]), p.conn.CertificateFingerprint())
			in := bufio.NewReader(peer)
			for i := range 50 {
				line := fmt.Sprintf("%d %s\n", i, strings.Repeat("x", i*400))
				write(t, peer, line)
				if len(line) <= 8704 {
					require.Equal(t, "line "+line[:len(line)-1], p.next(t))
				} else {
					require.Equal(t, "overlong", p.next(t))
				}
				p.conn.Send([]byte(line))
				p.conn.Flush()
				require.Equal(t, line, readLine(t, in))
			}
			require.NoError(t, peer.Close())
			require.Equal(t, io.EOF, p.reason(t))
		})
	}
}

func TestTLSWithoutCertificate(t *testing.T) {
	r := newRig(t, Limits{}, tlsSpec(t), nil)
	_, p := dialKind(t, r, true)
	require.Empty(t, p.conn.CertificateFingerprint())
}

// TestTLSOld checks that versions below 1.2 are refused even if the configuration allows them.
func TestTLSOld(t *testing.T) {
	spec := tlsSpec(t)
	spec.TLS.MinVersion = tls.VersionTLS10
	r := newRig(t, Limits{}, spec, nil)
	_, err := tls.Dial("tcp", r.listener.Addr().String(),
		&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	require.ErrorContains(t, err, "protocol version")
	until(t, "gone", func() bool { return r.Connections() == 0 })
}

// TestTLSHandshakeNeverEnds checks that a handshake ends at its timeout, and that closing the server does not wait for
// it.
func TestTLSHandshakeNeverEnds(t *testing.T) {
	for _, timeout := range []time.Duration{50 * time.Millisecond, time.Hour} {
		t.Run(timeout.String(), func(t *testing.T) {
			spec := tlsSpec(t)
			spec.Options.HandshakeTimeout = timeout
			r := newRig(t, Limits{}, spec, nil)
			peer, err := net.Dial("tcp", r.listener.Addr().String())
			require.NoError(t, err)
			defer func() { _ = peer.Close() }()
			write(t, peer, "\x16\x03\x01")
			until(t, "accepted", func() bool { return r.Connections() == 1 })
			if timeout == time.Hour {
				r.Close([]byte("ERROR\r\n"), io.EOF)
			}
			until(t, "gone", func() bool { return r.Connections() == 0 })
			require.Empty(t, r.probes)
		})
	}
}

// TestTLSHandshakePanics checks that a panic in the caller's part of the handshake ends only that connection.
func TestTLSHandshakePanics(t *testing.T) {
	spec := tlsSpec(t)
	good, calls := spec.TLS.GetCertificate, 0
	spec.TLS.GetCertificate = func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if calls++; calls == 1 {
			panic("no certificate")
		}
		return good(h)
	}
	r := newRig(t, Limits{}, spec, nil)
	_, err := tls.Dial("tcp", r.listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	require.Error(t, err)
	until(t, "gone", func() bool { return r.Connections() == 0 })
	dialKind(t, r, true)
}

// TestTLSGarbage checks that a plain line on a TLS port ends only that connection.
func TestTLSGarbage(t *testing.T) {
	r := newRig(t, Limits{}, tlsSpec(t), nil)
	peer, err := net.Dial("tcp", r.listener.Addr().String())
	require.NoError(t, err)
	write(t, peer, "NICK alice\r\nUSER alice 0 * :Alice\r\n")
	_, _ = io.Copy(io.Discard, peer) // ends either way
	until(t, "gone", func() bool { return r.Connections() == 0 })
	_, p := dialKind(t, r, true)
	require.Empty(t, p.conn.CertificateFingerprint())
}

// splitting is a connection that writes each byte separately.
type splitting struct{ net.Conn }

func (s splitting) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := s.Conn.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

// TestTLSSplitRecords checks that a record that arrives in parts is read once it is complete.
func TestTLSSplitRecords(t *testing.T) {
	r := newRig(t, Limits{}, tlsSpec(t), nil)
	raw, err := net.Dial("tcp", r.listener.Addr().String())
	require.NoError(t, err)
	peer := tls.Client(splitting{raw}, &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, peer.Handshake())
	p := r.session(t)
	for i := range 20 {
		write(t, peer, fmt.Sprintf("line number %d\r\n", i))
		require.Equal(t, fmt.Sprintf("line line number %d", i), p.next(t))
	}
	require.NoError(t, peer.Close())
	require.Equal(t, io.EOF, p.reason(t))
}

// TestTLSCloseNotify checks that closing also sends TLS's close notification, so that the client knows that nothing is
// missing.
func TestTLSCloseNotify(t *testing.T) {
	r := newRig(t, Limits{}, tlsSpec(t), nil)
	peer, p := dialKind(t, r, true)
	p.conn.Close([]byte("ERROR\r\n"), io.ErrClosedPipe)
	p.conn.Flush()
	got, err := io.ReadAll(peer) // without the notification, the error would be io.ErrUnexpectedEOF
	require.NoError(t, err)
	require.Equal(t, "ERROR\r\n", string(got))
}

// TestLayerBound checks that the answers of the TLS layer itself are limited.
func TestLayerBound(t *testing.T) {
	l := &layer{live: true}
	for range unsentBytes / 1024 {
		_, err := l.Write(make([]byte, 1024))
		require.NoError(t, err)
	}
	_, err := l.Write([]byte{1})
	require.ErrorIs(t, err, errUnsent)
	l.records.sent(1)
	_, err = l.Write([]byte{1})
	require.ErrorIs(t, err, errUnsent)
	l.records.sent(unsentBytes - 1)
	require.False(t, l.records.any())
	_, err = l.Write([]byte{1})
	require.NoError(t, err)
}

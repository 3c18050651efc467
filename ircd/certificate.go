package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bavard/config"
)

// selfSignedYears is how long a self-signed certificate is valid. Clients pin it, so it should rarely change.
const selfSignedYears = 10

// backdate is how far in the past a certificate becomes valid, because clients' clocks may be slow.
const backdate = 24 * time.Hour

// security holds the TLS configuration of all TLS listeners. A reload replaces it for new connections; open connections
// keep theirs.
type security struct {
	current atomic.Pointer[handshakes]
}

// handshakes holds the TLS configurations for new connections, one for each kind of listener.
type handshakes struct{ irc, web *tls.Config }

// config returns the TLS configuration for a listener. It stays valid after a reload, because each handshake looks up
// the current certificates.
func (s *security) config(spec config.Listener) *tls.Config {
	now := func() *tls.Config {
		if spec.WebSocket {
			return s.current.Load().web
		}
		return s.current.Load().irc
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return now(), nil },
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return &now().Certificates[0], nil
		},
	}
}

// secure builds the TLS configurations for new connections.
func secure(cfg *config.Config, pair *tls.Certificate, named []namedPair) *handshakes {
	oldest := uint16(tls.VersionTLS12)
	if cfg.TLS.MinimumVersion == "1.3" {
		oldest = tls.VersionTLS13
	}
	irc := &tls.Config{
		Certificates: []tls.Certificate{*pair},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return pairFor(hello.ServerName, named, pair), nil
		},
		MinVersion: oldest,
		// A client certificate is optional, and need not be signed by an authority: it is identified by its
		// fingerprint.
		ClientAuth: tls.RequestClientCert,
	}
	// Browsers cannot let the user choose a certificate for a WebSocket: if asked for one, they drop the connection.
	web := irc.Clone()
	web.ClientAuth = tls.NoClientCert
	return &handshakes{irc, web}
}

// usesTLS reports whether any listener needs a certificate.
func usesTLS(cfg *config.Config) bool {
	for _, l := range cfg.Listeners {
		if l.TLS {
			return true
		}
	}
	return false
}

// certificate loads the configured certificate. Without one, it loads the self-signed certificate, after creating it if
// necessary.
func certificate(cfg *config.Config) (*tls.Certificate, error) {
	if cfg.TLS.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(cfg.TLS.Certificate, cfg.TLS.Key)
		if err != nil {
			return nil, fmt.Errorf("cannot use the certificate %s: %w", cfg.TLS.Certificate, plain(err))
		}
		return &pair, nil
	}
	if cfg.Storage.Path == "" {
		return fleetingCertificate(cfg.Server.Name)
	}
	certificatePath, keyPath := certificatePaths(cfg.Storage.Path)
	_, certificateErr := os.Lstat(certificatePath)
	_, keyErr := os.Lstat(keyPath)
	if errors.Is(certificateErr, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist) {
		return makeCertificate(certificatePath, keyPath, cfg.Server.Name)
	}
	pair, err := tls.LoadX509KeyPair(certificatePath, keyPath)
	if err != nil {
		return nil, fmt.Errorf("cannot use the self-signed certificate (%s and %s; if you remove both files, new ones are created): %w", certificatePath, keyPath, plain(err))
	}
	return &pair, nil
}

func certificatePaths(storage string) (certificatePath, keyPath string) {
	return filepath.Join(storage, "tls-certificate.pem"), filepath.Join(storage, "tls-key.pem")
}

// fleeting holds the certificate of a process that keeps nothing on the disk.
var fleeting struct {
	sync.Mutex
	pair *tls.Certificate
}

// fleetingCertificate returns a self-signed certificate that ends with the process.
func fleetingCertificate(serverName string) (*tls.Certificate, error) {
	fleeting.Lock()
	defer fleeting.Unlock()
	if fleeting.pair != nil {
		return fleeting.pair, nil
	}
	certificatePEM, keyPEM, err := newCertificate(serverName)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificatePEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("cannot use the new certificate: %w", err)
	}
	fleeting.pair = &pair
	return fleeting.pair, nil
}

// newCertificate creates a self-signed certificate for this machine and the server's name.
func newCertificate(serverName string) (certificatePEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot create a key: %w", err)
	}
	der, err := signSelf(key, serverName, time.Now())
	if err != nil {
		return nil, nil, fmt.Errorf("cannot create a certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot encode the key: %w", err)
	}
	certificatePEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return certificatePEM, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), nil
}

// makeCertificate creates a self-signed certificate for this machine and the server's name, and writes both files.
func makeCertificate(certificatePath, keyPath, serverName string) (*tls.Certificate, error) {
	certificatePEM, keyPEM, err := newCertificate(serverName)
	if err != nil {
		return nil, err
	}
	if err := writeNew(keyPath, keyPEM, 0o600); err != nil {
		return nil, err
	}
	if err := writeNew(certificatePath, certificatePEM, 0o644); err != nil {
		// A key without a certificate would make the next start fail.
		return nil, errors.Join(err, os.Remove(keyPath))
	}
	pair, err := tls.X509KeyPair(certificatePEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("cannot use the new certificate: %w", err)
	}
	return &pair, nil
}

func signSelf(key *ecdsa.PrivateKey, serverName string, now time.Time) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	names := []string{"localhost"}
	if serverName != "localhost" {
		names = append(names, serverName)
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: serverName},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.AddDate(selfSignedYears, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              names,
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

// fingerprint returns the SHA-256 fingerprint of a certificate in the form that clients show: AB:CD:...
func fingerprint(pair *tls.Certificate) string {
	sum := sha256.Sum256(pair.Certificate[0])
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

// expiry returns when a certificate expires, or the zero time if that is not known.
func expiry(pair *tls.Certificate) time.Time {
	if pair.Leaf == nil {
		return time.Time{}
	}
	return pair.Leaf.NotAfter
}

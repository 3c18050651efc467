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
	"sync/atomic"
	"time"

	"bavard/config"
)

// selfMadeYears is how long a self-made certificate is good for: clients pin it, so it should not change under them.
const selfMadeYears = 10

// backdate is how far before now a certificate becomes valid: clients' clocks may be behind.
const backdate = 24 * time.Hour

// security is the TLS configuration of all TLS listeners. A reload replaces what it holds; connections that are open keep what they have.
type security struct {
	current atomic.Pointer[handshakes]
}

// handshakes are what the next handshakes use, on the two kinds of listeners.
type handshakes struct{ irc, web *tls.Config }

// config is given to the listeners once. What it says is looked up at each handshake.
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

// secure makes what the handshakes use from now on.
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
		// Nobody has to have a certificate; who has one can be known by its fingerprint, so it need not be signed by anybody.
		ClientAuth: tls.RequestClientCert,
	}
	// A browser has no way to let its user choose a certificate for a WebSocket: asked for one, it gives the connection up.
	web := irc.Clone()
	web.ClientAuth = tls.NoClientCert
	return &handshakes{irc, web}
}

// usesTLS tells whether any listener needs a certificate.
func usesTLS(cfg *config.Config) bool {
	for _, l := range cfg.Listeners {
		if l.TLS {
			return true
		}
	}
	return false
}

// certificate loads the configured certificate, or the self-made one, which is made when there is none yet.
func certificate(cfg *config.Config) (*tls.Certificate, error) {
	if cfg.TLS.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(cfg.TLS.Certificate, cfg.TLS.Key)
		if err != nil {
			return nil, fmt.Errorf("cannot use the certificate %s: %w", cfg.TLS.Certificate, plain(err))
		}
		return &pair, nil
	}
	certificatePath, keyPath := certificatePaths(cfg.Storage.Path)
	_, certificateErr := os.Lstat(certificatePath)
	_, keyErr := os.Lstat(keyPath)
	if errors.Is(certificateErr, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist) {
		return makeCertificate(certificatePath, keyPath, cfg.Server.Name)
	}
	pair, err := tls.LoadX509KeyPair(certificatePath, keyPath)
	if err != nil {
		return nil, fmt.Errorf("cannot use the self-made certificate (%s and %s; without both, new ones are made): %w", certificatePath, keyPath, plain(err))
	}
	return &pair, nil
}

func certificatePaths(storage string) (certificatePath, keyPath string) {
	return filepath.Join(storage, "tls-certificate.pem"), filepath.Join(storage, "tls-key.pem")
}

// makeCertificate makes a self-signed certificate for this machine and the server's name, and writes both files.
func makeCertificate(certificatePath, keyPath, serverName string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("cannot make a key: %w", err)
	}
	der, err := signSelf(key, serverName, time.Now())
	if err != nil {
		return nil, fmt.Errorf("cannot make a certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("cannot write the key: %w", err)
	}
	certificatePEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	if err := writeNew(keyPath, keyPEM, 0o600); err != nil {
		return nil, err
	}
	if err := writeNew(certificatePath, certificatePEM, 0o644); err != nil {
		// A key alone would be in the way of the next try.
		return nil, errors.Join(err, os.Remove(keyPath))
	}
	pair, err := tls.X509KeyPair(certificatePEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("cannot use the certificate just made: %w", err)
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
		NotAfter:              now.AddDate(selfMadeYears, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              names,
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

// fingerprint is the SHA-256 of a certificate as clients show it: AB:CD:...
func fingerprint(pair *tls.Certificate) string {
	sum := sha256.Sum256(pair.Certificate[0])
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

// expiry is when the certificate ends.
func expiry(pair *tls.Certificate) time.Time {
	if pair.Leaf == nil {
		return time.Time{}
	}
	return pair.Leaf.NotAfter
}

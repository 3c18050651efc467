// Package accounts identifies people. For now it hashes and verifies passwords.
//
// It never keeps or logs a password, and knows neither connections nor the configuration.
//
// Invariants: the number of hashes computed at the same time is at most the number of processors that the program uses,
// so that many logins at once use a bounded amount of memory; a hash whose parameters exceed the limits below is
// refused, not computed; hashes are compared in constant time.
package accounts

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// MaxPasswordBytes is the maximum length of a password.
const MaxPasswordBytes = 1024

// The parameters of new hashes.
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
const (
	newMemoryKiB = 19 * 1024
	newPasses    = 2
	newLanes     = 1
	newSaltBytes = 16
	newKeyBytes  = 32
)

// The limits of a hash's parameters. The memory limit times the number of processors is the maximum that verifying uses
// in total.
const (
	maxMemoryKiB = 128 * 1024
	maxPasses    = 16
	maxLanes     = 8
	minSaltBytes = 8
	maxSaltBytes = 64
	minKeyBytes  = 16
	maxKeyBytes  = 64
)

// The errors for passwords and hashes.
var (
	ErrEmptyPassword = errors.New("the password is empty")
	ErrLongPassword  = fmt.Errorf("the password is longer than %d bytes", MaxPasswordBytes)
	ErrMalformedHash = errors.New("not a valid argon2id hash")
	ErrCostlyHash    = errors.New("the hash needs too much memory or time")
)

// hashing limits the number of hashes that are computed at the same time.
var hashing = make(chan struct{}, runtime.GOMAXPROCS(0))

// hash is a parsed hash with its parameters.
type hash struct {
	memoryKiB uint32
	passes    uint32
	lanes     uint8
	salt, key []byte
}

// HashPassword hashes a password with a new salt, and returns the hash in the PHC format
// "$argon2id$v=19$m=19456,t=2,p=1$salt$hash". It waits while too many hashes are being computed. Its errors are
// [ErrEmptyPassword] and [ErrLongPassword].
// https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
func HashPassword(password string) (string, error) {
	switch {
	case password == "":
		return "", ErrEmptyPassword
	case len(password) > MaxPasswordBytes:
		return "", ErrLongPassword
	}
	h := hash{memoryKiB: newMemoryKiB, passes: newPasses, lanes: newLanes, salt: make([]byte, newSaltBytes)}
	rand.Read(h.salt) // never fails: https://pkg.go.dev/crypto/rand#Read
	h.key = h.derive(password, newKeyBytes)
	return h.String(), nil
}

// VerifyPassword reports whether a hash belongs to a password. It returns false for a hash that [CheckHash] does not
// accept. It takes some hundredths of a second, and longer if it has to wait for others, so never call it while holding
// a lock.
func VerifyPassword(hash, password string) bool {
	h, err := parseHash(hash)
	if err != nil || password == "" || len(password) > MaxPasswordBytes {
		return false
	}
	return subtle.ConstantTimeCompare(h.derive(password, len(h.key)), h.key) == 1
}

// CheckHash reports whether [VerifyPassword] accepts a hash. Its errors are [ErrMalformedHash] and [ErrCostlyHash].
func CheckHash(hash string) error {
	_, err := parseHash(hash)
	return err
}

// derive computes the key of a password. It counts as one of the hashes that are computed at the same time.
func (h hash) derive(password string, keyBytes int) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), h.salt, h.passes, h.memoryKiB, h.lanes, uint32(keyBytes))
}

// String returns the hash in PHC format.
func (h hash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.memoryKiB, h.passes, h.lanes, b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

func parseHash(text string) (hash, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return hash{}, ErrMalformedHash
	}
	memoryKiB, passes, lanes, ok := parseCosts(parts[3])
	if !ok {
		return hash{}, ErrMalformedHash
	}
	b64 := base64.RawStdEncoding.Strict()
	salt, saltErr := b64.DecodeString(parts[4])
	key, keyErr := b64.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(salt) < minSaltBytes || len(key) < minKeyBytes {
		return hash{}, ErrMalformedHash
	}
	if memoryKiB > maxMemoryKiB || passes > maxPasses || lanes > maxLanes || len(salt) > maxSaltBytes || len(key) > maxKeyBytes {
		return hash{}, ErrCostlyHash
	}
	h := hash{memoryKiB: uint32(memoryKiB), passes: uint32(passes), lanes: uint8(lanes), salt: salt, key: key}
	// The base64 decoder ignores line ends, but a hash must have only one spelling.
	if h.String() != text {
		return hash{}, ErrMalformedHash
	}
	return h, nil
}

// parseCosts parses "m=19456,t=2,p=1". It checks the minimum that argon2 needs, but not the maximum.
func parseCosts(text string) (memoryKiB, passes, lanes uint64, ok bool) {
	costs := strings.Split(text, ",")
	if len(costs) != 3 {
		return 0, 0, 0, false
	}
	var numbers [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		digits, found := strings.CutPrefix(costs[i], name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !found || err != nil || strconv.FormatUint(n, 10) != digits {
			return 0, 0, 0, false
		}
		numbers[i] = n
	}
	memoryKiB, passes, lanes = numbers[0], numbers[1], numbers[2]
	return memoryKiB, passes, lanes, passes >= 1 && lanes >= 1 && memoryKiB >= 8*lanes
}

package commands

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"net/netip"
	"strings"
)

// A cloak stands for a host. It is made of keyed hashes of ever larger parts of the host, the smallest first, so that
// who comes from the same network has a cloak with the same end: *.b.c.ip is everybody of an IPv4 /24 or an IPv6 /64,
// *.c.ip of a /16 or a /48. Without the key nobody can tell what is behind.
type cloak struct {
	key    []byte
	suffix string
	most   int // bytes
}

// cloakWidths are the parts of an address that have a hash of their own.
var cloakWidths = map[bool][3]int{true: {32, 24, 16}, false: {128, 64, 48}} // IPv4, IPv6

// cloakLetters: lower case, because hosts are.
var cloakLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// cloakHashBytes is how much of a hash is shown: 40 bits are 8 letters.
const cloakHashBytes = 5

func (k *cloak) hash(part string) string {
	mac := hmac.New(sha256.New, k.key)
	_, _ = mac.Write([]byte(part)) // a hash never fails
	return cloakLetters.EncodeToString(mac.Sum(nil)[:cloakHashBytes])
}

// ofAddress is the cloak of an address.
func (k *cloak) ofAddress(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	var parts []string
	for _, bits := range cloakWidths[addr.Is4()] {
		prefix, _ := addr.Prefix(bits) // the bits are in range
		parts = append(parts, k.hash(prefix.String()))
	}
	return strings.Join(append(parts, k.suffix), ".")
}

// ofName is the cloak of a host name that belongs to an address: its domain stays, each label before it becomes the hash
// of all from there on. Of many labels the first and the last two count.
func (k *cloak) ofName(host string, addr netip.Addr) string {
	labels := strings.Split(strings.ToLower(host), ".")
	shown := min(2, len(labels)-1)
	hidden := len(labels) - shown
	var parts []string
	for i := range hidden {
		if i == 0 || i >= hidden-2 {
			parts = append(parts, k.hash("name "+strings.Join(labels[i:], ".")))
		}
	}
	parts = append(parts, labels[hidden:]...)
	name := strings.Join(parts, ".")
	if shown == 0 || len(name) > k.most {
		return k.ofAddress(addr)
	}
	return name
}

package commands

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"net/netip"
	"slices"
	"strings"
)

// cloak computes the text that is shown instead of a host. It consists of keyed hashes of ever larger parts of the
// host, the smallest first, so that the cloaks of all users from one network have the same end: *.b.c.ip is an IPv4 /24
// or an IPv6 /64, and *.c.ip a /16 or a /48. The first part is always the hash of the whole address, even when the host
// is a name, so that users who give their address a different name can still be recognised. Without the key, the host
// cannot be found out from the cloak.
type cloak struct {
	key    []byte
	suffix string
	most   int // bytes
}

// cloakWidths are the prefix lengths of the parts of an address that have a hash of their own.
var cloakWidths = map[bool][3]int{true: {32, 24, 16}, false: {128, 64, 48}} // IPv4, IPv6

// cloakLetters encodes hashes in lower case, because hosts are in lower case.
var cloakLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// cloakHashBytes is how much of a hash is shown: 40 bits, which are 8 letters.
const cloakHashBytes = 5

func (k *cloak) hash(part string) string {
	mac := hmac.New(sha256.New, k.key)
	_, _ = mac.Write([]byte(part)) // a hash never fails
	return cloakLetters.EncodeToString(mac.Sum(nil)[:cloakHashBytes])
}

// ofAddress returns the cloak of an address.
func (k *cloak) ofAddress(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	var parts []string
	for _, bits := range cloakWidths[addr.Is4()] {
		prefix, _ := addr.Prefix(bits) // the bits are in range
		parts = append(parts, k.hash(prefix.String()))
	}
	return strings.Join(append(parts, k.suffix), ".")
}

// ofName returns the cloak of a host name that belongs to an address. Its last two labels (or the last one, if there
// are only two) stay. Of the labels before them, the first and the last two each become a hash of the name from that
// label on.
func (k *cloak) ofName(host string, addr netip.Addr) string {
	labels := strings.Split(strings.ToLower(host), ".")
	shown := min(2, len(labels)-1)
	hidden := len(labels) - shown
	parts := []string{k.addressMark(addr)}
	for i := range hidden {
		if i == 0 || i >= hidden-2 {
			parts = append(parts, k.nameMark(strings.Join(labels[i:], ".")))
		}
	}
	parts = append(parts, labels[hidden:]...)
	name := strings.Join(parts, ".")
	if shown == 0 || len(name) > k.most {
		return k.ofAddress(addr)
	}
	return name
}

// addressMark and nameMark return the parts of a cloak that stand for a single host: its address, and its whole name.
func (k *cloak) addressMark(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	whole, _ := addr.Prefix(addr.BitLen()) // the bits are in range
	return k.hash(whole.String())
}

func (k *cloak) nameMark(name string) string { return k.hash("name " + strings.ToLower(name)) }

// marks returns the parts of a cloak that stand only for its user's host; name is "" for an address without a name.
func (k *cloak) marks(cloaked, name string, addr netip.Addr) (marks []string) {
	labels := strings.Split(cloaked, ".")
	for _, mark := range []string{k.addressMark(addr), k.nameMark(name)} {
		if slices.Contains(labels, mark) {
			marks = append(marks, mark)
		}
	}
	return marks
}

package commands

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// TestCloaks: the ends agree as far as the networks do, and nothing of an address is shown.
func TestCloaks(t *testing.T) {
	k := &cloak{key: []byte("one"), suffix: "ip", most: 63}
	addr := netip.MustParseAddr
	end := func(a string, parts int) string {
		labels := strings.Split(k.ofAddress(addr(a)), ".")
		require.Len(t, labels, 4)
		return strings.Join(labels[4-parts:], ".")
	}
	for _, c := range []struct {
		a, b string
		same int // labels at the end
	}{
		{"192.0.2.1", "192.0.2.1", 4}, {"192.0.2.1", "192.0.2.2", 3}, {"192.0.2.1", "192.0.3.1", 2}, {"192.0.2.1", "192.1.2.1", 1},
		{"2001:db8::1", "2001:db8::2", 3}, {"2001:db8:0:1::1", "2001:db8:0:2::1", 2}, {"2001:db8::1", "2001:db9::1", 1},
		{"::ffff:192.0.2.1", "192.0.2.1", 4}, {"fe80::1%eth0", "fe80::1", 4},
	} {
		require.Equal(t, end(c.a, c.same), end(c.b, c.same), "%s %s", c.a, c.b)
		if c.same < 4 {
			require.NotEqual(t, end(c.a, c.same+1), end(c.b, c.same+1), "%s %s", c.a, c.b)
		}
		require.True(t, state.ValidHost(k.ofAddress(addr(c.a))))
	}
	other := &cloak{key: []byte("two"), suffix: "ip", most: 63}
	require.NotEqual(t, k.ofAddress(addr("192.0.2.1")), other.ofAddress(addr("192.0.2.1")))
	require.NotEqual(t, k.ofName("a.b.c", addr("192.0.2.1")), other.ofName("a.b.c", addr("192.0.2.1")))
}

func TestCloaksOfNames(t *testing.T) {
	k := &cloak{key: []byte("one"), suffix: "ip", most: 63}
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	labels := func(host string) []string { return strings.Split(k.ofName(host, a), ".") }
	one, two := labels("a.dsl.isp.example"), labels("b.dsl.isp.example")
	require.Len(t, one, 5)
	require.Equal(t, one[2:], two[2:])
	require.NotEqual(t, one[1], two[1])
	require.Equal(t, []string{"isp", "example"}, one[3:])
	require.Equal(t, one, labels("A.DSL.isp.example"))
	require.Equal(t, "example", labels("isp.example")[2])
	require.Len(t, labels("a.b.c.d.e.f.g.isp.example"), 6)
	require.NotEqual(t, labels("a.b.c.d.e.f.g.isp.example"), labels("b.b.c.d.e.f.g.isp.example"))
	require.Equal(t, k.ofAddress(a), k.ofName("single", a))
	long := strings.Repeat("x", 60) + ".example"
	require.Equal(t, k.ofAddress(a), k.ofName("a."+long, a))

	// The first part depends only on the address, and the second one only on the name.
	require.Equal(t, one[0], two[0])
	require.Equal(t, one[0], strings.Split(k.ofAddress(a), ".")[0])
	elsewhere := strings.Split(k.ofName("a.dsl.isp.example", b), ".")
	require.NotEqual(t, one[0], elsewhere[0])
	require.Equal(t, one[1:], elsewhere[1:])
}

// TestAMarkIsOfTheAddressHoweverItIsWritten checks that an IPv4 address in IPv6 form has the mark of the IPv4 address,
// and that a zone makes no difference.
func TestAMarkIsOfTheAddressHoweverItIsWritten(t *testing.T) {
	k := &cloak{key: []byte("one"), suffix: "ip", most: 63}
	for mapped, plain := range map[string]string{"::ffff:192.0.2.1": "192.0.2.1", "fe80::1%eth0": "fe80::1"} {
		require.Equal(t, k.addressMark(netip.MustParseAddr(plain)), k.addressMark(netip.MustParseAddr(mapped)))
	}
}

// TestCloakMarks checks that the marks are the parts that stand for a single host, without those that a network shares.
func TestCloakMarks(t *testing.T) {
	k := &cloak{key: []byte("one"), suffix: "ip", most: 63}
	a := netip.MustParseAddr("192.0.2.1")
	plain, named := k.ofAddress(a), k.ofName("A.dsl.isp.example", a)
	require.Equal(t, strings.Split(plain, ".")[:1], k.marks(plain, "", a))
	require.Equal(t, strings.Split(named, ".")[:2], k.marks(named, "a.dsl.isp.example", a))
	require.Equal(t, strings.Split(plain, ".")[:1], k.marks(plain, "a.name.that.is.not.shown", a))
	six := netip.MustParseAddr("2001:db8::1")
	require.Equal(t, strings.Split(k.ofAddress(six), ".")[:1], k.marks(k.ofAddress(six), "", six))
}

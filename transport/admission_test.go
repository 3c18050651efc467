package transport

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newAdmission(l Limits) *admission {
	a := new(admission)
	a.set(l)
	return a
}

func TestAdmissionCounts(t *testing.T) {
	a := newAdmission(Limits{Connections: 4, PerAddress: 2, Exempt: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	admit := func(addr string) (*slot, error) { return a.admit(netip.MustParseAddr(addr), 1) }
	first, err := admit("192.0.2.1")
	require.NoError(t, err)
	_, err = admit("192.0.2.1")
	require.NoError(t, err)
	_, err = admit("192.0.2.1")
	require.Equal(t, ErrAddressFull, err)
	_, err = admit("127.0.0.1")
	require.NoError(t, err)
	_, err = a.admit(netip.Addr{}, 1)
	require.NoError(t, err)
	_, err = admit("127.0.0.1")
	require.Equal(t, ErrServerFull, err)
	a.release(first)
	_, err = admit("192.0.2.1")
	require.NoError(t, err)
}

// TestAdmissionWidths checks how many bits of an address count. An IPv6 customer usually has a whole /64.
func TestAdmissionWidths(t *testing.T) {
	for _, c := range []struct {
		limits Limits
		a, b   string
		same   bool
	}{
		{Limits{}, "2001:db8::1", "2001:db8::ffff:2", true},
		{Limits{}, "2001:db8::1", "2001:db8:0:1::1", false},
		{Limits{}, "192.0.2.1", "192.0.2.2", false},
		{Limits{IPv4Bits: 24, IPv6Bits: 48}, "192.0.2.1", "192.0.2.2", true},
		{Limits{IPv4Bits: 24, IPv6Bits: 48}, "2001:db8::1", "2001:db8:0:1::1", true},
		{Limits{IPv4Bits: 64, IPv6Bits: 999}, "192.0.2.1", "192.0.2.2", false},
	} {
		c.limits.PerAddress = 1
		a := newAdmission(c.limits)
		_, err := a.admit(netip.MustParseAddr(c.a), 1)
		require.NoError(t, err)
		_, err = a.admit(netip.MustParseAddr(c.b), 1)
		require.Equal(t, c.same, err != nil, "%v", c)
	}
}

func TestAdmissionRate(t *testing.T) {
	a := newAdmission(Limits{Burst: 3, Every: 10 * time.Second})
	addr := netip.MustParseAddr("192.0.2.1")
	at := func(seconds float64) error {
		s, err := a.admit(addr, moment(seconds*1e9))
		if err == nil { // closed at once, but its rate is remembered
			s.open--
			a.busy--
		}
		return err
	}
	for range 3 {
		require.NoError(t, at(1))
	}
	require.Equal(t, ErrTooFast, at(1))
	require.Equal(t, ErrTooFast, at(10.9))
	require.NoError(t, at(11))
	require.Equal(t, ErrTooFast, at(12))
	for range 3 {
		require.NoError(t, at(1000))
	}
	require.Equal(t, ErrTooFast, at(1000))
	_, err := a.admit(netip.MustParseAddr("192.0.2.2"), moment(1000e9))
	require.NoError(t, err, "another address has its own")
}

// TestAdmissionMemory checks that connections from very many addresses use bounded memory, and that addresses with open
// connections are not forgotten.
func TestAdmissionMemory(t *testing.T) {
	const bound = 5000
	a := newAdmission(Limits{Burst: 1, Every: time.Hour, PerAddress: 1, Addresses: bound})
	stays := netip.MustParseAddr("198.51.100.1")
	_, err := a.admit(stays, 1)
	require.NoError(t, err)
	for i := range uint32(100_000) {
		var raw [4]byte
		binary.BigEndian.PutUint32(raw[:], 10<<24|i)
		s, err := a.admit(netip.AddrFrom4(raw), moment(i)+1)
		require.NoError(t, err)
		a.release(s)
		require.LessOrEqual(t, len(a.slots), bound+1)
	}
	_, err = a.admit(stays, 1)
	require.Equal(t, ErrAddressFull, err)
	require.Equal(t, 1, a.busy)
}

// TestAdmissionForgets checks that, without a rate limit, nothing is remembered about closed connections.
func TestAdmissionForgets(t *testing.T) {
	a := newAdmission(Limits{PerAddress: 2})
	s, err := a.admit(netip.MustParseAddr("192.0.2.1"), 1)
	require.NoError(t, err)
	a.release(s)
	require.Empty(t, a.slots)
	require.Zero(t, a.total)
}

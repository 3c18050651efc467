package commands

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
)

// What the stage's resolver knows. 192.0.2.12 is the address whose name server never answers.
var (
	testNames = map[string][]string{
		"192.0.2.10":   {"host10.dsl.isp.example."},
		"192.0.2.11":   {"liar.example.", "other.example."},
		"192.0.2.13":   {"Bad_Name!.example.", "192.0.2.13."},
		"192.0.2.14":   {"first.example.", "Second.Example."},
		"2001:db8::10": {"six.isp.example."},
	}
	testAddresses = map[string]string{
		"host10.dsl.isp.example": "192.0.2.10",
		"liar.example":           "192.0.2.99",
		"other.example":          "192.0.2.10",
		"second.example":         "192.0.2.14",
		"six.isp.example":        "2001:db8::10",
	}
)

const neverAnswers = "192.0.2.12"

func (g *stage) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	if addr == neverAnswers {
		g.stuck.Add(1)
		stir(g.stirred)
		<-ctx.Done()
		g.stuck.Add(-1)
		return nil, ctx.Err()
	}
	if names := testNames[addr]; names != nil {
		return names, nil
	}
	return nil, errors.New("no such host")
}

func (g *stage) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if strings.HasSuffix(host, ".example.net.") {
		return lookUpBlock(host)
	}
	if addr, found := testAddresses[host]; found {
		return []netip.Addr{netip.MustParseAddr(addr)}, nil
	}
	return nil, errors.New("no such host")
}

// ident: the machine 192.0.2.10 knows its users.
func (g *stage) ident(_ context.Context, _, remote netip.AddrPort) string {
	if remote.Addr().String() == "192.0.2.10" {
		return "~real@user"
	}
	return ""
}

// testBlocks are the answers of two lists of addresses.
var testBlocks = map[string]string{
	"20.2.0.192.one.example.net.": "127.0.0.2",
	"21.2.0.192.one.example.net.": "127.0.0.9",
	"22.2.0.192.one.example.net.": "127.0.0.2",
	"22.2.0.192.two.example.net.": "127.0.0.3",
	"23.2.0.192.two.example.net.": "127.0.0.4",
	"24.2.0.192.one.example.net.": "203.0.113.1",
	"0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.one.example.net.": "127.0.0.2",
}

func lookUpBlock(host string) ([]netip.Addr, error) {
	if strings.HasPrefix(host, "25.") {
		return nil, errors.New("the name server is out of order")
	}
	if addr, found := testBlocks[host]; found {
		return []netip.Addr{netip.MustParseAddr(addr)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

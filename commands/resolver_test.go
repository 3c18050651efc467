package commands

import (
	"context"
	"errors"
	"net/netip"
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

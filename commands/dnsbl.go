package commands

import (
	"context"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"bavard/config"
	"bavard/state"
)

const (
	blockListed    = time.Hour
	blockNotListed = 20 * time.Minute
	blockUnknown   = time.Minute
)

// blockKey identifies an address on one blocklist.
type blockKey struct {
	zone string
	addr netip.Addr
}

// blockScore is the blocklists' verdict about one connection so far.
type blockScore struct {
	left  int // how many lists have not answered
	score int
	zones []string // the lists that contain the address
}

// askBlocklists asks every list about the address of a connection, unless the address is exempt from server bans or
// from the limits on connections.
func askBlocklists(c *Client) []question {
	cfg, resolver := c.view().config, c.server.options.Resolver
	c.registration.blocks = blockScore{}
	addr := c.conn.RemoteAddr().Addr().Unmap().WithZone("")
	if len(cfg.Blocklists) == 0 || resolver == nil || !addr.IsValid() || addr.IsLoopback() || c.isExempt(addr) {
		return nil
	}
	now := c.server.order.Steady()
	var questions []question
	var known []func(*Client)
	for i := range cfg.Blocklists {
		list := &cfg.Blocklists[i]
		key := blockKey{list.Zone, addr}
		c.registration.blocks.left++
		if replies, found := c.server.blocks.find(key, now); found {
			known = append(known, func(c *Client) { c.scoreBlock(list, replies) })
			continue
		}
		questions = append(questions, question{
			ask: func(ctx context.Context) func(*Client) {
				replies, lasts := askBlocklist(ctx, resolver, key)
				return func(c *Client) {
					now := c.server.order.Steady()
					c.server.blocks.keep(key, replies, now, now.Add(lasts))
					c.scoreBlock(list, replies)
				}
			},
			late: func(c *Client, _ bool) { c.scoreBlock(list, nil) },
		})
	}
	for _, score := range known {
		score(c)
	}
	return questions
}

// isExempt reports whether the address is in limits.exempt or exempt from server bans.
func (c *Client) isExempt(addr netip.Addr) (exempt bool) {
	for _, p := range c.view().config.Limits.Exempt {
		if p.Contains(addr) {
			return true
		}
	}
	c.server.order.Lock()
	defer c.server.order.Unlock()
	return c.server.state.ExemptAddress(addr.String())
}

// askBlocklist asks one list, and returns how long its answer is valid. An error counts as no answer.
// https://www.rfc-editor.org/rfc/rfc5782
func askBlocklist(ctx context.Context, resolver Resolver, key blockKey) (replies []byte, lasts time.Duration) {
	addrs, err := resolver.LookupNetIP(ctx, "ip4", reversed(key.addr)+"."+key.zone+".")
	var failed *net.DNSError
	switch {
	case errors.As(err, &failed) && failed.IsNotFound:
		return nil, blockNotListed
	case err != nil:
		return nil, blockUnknown
	}
	for _, a := range addrs {
		// Answers outside 127.0.0.0/24 come from a provider that answers every name, or from a list that refuses.
		if b := a.Unmap(); b.Is4() && strings.HasPrefix(b.String(), "127.0.0.") {
			replies = append(replies, b.As4()[3])
		}
	}
	return replies, blockListed
}

// reversed returns an address in the form that a blocklist uses as a name.
// https://www.rfc-editor.org/rfc/rfc5782#section-2.1
func reversed(addr netip.Addr) string {
	var labels []string
	if addr.Is4() {
		for _, b := range addr.As4() {
			labels = append(labels, strconv.Itoa(int(b)))
		}
	} else {
		raw := addr.As16()
		labels = strings.Split(hex.EncodeToString(raw[:]), "")
	}
	slices.Reverse(labels)
	return strings.Join(labels, ".")
}

// scoreBlock adds the answer of one list. When all lists have answered, it acts on the score.
func (c *Client) scoreBlock(list *config.Blocklist, replies []byte) {
	blocks := &c.registration.blocks
	counts := func(b byte) bool { return len(list.Replies) == 0 || slices.Contains(list.Replies, int(b)) }
	if slices.ContainsFunc(replies, counts) {
		blocks.score += list.Score
		blocks.zones = append(blocks.zones, list.Zone)
	}
	if blocks.left--; blocks.left == 0 && blocks.score > 0 {
		c.judgeBlocks(blocks)
	}
}

// judgeBlocks reports a connection to the IRC operators, refuses it, or bans its address, depending on its score.
func (c *Client) judgeBlocks(blocks *blockScore) {
	cfg := &c.view().config.DNSBL
	reaches := func(limit int) bool { return limit > 0 && blocks.score >= limit }
	action := ""
	switch {
	case reaches(cfg.BanScore):
		action = "banned"
	case reaches(cfg.RefuseScore):
		action = "refused"
	case reaches(cfg.WarnScore):
		action = "let in"
	default:
		return
	}
	slices.Sort(blocks.zones)
	zones := strings.Join(blocks.zones, ", ")
	c.log().Info("address on a blocklist", "address", c.address(), "zones", zones, "score", blocks.score, "action", action)
	c.server.announce(&c.out, 'x', "DNSBL: "+c.address()+" is in "+zones+" (score "+itoa(blocks.score)+"): "+action)
	if action == "let in" {
		return
	}
	if action == "banned" {
		c.banAddress(cfg)
	}
	c.turnAway(cfg.Reason)
}

// banAddress bans the client's address for the configured time, unless it is already banned. The lock is not held.
func (c *Client) banAddress(cfg *config.DNSBL) {
	c.server.order.Lock()
	defer c.server.order.Unlock()
	refusal := c.server.do(&c.out, nil, &state.AddBan{
		Action: state.BanConnect, Target: c.address(), Reason: cfg.Reason, Duration: int64(cfg.BanTime), Setter: "DNSBL",
	})
	if refusal != nil && refusal.Code != state.BanExists {
		c.log().Warn("address not banned", "address", c.address(), "reason", refusal.Error())
	}
}

package config

import (
	"strconv"
	"strings"
)

// DNSBL says what happens to a connection whose address is in one of the [[blocklists]].
type DNSBL struct {
	WarnScore   int      `toml:"warn_score" default:"1" min:"0" max:"1000" doc:"The score from which IRC operators are told (server notices, letter x); 0 means never. A connection's score is the sum of the scores of the lists that contain its address."`
	RefuseScore int      `toml:"refuse_score" default:"10" min:"0" max:"1000" doc:"The score from which a connection is refused; 0 means never."`
	BanScore    int      `toml:"ban_score" default:"0" min:"0" max:"1000" doc:"The score from which its address is banned as well; 0 means never."`
	BanTime     Duration `toml:"ban_time" default:"1h" min:"1s" max:"365d" doc:"How long such a ban lasts."`
	Reason      string   `toml:"reason" default:"Your address is in a list of abused addresses" min:"1" max:"200" doc:"The reason that a refused client sees."`
}

// Blocklist is a list of addresses that is looked up over DNS.
type Blocklist struct {
	Zone    string `toml:"zone" example:"dnsbl.example.org" max:"150" doc:"The list's DNS zone. Make sure that the list's terms allow your use."`
	Score   int    `toml:"score" default:"10" min:"1" max:"1000" doc:"The score of an address in this list."`
	Replies []int  `toml:"replies" max:"256" doc:"The answers that count, by their last number (127.0.0.N). If empty, all do."`
}

func (c *checker) blocklists(cfg *Config) {
	if !printable(cfg.DNSBL.Reason) {
		c.report("dnsbl.reason", "must be one line without control characters")
	}
	seen := map[string]bool{}
	for i := range cfg.Blocklists {
		b := &cfg.Blocklists[i]
		at := c.at("blocklists", i)
		if c.broken(at) || c.failedAt(at, "zone") {
			continue
		}
		b.Zone = strings.ToLower(strings.Trim(b.Zone, "."))
		switch {
		case b.Zone == "":
			c.reportAt(at, "zone", "is missing, such as \"dnsbl.example.org\"")
		case serverName(b.Zone) != "":
			c.reportAt(at, "zone", serverName(b.Zone))
		case seen[b.Zone]:
			c.reportAt(at, "zone", "is listed twice: "+strconv.Quote(b.Zone))
		}
		seen[b.Zone] = true
		for j, n := range b.Replies {
			if n < 1 || n > 255 {
				c.reportAt(at.item("replies", j), "", "must be between 1 and 255")
			}
		}
	}
}

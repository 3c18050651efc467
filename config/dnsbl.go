package config

import (
	"strconv"
	"strings"
)

// DNSBL says what happens to a connection whose address is in the lists of [[blocklists]]. Without those nothing is looked up.
type DNSBL struct {
	WarnScore   int      `toml:"warn_score" default:"1" min:"0" max:"1000" doc:"The score at which IRC operators are told (server notices, letter x); 0 is never. A connection's score is the sum of those of the lists that have its address."`
	RefuseScore int      `toml:"refuse_score" default:"10" min:"0" max:"1000" doc:"The score at which a connection is refused; 0 is never."`
	BanScore    int      `toml:"ban_score" default:"0" min:"0" max:"1000" doc:"The score at which its address is banned too; 0 is never."`
	BanTime     Duration `toml:"ban_time" default:"1h" min:"1s" max:"365d" doc:"How long such a ban lasts."`
	Reason      string   `toml:"reason" default:"Your address is in a list of abused addresses" min:"1" max:"200" doc:"What those who are refused are told."`
}

// Blocklist is a list of addresses that is asked over DNS.
type Blocklist struct {
	Zone    string `toml:"zone" example:"dnsbl.example.org" max:"150" doc:"The list's zone. See to it that its terms let you ask it."`
	Score   int    `toml:"score" default:"10" min:"1" max:"1000" doc:"What an address in this list scores."`
	Replies []int  `toml:"replies" max:"256" doc:"The answers that count, by their last number (127.0.0.N); without any, all do."`
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
			c.reportAt(at, "zone", "is named twice: "+strconv.Quote(b.Zone))
		}
		seen[b.Zone] = true
		for j, n := range b.Replies {
			if n < 1 || n > 255 {
				c.reportAt(at.item("replies", j), "", "must be from 1 to 255")
			}
		}
	}
}

package config

import (
	"net/netip"
	"strconv"
)

// The values of Class.TLS.
const (
	TLSAny = "any"
	TLSYes = "yes"
	TLSNo  = "no"
)

// Class is a connection class with limits of its own. A limit of zero is not overridden.
type Class struct {
	Name      string         `toml:"name" example:"gateway" max:"32" doc:"The name, without spaces."`
	Networks  []netip.Prefix `toml:"networks" example:"192.0.2.0/24" max:"1000" doc:"Where its connections come from (CIDR). If unset, anywhere."`
	TLS       string         `toml:"tls" default:"any" oneof:"any|yes|no" doc:"Whether its connections use TLS."`
	Listeners []string       `toml:"listeners" example:"127.0.0.1:6667" max:"64" doc:"The addresses of the [[listeners]] that its connections come in on. If unset, any."`

	Connections           int      `toml:"connections" default:"0" min:"0" max:"1000000" doc:"How many connections the class can have at once; 0 means no limit."`
	ConnectionsPerAddress int      `toml:"connections_per_address" default:"0" min:"0" max:"1000000" doc:"Overrides limits.connections_per_address for this class; 0 means no override. If set, limits.connection_rate does not apply to the networks above."`
	SendQueue             Size     `toml:"send_queue" default:"0" min:"0" max:"256MiB" doc:"Overrides limits.send_queue. Must be at least 32KiB, or 0 for no override."`
	FloodRate             int      `toml:"flood_rate" default:"0" min:"0" max:"10000" doc:"Overrides flood.rate; 0 means no override."`
	FloodBurst            int      `toml:"flood_burst" default:"0" min:"0" max:"100000" doc:"Overrides flood.burst; 0 means no override."`
	PingInterval          Duration `toml:"ping_interval" default:"0" min:"0" max:"1h" doc:"Overrides limits.ping_interval. Must be at least 1s, or 0 for no override."`
	PingTimeout           Duration `toml:"ping_timeout" default:"0" min:"0" max:"1h" doc:"Overrides limits.ping_timeout. Must be at least 1s, or 0 for no override."`
}

const (
	minSendQueue = 32 << 10
	minPing      = Duration(1e9)
)

// ClassOf returns the first class that a connection matches, or nil. The listener's address is given as in the file.
func (cfg *Config) ClassOf(addr netip.Addr, tls bool, listener string) *Class {
	for i := range cfg.Classes {
		if c := &cfg.Classes[i]; c.fits(addr, tls, listener) {
			return c
		}
	}
	return nil
}

func (c *Class) fits(addr netip.Addr, tls bool, listener string) bool {
	if c.TLS == TLSYes && !tls || c.TLS == TLSNo && tls {
		return false
	}
	return (len(c.Networks) == 0 || contains(c.Networks, addr)) && (len(c.Listeners) == 0 || containsText(c.Listeners, listener))
}

func contains(networks []netip.Prefix, addr netip.Addr) bool {
	for _, p := range networks {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func containsText(list []string, text string) bool {
	for _, one := range list {
		if one == text {
			return true
		}
	}
	return false
}

// CountedByClass returns the networks of all classes that have their own limit of connections per address.
func (cfg *Config) CountedByClass() []netip.Prefix {
	var all []netip.Prefix
	for i := range cfg.Classes {
		if cfg.Classes[i].ConnectionsPerAddress > 0 {
			all = append(all, cfg.Classes[i].Networks...)
		}
	}
	return all
}

func (c *checker) classes(cfg *Config) {
	seen := names{}
	for i := range cfg.Classes {
		class := &cfg.Classes[i]
		at := c.at("classes", i)
		if c.broken(at) {
			continue
		}
		c.entryName("classes", i, class.Name, seen)
		for j, address := range class.Listeners {
			var known bool
			if class.Listeners[j], known = c.listenerAddress(cfg, address); !known {
				c.reportAt(at.item("listeners", j), "", "is not the address of one of the [[listeners]]: "+strconv.Quote(address))
			}
		}
		if class.SendQueue != 0 && class.SendQueue < minSendQueue {
			c.reportAt(at, "send_queue", "must be 0 or at least 32KiB")
		}
		for field, value := range map[string]Duration{"ping_interval": class.PingInterval, "ping_timeout": class.PingTimeout} {
			if value != 0 && value < minPing {
				c.reportAt(at, field, "must be 0 or at least 1s")
			}
		}
	}
}

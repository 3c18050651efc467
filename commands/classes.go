package commands

import (
	"net/netip"
	"time"

	"bavard/config"
)

// settings are the limits of one connection: those of its class where the class has any, otherwise the general ones.
type settings struct {
	from                      *config.Config // the configuration that they were made from
	class                     *config.Class  // nil: none
	sendQueue                 int            // in bytes
	floodRate, floodBurst     float64
	pingInterval, pingTimeout time.Duration
}

// settled returns the limits of this connection under the configuration in force. It may only be called on the
// connection's goroutine.
func (c *Client) settled() *settings {
	cfg := c.view().config
	if c.settings != nil && c.settings.from == cfg {
		return c.settings
	}
	class := cfg.ClassOf(c.plainAddr(), c.conn.Secure(), c.conn.Listener())
	before := c.settings
	c.settings = c.server.settingsOf(cfg, class)
	if before != nil || class != nil && class.SendQueue > 0 {
		c.conn.SetSendQueue(c.settings.sendQueue)
	}
	return c.settings
}

func (c *Client) plainAddr() netip.Addr { return c.conn.RemoteAddr().Addr().Unmap().WithZone("") }

// settingsOf returns the limits of a class, which its connections share.
func (s *Server) settingsOf(cfg *config.Config, class *config.Class) *settings {
	s.settingsMu.Lock()
	defer s.settingsMu.Unlock()
	if s.settings == nil || s.settingsFrom != cfg {
		s.settings, s.settingsFrom = map[*config.Class]*settings{}, cfg
	}
	made := s.settings[class]
	if made == nil {
		made = makeSettings(cfg, class)
		s.settings[class] = made
	}
	return made
}

func makeSettings(cfg *config.Config, class *config.Class) *settings {
	limits := &cfg.Limits
	made := &settings{
		from: cfg, class: class, sendQueue: int(limits.SendQueue), floodRate: float64(cfg.Flood.Rate), floodBurst: float64(cfg.Flood.Burst),
		pingInterval: time.Duration(limits.PingInterval), pingTimeout: time.Duration(limits.PingTimeout),
	}
	if class == nil {
		return made
	}
	if class.SendQueue > 0 {
		made.sendQueue = int(class.SendQueue)
	}
	if class.FloodRate > 0 {
		made.floodRate = float64(class.FloodRate)
	}
	if class.FloodBurst > 0 {
		made.floodBurst = float64(class.FloodBurst)
	}
	if class.PingInterval > 0 {
		made.pingInterval = time.Duration(class.PingInterval)
	}
	if class.PingTimeout > 0 {
		made.pingTimeout = time.Duration(class.PingTimeout)
	}
	return made
}

// place is a group of connections that are counted together: those of a class, or those from one address within a
// class.
type place struct {
	class string
	// network is the range of addresses that counts as one address; the zero value is for the whole class.
	network netip.Prefix
}

// admit judges the address of a new connection and counts the connection. It returns false when it has closed it.
func (c *Client) admit() bool {
	c.settings = nil // a gateway may have given it a different address
	s := c.settled()
	c.server.order.Lock()
	defer c.server.order.Unlock()
	if c.judgeAddress(); c.closing {
		return false
	}
	c.leavePlaces()
	if s.class == nil {
		return true
	}
	whole := place{class: s.class.Name}
	one := whole
	bits := s.from.Limits.IPv6Prefix
	addr := c.plainAddr()
	if addr.Is4() {
		bits = s.from.Limits.IPv4Prefix
	}
	one.network, _ = addr.Prefix(bits) // without an address there is no network
	most := s.class.ConnectionsPerAddress
	switch {
	case s.class.Connections > 0 && c.server.places[whole] >= s.class.Connections:
		c.end("Too many connections in this class ("+s.class.Name+")", nil)
	case most > 0 && one.network.IsValid() && c.server.places[one] >= most:
		c.end("Too many connections from your address", nil)
	default:
		c.places = []place{whole, one}
		for _, p := range c.places {
			c.server.places[p]++
		}
		return true
	}
	return false
}

// leavePlaces stops counting the connection. The lock is held.
func (c *Client) leavePlaces() {
	for _, p := range c.places {
		if c.server.places[p]--; c.server.places[p] == 0 {
			delete(c.server.places, p)
		}
	}
	c.places = nil
}

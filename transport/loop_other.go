//go:build !linux

package transport

import (
	"net/netip"
	"time"
)

var stallBound time.Duration

// loop exists only on Linux. On other systems, each connection has a goroutine of its own.
type loop struct{}

type looped struct {
	fd    int
	local netip.AddrPort
	batch bool
}

func newLoop() (*loop, error) { return nil, nil }

func (*loop) stop()        {}
func (*loop) post(c *Conn) {}

func (c *Conn) adopt() bool     { return false }
func (c *Conn) leave()          {}
func (c *Conn) overstays() bool { return false }
func (c *Conn) hold()           {}
func (c *Conn) flushLooped()    {}
func (c *Conn) nudgeLoop()      {}

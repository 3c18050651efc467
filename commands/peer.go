package commands

import (
	"sync/atomic"

	"bavard/state"
)

// Peer is the part of a Client that is read for every recipient of a line: its connection, capabilities, name and
// privileges. These fields are next to each other in memory because a message to a large channel reads them for every
// member. They may be read without a lock.
type Peer struct {
	conn Conn
	// caps is a capSet. It changes only under the lock.
	caps atomic.Uint64
	// response is the response to the labelled command that is running, or nil.
	response atomic.Pointer[response]
	// name is the nick for numerics, nil ("*") before there is one. It is set under the lock, or before the welcome.
	name atomic.Pointer[string]
	// privileges is a copy of the user's set of IRC operator privileges, because every line needs it. It is set under
	// the lock.
	privileges atomic.Uint64
}

// has reports whether the client has negotiated at least one of these capabilities.
func (p *Peer) has(caps capSet) bool { return p.capabilities()&caps != 0 }

// hasAll reports whether the client has negotiated all of these capabilities.
func (p *Peer) hasAll(caps capSet) bool { return p.capabilities()&caps == caps }

func (p *Peer) capabilities() capSet { return capSet(p.caps.Load()) }

// knowsMultiline reports whether the client receives multiline messages as batches.
// https://ircv3.net/specs/extensions/multiline#dependencies
func (p *Peer) knowsMultiline() bool { return p.hasAll(capBatch | capMultiline) }

// can reports whether the client holds this privilege of IRC operators; 0 needs none.
func (p *Peer) can(need state.Privilege) bool {
	return state.Privilege(p.privileges.Load()).Has(need)
}

// nick returns the first parameter of a numeric.
func (p *Peer) nick() string {
	if name := p.name.Load(); name != nil {
		return *name
	}
	return "*"
}

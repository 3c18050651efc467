package state

// ClosedHistory is the letter of the channel mode under which members read only the history since they joined.
const ClosedHistory = 'x'

// ReadableFrom returns the first place of the channel's history that the member may read; the zero Position is the
// beginning. With mode x, it is where the member joined. Without it, members can read from the place where mode x was
// last unset, or from where they joined if that was earlier: unsetting the mode does not open what was said under it
// to later members.
func (m *Member) ReadableFrom() Position {
	if opened := m.channel.opened; !m.channel.HasMode(ClosedHistory) && opened.Compare(m.since) < 0 {
		return opened
	}
	return m.since
}

// noteOpened remembers where mode x was unset, if the operation did that. flags are the channel's flags before it.
func (s *State) noteOpened(c *Channel, flags letterSet) {
	if flags.has(ClosedHistory) && !c.HasMode(ClosedHistory) {
		c.opened = s.here()
	}
}

// here returns the place of the operation that is being applied.
func (s *State) here() Position { return Position{Elapsed: s.now, Order: s.order} }
